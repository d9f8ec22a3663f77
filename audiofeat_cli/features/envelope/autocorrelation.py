"""Autocorrelation of the samples."""

from collections.abc import Sequence

import numpy as np

from audiofeat_cli.step import Array, Count, Problem, analysis_samples, feature
from audiofeat_cli.steps.spectrum import framing, sliding

_AT_ONCE = 16
"""Frames transformed at a time: few enough to stay in cache."""


def _lags_fit(*, n_fft: int, max_size: Count = 512) -> Sequence[Problem]:
    if max_size > n_fft:
        return [Problem("max_size", f"expected at most n_fft ({n_fft}), got {max_size}")]
    return []


@feature(
    analysis_samples,
    reach=framing,
    check=_lags_fit,
    width=lambda *, max_size: max_size,
    unit="1",
    gain="invariant",
    reference="librosa.autocorrelate 0.11 of each frame, by its value at lag 0",
)
def autocorrelation(samples: Array, *, n_fft: int, hop_length: int, max_size: Count = 512) -> Array:
    r"""Autocorrelation of the samples of each frame (no window), by that of lag 0.

    .. math:: r_l = \sum_{n=0}^{N-1-l} x_n x_{n+l} \Big/ \sum_{n=0}^{N-1} x_n^2, \quad
        l = 0 \dots \text{max\_size} - 1

    (frames, channels, max_size), index l is a lag of l samples. At the lag of a period it has a
    peak: 512 lags at 22050 Hz reach down to 43 Hz. Silence: null.
    Source: Rabiner 1977 (short-time autocorrelation); librosa.autocorrelate.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    frames = sliding(samples, n_fft, hop_length)
    count, channels, _ = frames.shape
    size = next_fast_len(n_fft + max_size - 1, real=True)
    out = np.empty((max_size, channels, count), np.float32)
    for channel in range(channels):
        for start in range(0, count, _AT_ONCE):
            part = frames[start : start + _AT_ONCE, channel].astype(np.float64)
            spectra = rfft(part, size)
            products = irfft(spectra.real**2 + spectra.imag**2, size)[:, :max_size]
            silent = ~part.any(axis=-1)
            energy = np.where(silent, np.nan, products[:, 0])
            out[:, channel, start : start + len(part)] = products.T / energy
    return out.T
