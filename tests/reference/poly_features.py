"""librosa.feature.poly_features 0.11. Its columns differ in size: tests/test_spectral_shape.py."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference._spectra import spectra

TOLERANCE = Tolerance(3e-6, 5e-6, "float32 sums over bins")
FLOAT32 = Tolerance(1e-5, 1e-5, "a float32 FFT adds a floor of rounding to all bins")
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *heard(),
    *heard({"power": 2.0}),
    *over(GRIDS, {"order": 2}),
    Case({"order": 0}),
    Case({"order": 3}),
    Case({"power": 0.5}),
    Case({"n_fft": 1024}),
    *(Case({}, {"precision": "float32"}, name, FLOAT32) for name in ("scene", "sine")),
)


def expected(samples: Array, settings: Settings, *, order: int = 1, power: float = 1.0) -> Array:
    import librosa

    weights = spectra(samples, settings, power).astype(np.float64)
    theirs = librosa.feature.poly_features(
        S=weights, sr=settings.sample_rate, n_fft=settings.n_fft, order=order
    )
    return np.asarray(theirs.T)
