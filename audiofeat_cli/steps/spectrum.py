"""Frames of samples, and their spectra. One FFT per frame serves every feature that reads it."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from audiofeat_cli.reach import Reach
from audiofeat_cli.step import (
    Array,
    Exponent,
    Precision,
    Problem,
    Window,
    analysis_samples,
    constant,
    local,
)

FFT_FRAMES = 32
"""Frames transformed at a time: few enough to stay in cache."""

TURNED_FRAMES = 2 * FFT_FRAMES
"""Frames turned from frames first to bins first at a time."""

_COSINE_SUMS = {
    "boxcar": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.50, 0.08),
    "nuttall": (0.3635819, 0.4891775, 0.1365995, 0.0106411),
    "blackmanharris": (0.35875, 0.48829, 0.14128, 0.01168),
}


def framing(*, n_fft: int, hop_length: int, center: bool, pad_mode: str) -> Reach:
    """Reach of a frame of `n_fft` samples at each hop: centred there, or starting there."""
    left = n_fft // 2 if center else 0
    count = "centered" if center else "valid"
    return Reach(hop_length, left, n_fft - left, edges=pad_mode, count=count)  # type: ignore[arg-type]


def edge_framing(*, n_fft: int, hop_length: int, center: bool) -> Reach:
    """As `framing`, the signal continued by its first and last sample."""
    return framing(n_fft=n_fft, hop_length=hop_length, center=center, pad_mode="edge")


def sliding(samples: Array, size: int, hop: int) -> Array:
    """(samples, channels) -> (frames, channels, size): a view without copying."""
    return sliding_window_view(samples, size, axis=0)[::hop]


def _window_exists(*, window: Window, win_length: int) -> Sequence[Problem]:
    """Some shapes have parameters that fit some lengths only."""
    try:
        found = _window(window, win_length)
    except (ValueError, OverflowError, ZeroDivisionError) as error:
        return [Problem("window", f"{window} does not work with {win_length} samples: {error}")]
    if not np.isfinite(found).all():
        return [Problem("window", f"{window} is not finite with {win_length} samples")]
    return []


@constant(check=_window_exists)
def window_shape(*, n_fft: int, win_length: int, window: Window) -> Array:
    """(n_fft,) periodic window of `win_length`, centred among zeros. Source: scipy get_window."""
    shape = _window(window, win_length)
    left = (n_fft - win_length) // 2
    return np.pad(shape, (left, n_fft - win_length - left))


def _window(window: Window, length: int) -> Array:
    if isinstance(window, str) and window in _COSINE_SUMS and length > 1:
        phase = 2 * np.pi * np.arange(length) / length
        terms = _COSINE_SUMS[window]
        return np.asarray(
            np.sum([(-1) ** k * a * np.cos(k * phase) for k, a in enumerate(terms)], axis=0)
        )
    from scipy.signal import get_window

    return np.asarray(get_window(window, length, fftbins=True))


@lru_cache(maxsize=16)
def fft_frequencies(sample_rate: float, n_fft: int) -> Array:
    """(1 + n_fft // 2,) frequency of each bin, Hz."""
    frequencies = np.fft.rfftfreq(n_fft, 1 / sample_rate)
    frequencies.flags.writeable = False
    return frequencies


def bin_labels(*, sample_rate: float | None, n_fft: int) -> Sequence[float]:
    """Frequency of each bin, Hz; nothing where it differs from file to file."""
    return [] if sample_rate is None else [float(f) for f in fft_frequencies(sample_rate, n_fft)]


def bins_mean_one_thing(*, sample_rate: float | None) -> Sequence[Problem]:
    """Complain of bins as columns where each file has its own rate."""
    if sample_rate is None:
        message = "null would give each bin another frequency in each file; state one"
        return [Problem("sample_rate", message)]
    return []


@constant()
def bin_frequencies(*, sample_rate: float, n_fft: int) -> Array:
    """(1 + n_fft // 2,) frequency of each bin, Hz."""
    return fft_frequencies(sample_rate, n_fft)


def _frames_fit(*, n_fft: int, win_length: int) -> Sequence[Problem]:
    if win_length > n_fft:
        return [Problem("win_length", f"expected at most n_fft ({n_fft}), got {win_length}")]
    return []


@local(analysis_samples, window_shape, reach=framing, check=_frames_fit)
def power_spectrum(
    samples: Array, window: Array, *, n_fft: int, hop_length: int, precision: Precision
) -> Array:
    """|STFT|^2, (frames, channels, 1 + n_fft // 2) float32, energy per bin.

    Windowing and FFT are in `precision`, the square is rounded to float32 (librosa rounds the
    transform to complex64 instead). Reference: numpy.abs(librosa.stft(...)) ** 2.
    """
    from scipy.fft import rfft

    frames = sliding(samples, n_fft, hop_length)
    count, channels, _ = frames.shape
    out = np.empty((1 + n_fft // 2, channels, count), np.float32)
    weights = window.astype(precision)
    buffer = np.empty((min(FFT_FRAMES, count), n_fft), precision)
    energies = np.empty((min(TURNED_FRAMES, count), 1 + n_fft // 2), np.float32)
    for channel in range(channels):
        for start in range(0, count, TURNED_FRAMES):
            turned = frames[start : start + TURNED_FRAMES, channel]
            for first in range(0, len(turned), FFT_FRAMES):
                part = turned[first : first + FFT_FRAMES]
                windowed = np.multiply(part, weights, out=buffer[: len(part)])
                parts = rfft(windowed, overwrite_x=True).view(precision)
                np.multiply(parts, parts, out=parts)
                found = energies[first : first + len(part)]
                np.add(parts[:, 0::2], parts[:, 1::2], out=found, casting="same_kind")
            out[:, channel, start : start + len(turned)] = energies[: len(turned)].T
    return out.T


@local(analysis_samples, window_shape, reach=framing, check=_frames_fit)
def complex_spectrum(
    samples: Array, window: Array, *, n_fft: int, hop_length: int, precision: Precision
) -> Array:
    """STFT, (frames, channels, 1 + n_fft // 2) complex64, phases from each frame's first sample.

    Windowing and FFT are in `precision`, the transform is rounded. Reference: librosa.stft.
    """
    from scipy.fft import rfft

    frames = sliding(samples, n_fft, hop_length)
    count, channels, _ = frames.shape
    out = np.empty((1 + n_fft // 2, channels, count), np.complex64)
    weights = window.astype(precision)
    for channel in range(channels):
        for start in range(0, count, FFT_FRAMES):
            part = frames[start : start + FFT_FRAMES, channel] * weights
            out[:, channel, start : start + len(part)] = rfft(part, overwrite_x=True).T
    return out.T


@local(power_spectrum)
def spectrum(power_spectrum: Array, *, power: Exponent = 2.0) -> Array:
    """|STFT|^power, (frames, channels, bins): `power` 1 is magnitude, 2 energy."""
    if power == 2.0:
        return power_spectrum
    if power == 1.0:
        return np.sqrt(power_spectrum)
    return np.asarray(power_spectrum ** np.float32(power / 2))
