"""Peeters' sum over |librosa.stft|, bin by bin in float64."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference._spectra import spectra

TOLERANCE = Tolerance(5e-6, 8e-6, "float32 sums over bins")
FLOAT32 = Tolerance(1e-5, 1e-4, "a float32 FFT adds a floor of rounding to all bins")
FLAT = Tolerance(1e-5, 1e-5, "a click has a flat spectrum and decrease 0", absolute=True)
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *(c for c in heard() if c.signal != "clicks"),
    *(c for c in heard({"power": 2.0}) if c.signal != "clicks"),
    Case({}, {}, "clicks", FLAT),
    Case({"power": 0.5}),
    Case({"n_fft": 1024}),
    *(Case({}, {"precision": "float32"}, name, FLOAT32) for name in ("scene", "sine")),
)


def expected(samples: Array, settings: Settings, *, power: float = 1.0) -> Array:
    weights = spectra(samples, settings, power).astype(np.float64)
    falls, rest = np.zeros(weights.shape[1]), np.zeros(weights.shape[1])
    for k in range(1, len(weights)):
        falls += (weights[k] - weights[0]) / k
        rest += weights[k]
    return np.asarray(falls / np.where(rest > 0, rest, np.nan))
