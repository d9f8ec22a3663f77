"""Fourth moment over the square of the second less 3, naive in float64 over |librosa.stft|."""

from dataclasses import replace

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference._spectra import central_moment, spectra

TOLERANCE = Tolerance(2e-5, 2e-5, "float32 bins")
DC = Tolerance(2e-4, 2e-4, "-1.5 but for bins far from dc, where all that there is is rounding")
FLOAT32 = Tolerance(1e-6, 1e-6, "a float32 FFT adds a floor of rounding to all bins")
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *(replace(case, tolerance=DC) if case.signal == "dc" else case for case in heard()),
    *heard({"power": 2.0}),
    Case({"power": 0.5}),
    Case({"n_fft": 1024}),
    Case({}, {"precision": "float32"}, "scene", FLOAT32),
)


def expected(samples: Array, settings: Settings, *, power: float = 1.0) -> Array:
    weights = spectra(samples, settings, power)
    second, fourth = (central_moment(weights, settings, order) for order in (2, 4))
    return np.asarray(fourth / np.where(second > 0, second, np.nan) ** 2 - 3)
