"""Largest value over the mean of |librosa.stft|, naive in float64."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference._spectra import spectra

TOLERANCE = Tolerance(1e-6, 1e-6, "float32 bins, of which a peak is one")
FLOAT32 = Tolerance(5e-6, 5e-6, "a float32 FFT adds a floor of rounding to all bins")
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
    weights = spectra(samples, settings, power).astype(np.float64)
    loud = weights.max(axis=0) > 0
    return np.asarray(weights.max(axis=0) / np.where(loud, weights.mean(axis=0), np.nan))
