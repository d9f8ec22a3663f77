"""How many librosa.onset.onset_detect 0.11 finds."""

from typing import Any

from audiofeat_cli.step import Array
from tests.cases import Case, Settings, Tolerance
from tests.reference import _onsets

TOLERANCE = Tolerance(0, 0, "whole numbers")
CASES = (
    *(Case({}, {}, name) for name in (_onsets.LOOP, "scene", "silence", "noise")),
    Case({"delta": 0.3, "n_mels": 40}, {"sample_rate": 16000, "hop_length": 256}),
)


def expected(samples: Array, settings: Settings, **parameters: Any) -> float:
    return len(_onsets.onset_events(samples, settings, **parameters))
