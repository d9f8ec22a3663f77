"""Sums over librosa.stft with librosa.frequency_weighting, and the level of plain frames."""

from typing import Any

import numpy as np
import scipy.signal

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference import _librosa, level

TOLERANCE = Tolerance(3e-5, 3e-5, "float32 of levels down to -100 dB", absolute=True)
READING = Tolerance(0.02, 0.02, "the tabulated weights are rounded to 0.1 dB", absolute=True)


def tone(frequency: float) -> Any:
    """A full-scale sine, as long as a frame."""

    def sine(rate: int) -> Array:
        return signals.sine(rate, 4096 / rate, frequency, 1.0)

    return sine


STUDIO = {"sample_rate": 48000, "n_fft": 4096, "center": False}
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *heard(),
    *(Case({"weighting": curve}) for curve in "ABCDZ"),
    *(Case({"weighting": "Z", "window": "boxcar"}, grid) for grid in ({}, {"n_fft": 1001})),
    Case({"min_db": -20.0}),
    Case({"n_fft": 512, "window": "hamming", "weighting": "C"}),
    Case({"amin": 1e-6}, level_bound=True),
    # 1 kHz weighs nothing on any curve of a sound level meter.
    *(
        Case({"weighting": curve}, STUDIO, tone(1000.0), READING, published=-3.01)
        for curve in "ABCDZ"
    ),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    weighting: str = "A",
    min_db: float = -80.0,
    amin: float = 1e-10,
) -> Array:
    import librosa

    if weighting == "Z" and settings.window == "boxcar":
        return level.expected(samples, settings, amin=amin)
    size = settings.n_fft
    curve = librosa.frequency_weighting(
        np.fft.rfftfreq(size, 1 / settings.sample_rate), kind=weighting, min_db=min_db
    )
    energies = np.abs(_librosa.complex_spectrum(samples, settings)).astype(np.float64) ** 2
    mirrored = np.concatenate([energies, energies[1 : (size + 1) // 2]])
    weights = 10 ** (np.concatenate([curve, curve[1 : (size + 1) // 2]]) / 10)
    window = scipy.signal.get_window(settings.window, settings.window_samples)
    mean = weights @ mirrored / (size * np.sum(window**2))
    return np.asarray(10 * np.log10(np.maximum(mean, amin)))
