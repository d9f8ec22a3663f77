"""How many librosa.beat.beat_track 0.11 finds."""

from typing import Any

from audiofeat_cli.step import Array
from tests.cases import Case, Settings, Tolerance
from tests.reference import _onsets, beats

TOLERANCE = Tolerance(0, 0, "whole numbers")
CASES = (
    *(Case({}, {}, signal) for signal in (_onsets.pulse, _onsets.LOOP, "silence", "dc")),
    Case({"bpm": 97.0}, {}, _onsets.LOOP),
)


def expected(samples: Array, settings: Settings, **parameters: Any) -> float:
    return len(beats.tracked(samples, settings, **parameters)[0])
