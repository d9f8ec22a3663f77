"""librosa.estimate_tuning 0.11, which takes what has no peaks for in tune."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, MUSIC, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference import _librosa
from tests.signals import harmonics

TOLERANCE = Tolerance(1e-4, 1e-4, "both are on one grid, of float64", absolute=True)


def flat(rate: int) -> Array:
    """30 cents under 440 Hz, of which 23 partials are heard."""
    return harmonics(rate, 1.0, 110 * 2 ** (-0.3 / 12), 23)


CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS[:3]),
    *(case for case in heard() if case.signal != "clicks"),  # there librosa reads rounding
    Case({}, {}, flat),
    Case({"resolution": 0.003}, {}, flat),
    Case({"bins_per_octave": 36}, {}, MUSIC),
    Case({"fmin": 300.0, "fmax": 1500.0, "resolution": 0.05}, {}, MUSIC),
    Case({"n_fft": 4096}, {}, MUSIC),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    bins_per_octave: int = 12,
    resolution: float = 0.01,
    fmin: float = 150.0,
    fmax: float = 4000.0,
) -> Array:
    import librosa

    spectra: dict[str, Any] = {
        "S": np.abs(_librosa.complex_spectrum(samples, settings)),
        "sr": settings.sample_rate,
        "n_fft": settings.n_fft,
        "fmin": fmin,
        "fmax": fmax,
    }
    pitches, _ = librosa.piptrack(**spectra)
    if not pitches.any():
        return np.full(2, np.nan)
    found = librosa.estimate_tuning(
        bins_per_octave=bins_per_octave, resolution=resolution, **spectra
    )
    return np.array([1200 * found / bins_per_octave, 440 * 2 ** (found / bins_per_octave)])
