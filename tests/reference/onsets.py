"""librosa.onset.onset_detect 0.11: times, and the onset strength there."""

from typing import Any

from audiofeat_cli.step import Array
from tests.cases import GRIDS, MUSIC, SPEECH, Case, Settings, Tolerance, over
from tests.reference import _onsets

TOLERANCE = Tolerance(1e-5, 1e-5, "the strength is float32, a difference of levels; times agree")
CASES = (
    *over(GRIDS, {"n_mels": 40}),
    *(Case({}, {}, name) for name in (_onsets.LOOP, _onsets.DRUMS, MUSIC, SPEECH)),
    *(Case({}, {}, name) for name in ("silence", "dc", "sine", "noise", "clicks")),
    Case({"delta": 0.3, "wait": 4, "pre_max": 3, "post_max": 2}, {}, _onsets.LOOP),
    Case({"pre_avg": 0, "post_avg": 9, "pre_max": 0, "wait": 0}, {}, _onsets.LOOP),
    Case({"lag": 2, "max_size": 3, "delta": 0.0}, {"center": False}),
)


def expected(samples: Array, settings: Settings, **parameters: Any) -> Array:
    return _onsets.onset_events(samples, settings, **parameters)
