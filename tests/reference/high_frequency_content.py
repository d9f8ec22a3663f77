"""Masri's sum over |librosa.stft|, bin by bin in float64."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference._spectra import frequencies, spectra

TOLERANCE = Tolerance(1e-6, 2e-6, "float32 sums over bins")
FLOAT32 = Tolerance(1e-5, 1e-5, "a float32 FFT adds a floor of rounding to all bins")
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *heard(),
    *heard({"power": 1.0}),
    Case({"power": 0.5}),
    Case({"n_fft": 1024}),
    *(Case({}, {"precision": "float32"}, name, FLOAT32) for name in ("scene", "sine")),
)


def expected(samples: Array, settings: Settings, *, power: float = 2.0) -> Array:
    weights = spectra(samples, settings).astype(np.float64)
    out = np.zeros(weights.shape[1])
    for hertz, bins in zip(frequencies(settings), weights, strict=True):
        out += hertz * bins**power
    return out
