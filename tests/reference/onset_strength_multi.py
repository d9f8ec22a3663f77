"""librosa.onset.onset_strength_multi 0.11."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import GRIDS, Case, Settings, Tolerance, over
from tests.reference import _onsets, mel

TOLERANCE = Tolerance(5e-5, 5e-5, "float32 of levels down to -100 dB, their difference", True)
CASES = (
    *over(GRIDS, {"n_mels": 40}),
    *(Case({}, {}, name) for name in ("scene", _onsets.LOOP, "silence", "clicks")),
    Case({"band_edges": (0, 10, 128)}),
    Case({"band_edges": (3, 20, 39), "n_mels": 40, "lag": 2, "max_size": 3}, {"center": False}),
    Case({"aggregate": "median", "detrend": True}),
    Case({"top_db": None, "n_mels": 30}),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    band_edges: tuple[int, ...] | None = None,
    top_db: float | None = 80.0,
    lag: int = 1,
    max_size: int = 1,
    aggregate: str = "mean",
    detrend: bool = False,
    **bands: Any,
) -> Array:
    import librosa

    levels = mel.expected(samples, settings, top_db=top_db, **bands)
    count = levels.shape[1]
    if band_edges is None:
        band_edges = tuple(round(quarter * count / 4) for quarter in range(5))
    found = librosa.onset.onset_strength_multi(
        S=levels.T,
        sr=settings.sample_rate,
        n_fft=settings.n_fft,
        hop_length=settings.hop_length,
        lag=lag,
        max_size=max_size,
        detrend=detrend,
        center=settings.center,
        aggregate=np.median if aggregate == "median" else np.mean,
        channels=list(band_edges),
    )
    return np.asarray(found.T)
