"""Shannon entropy of |librosa.stft| by scipy.special.entr, in float64."""

import numpy as np
from scipy.special import entr

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference._spectra import shares, spectra

TOLERANCE = Tolerance(2e-6, 4e-6, "float32 bins and logarithms")
FLOAT32 = Tolerance(1e-5, 1e-5, "a float32 FFT adds a floor of rounding to all bins")
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *heard(),
    *heard({"power": 2.0}),
    *over(GRIDS, {"norm": True}),
    Case({"power": 0.5}),
    Case({"n_fft": 1024}),
    *(Case({}, {"precision": "float32"}, name, FLOAT32) for name in ("scene", "sine")),
)


def expected(
    samples: Array, settings: Settings, *, norm: bool = False, power: float = 1.0
) -> Array:
    share = shares(spectra(samples, settings, power))
    nats = entr(share).sum(axis=0)
    return np.asarray(nats / np.log(len(share) if norm else 2))
