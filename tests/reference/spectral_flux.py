"""A loop over the frames of numpy.abs(librosa.stft) in float64: no peer has this definition."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference import _librosa

TOLERANCE = Tolerance(3e-6, 3e-6, "float32 shares of a sum, which is 1", absolute=True)
FLOAT32 = Tolerance(3e-6, 3e-6, "a float32 FFT adds rounding to all bins", absolute=True)
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *heard(),
    Case({"power": 2.0}),
    Case({"n_fft": 1024}),
    *(Case({}, {"precision": "float32"}, name, FLOAT32) for name in ("scene", "sine")),
)


def expected(samples: Array, settings: Settings, *, power: float = 1.0) -> Array:
    weights = np.abs(_librosa.complex_spectrum(samples, settings)).astype(np.float64) ** power
    flux = np.full((weights.shape[1], 1), np.nan)
    for t in range(1, len(flux)):
        before, now = weights[:, t - 1], weights[:, t]
        if before.sum() > 0 and now.sum() > 0:
            flux[t] = np.sqrt(np.sum((now / now.sum() - before / before.sum()) ** 2))
    return flux
