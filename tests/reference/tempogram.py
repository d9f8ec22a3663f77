"""librosa.feature.tempogram 0.11."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import GRIDS, MUSIC, Case, Settings, Tolerance, over
from tests.reference import _onsets

TOLERANCE = Tolerance(1e-5, 2e-5, "the envelope is float32; short windows add up little")
CASES = (
    *over(GRIDS, {"tempogram_length": 60, "n_mels": 40}),
    *(Case({}, {}, name) for name in ("scene", _onsets.LOOP, MUSIC)),
    *(Case({}, {}, name) for name in ("silence", "dc", "clicks")),
    *(Case({"tempogram_length": length}) for length in (2, 9, 51, 200)),
    *(Case({"norm": norm, "tempogram_length": 48}) for norm in ("1", "2", None)),
    Case({"tempogram_length": 48, "mel_norm": None, "lag": 2, "aggregate": "median"}),
    Case({"tempogram_length": 48, "detrend": True}, {"center": False}),
    Case({"tempogram_length": 5, "n_fft": 1024}, {}, lambda rate: np.ones(700, np.float32)),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    tempogram_length: int = 384,
    norm: str | None = "inf",
    **onset: Any,
) -> Array:
    import librosa

    found = librosa.feature.tempogram(
        onset_envelope=_onsets.envelope(samples, settings, **onset),
        win_length=tempogram_length,
        norm=None if norm is None else float(norm),
        **_onsets.grid(settings),
    )
    return np.asarray(found.T)
