"""Third moment over the 1.5th power of the second, naive in float64 over |librosa.stft|."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference._spectra import central_moment, spectra

TOLERANCE = Tolerance(4e-7, 8e-7, "bins are float32 in both, rounded at other places")
FLOAT32 = Tolerance(1e-6, 1e-6, "a float32 FFT adds a floor of rounding to all bins")
FLAT = Tolerance(1e-6, 1e-6, "a click has a flat spectrum and skewness 0", absolute=True)
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *(c for c in heard() if c.signal != "clicks"),
    *(c for c in heard({"power": 2.0}) if c.signal != "clicks"),
    Case({}, {}, "clicks", FLAT),
    Case({"power": 0.5}),
    Case({"n_fft": 1024}),
    Case({}, {"precision": "float32"}, "scene", FLOAT32),
)


def expected(samples: Array, settings: Settings, *, power: float = 1.0) -> Array:
    weights = spectra(samples, settings, power)
    second, third = (central_moment(weights, settings, order) for order in (2, 3))
    return np.asarray(third / np.where(second > 0, second, np.nan) ** 1.5)
