"""librosa.feature.tempogram_ratio 0.11."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import GRIDS, MUSIC, Case, Settings, Tolerance, over
from tests.reference import _onsets

TOLERANCE = Tolerance(2e-5, 5e-5, "the envelope is float32, a difference of levels")
CASES = (
    *over(GRIDS, {"tempogram_length": 120, "n_mels": 40}),
    *(Case({}, {}, name) for name in ("scene", "silence", _onsets.LOOP, MUSIC)),
    Case({"start_bpm": 80.0, "std_bpm": 0.5, "max_tempo": 160.0}, {}, _onsets.LOOP),
    Case({"max_tempo": None, "norm": "2", "tempogram_length": 100}),
    Case({"factors": (1.0, 0.5, 3.0, 30.0, 0.01)}, {}, _onsets.LOOP),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    tempogram_length: int = 384,
    norm: str | None = "inf",
    start_bpm: float = 120.0,
    std_bpm: float = 1.0,
    max_tempo: float | None = 320.0,
    factors: tuple[float, ...] | None = None,
    **onset: Any,
) -> Array:
    import librosa

    found = librosa.feature.tempogram_ratio(
        onset_envelope=_onsets.envelope(samples, settings, **onset),
        win_length=tempogram_length,
        norm=None if norm is None else float(norm),
        start_bpm=start_bpm,
        std_bpm=std_bpm,
        max_tempo=max_tempo,
        factors=None if factors is None else np.array(factors),
        **_onsets.grid(settings),
    )
    return np.asarray(found.T)
