"""librosa.feature.spectral_centroid 0.11, undefined where a frame is silent."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference import _librosa

TOLERANCE = Tolerance(6e-6, 6e-6, "float32 sums over bins, relative to a clip of low centroids")
FLOAT32 = Tolerance(2e-5, 1e-4, "a float32 FFT adds a floor of rounding to all bins")
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *heard(),
    *heard({"power": 2.0}),
    Case({"power": 0.5}),
    Case({"n_fft": 1024}),
    *(Case({}, {"precision": "float32"}, name, FLOAT32) for name in ("scene", "sine")),
)


def expected(samples: Array, settings: Settings, *, power: float = 1.0) -> Array:
    import librosa

    weights = np.abs(_librosa.complex_spectrum(samples, settings)).astype(np.float64) ** power
    theirs = librosa.feature.spectral_centroid(
        S=weights, sr=settings.sample_rate, n_fft=settings.n_fft
    )
    return np.where(weights.sum(axis=0) > 0, theirs, np.nan).T
