"""librosa.feature.spectral_bandwidth 0.11, undefined where a frame is silent."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference._spectra import spectra, unless_silent

TOLERANCE = Tolerance(2e-7, 4e-7, "bins are float32 in both, rounded at other places")
FLOAT32 = Tolerance(5e-3, 5e-3, "a float32 FFT adds a floor of rounding to all bins")
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *heard(),
    *heard({"power": 2.0}),
    *over(GRIDS[:2], {"p": 1.0}),
    *over(GRIDS[:2], {"p": 3.0}),
    Case({"p": 0.5}, {}, "noise"),
    Case({"norm": False}),
    Case({"norm": False, "p": 1.0}),
    Case({"norm": False, "p": 1.0, "power": 2.0}),
    Case({"norm": False, "p": 1.0, "power": 0.5}),
    Case({"n_fft": 1024}),
    *(Case({}, {"precision": "float32"}, name, FLOAT32) for name in ("scene", "sine")),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    p: float = 2.0,
    norm: bool = True,
    power: float = 1.0,
) -> Array:
    import librosa

    weights = spectra(samples, settings, power)
    theirs = librosa.feature.spectral_bandwidth(
        S=weights.astype(np.float64), sr=settings.sample_rate, n_fft=settings.n_fft, p=p, norm=norm
    )
    return unless_silent(theirs, weights)
