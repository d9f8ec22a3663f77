"""Standard deviation over mean of the intervals that librosa.beat.beat_track 0.11 finds."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Case, Settings, Tolerance
from tests.reference import _onsets, beats

TOLERANCE = Tolerance(1e-9, 1e-9, "rounding")
DEFINED_ON = _onsets.pulse
CASES = (
    *(Case({}, {}, signal) for signal in (_onsets.pulse, _onsets.LOOP, "silence", "dc")),
    Case({"bpm": 97.0}, {}, _onsets.LOOP),
)


def expected(samples: Array, settings: Settings, **parameters: Any) -> float:
    at = beats.tracked(samples, settings, **parameters)[0]
    if len(at) < 3:
        return float("nan")
    intervals = at[1:] - at[:-1]
    mean = sum(intervals) / len(intervals)
    return float(np.sqrt(sum((i - mean) ** 2 for i in intervals) / len(intervals)) / mean)
