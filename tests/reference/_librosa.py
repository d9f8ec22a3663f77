"""librosa under the settings of a config."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Settings


def complex_spectrum(samples: Array, settings: Settings) -> Array:
    """(bins, frames) complex64, as librosa rounds it."""
    import librosa

    return np.asarray(librosa.stft(samples, **stft_arguments(settings)))


def stft_arguments(settings: Settings) -> dict[str, Any]:
    """Arguments that librosa's spectral functions share."""
    return {
        "n_fft": settings.n_fft,
        "hop_length": settings.hop_length,
        "win_length": settings.win_length,
        "window": settings.window,
        "center": settings.center,
        "pad_mode": settings.pad_mode,
    }


def compressed(
    values: Array, *, scale: str, power: float, top_db: float | None = None, amin: float = 1e-10
) -> Array:
    """Values of |X|^power on a scale, in float64."""
    import librosa

    values = values.astype(np.float64)
    if scale == "linear":
        return values
    if scale == "log1p":
        return np.asarray(np.log(1 + values))
    if scale == "log10_1p":
        return np.asarray(np.log10(1 + values))
    energy = values ** (2 / power)
    if scale == "db":
        return np.asarray(librosa.power_to_db(energy, ref=1.0, amin=amin, top_db=top_db))
    log = np.log(np.maximum(energy, amin)) * power / 2
    return np.asarray(log if scale == "ln" else log / np.log(10))
