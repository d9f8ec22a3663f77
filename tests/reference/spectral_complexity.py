"""Peaks of |librosa.stft| by librosa.util.localmax, counted."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference._spectra import frequencies, spectra

TOLERANCE = Tolerance(0.0, 0.0, "a count", absolute=True)
_LOW = {"threshold": 0.001, "fmin": 0.0, "fmax": 8000.0}
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *heard(),
    *(case for case in heard(_LOW) if case.signal != "clicks"),  # flat: rounding makes peaks
    Case({"threshold": 0.2}),
    Case({"n_fft": 1024}),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    threshold: float = 0.005,
    fmin: float = 100.0,
    fmax: float = 5000.0,
) -> Array:
    import librosa

    magnitudes = spectra(samples, settings)
    window = librosa.filters.get_window(settings.window, settings.window_samples)
    peaks = librosa.util.localmax(magnitudes, axis=0)
    peaks[-1] = False  # librosa takes the last bin for a peak where it is above the one before
    hertz = frequencies(settings)
    inside = (hertz >= fmin) & (hertz <= fmax)
    loud = 2 * magnitudes / window.sum() > threshold
    return np.asarray((peaks & loud)[inside].sum(axis=0))
