"""Frames of samples, and their spectra. One FFT per frame serves every feature that reads it."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from audiofeat_cli.kernels.fft import frame_transform
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


@local(analysis_samples, window_shape, reach=framing, check=_frames_fit, version=2)
def power_spectrum(
    samples: Array, window: Array, *, n_fft: int, hop_length: int, precision: Precision
) -> Array:
    """|STFT|^2, (frames, channels, 1 + n_fft // 2) float32, energy per bin.

    Windowing, FFT and square are in `precision`, the result is rounded to float32 (librosa rounds
    the transform to complex64 instead). Reference: numpy.abs(librosa.stft(...)) ** 2.
    """
    transform = frame_transform("power", n_fft, precision)
    if transform is not None:
        return transform(samples, window, hop_length)
    out = np.empty((1 + n_fft // 2, *_counted(samples, n_fft, hop_length)), np.float32)
    for where, parts in _transforms(samples, window.astype(precision), hop_length):
        np.add(np.square(parts.real), np.square(parts.imag), out=out[where], casting="same_kind")
    return out.T


@local(analysis_samples, window_shape, reach=framing, check=_frames_fit, version=2)
def complex_spectrum(
    samples: Array, window: Array, *, hop_length: int, precision: Precision
) -> Array:
    """STFT, (frames, channels, 1 + n_fft // 2) complex64, phases from each frame's first sample.

    Windowing and FFT are in `precision`, the transform is rounded. Reference: librosa.stft.
    """
    return transforms(samples, window, hop_length, precision)


def transforms(samples: Array, window: Array, hop_length: int, precision: str) -> Array:
    """(samples, channels) -> (frames, channels, bins) complex64: of all frames that fit."""
    n_fft = len(window)
    transform = frame_transform("complex", n_fft, precision)
    if transform is not None:
        return transform(samples, window, hop_length)
    out = np.empty((1 + n_fft // 2, *_counted(samples, n_fft, hop_length)), np.complex64)
    for where, parts in _transforms(samples, window.astype(precision), hop_length):
        out[where] = parts
    return out.T


def _counted(samples: Array, n_fft: int, hop_length: int) -> tuple[int, int]:
    """Channels and frames."""
    return samples.shape[1], 1 + (len(samples) - n_fft) // hop_length


def _transforms(samples: Array, weights: Array, hop_length: int) -> Iterator[tuple[Any, Array]]:
    """Some frames at a time, (bins, frames), and where they belong. For sizes without a kernel."""
    from scipy.fft import rfft

    frames = sliding(samples, len(weights), hop_length)
    for channel in range(frames.shape[1]):
        for start in range(0, len(frames), FFT_FRAMES):
            some = slice(start, start + FFT_FRAMES)
            yield (slice(None), channel, some), rfft(frames[some, channel] * weights).T


@local(power_spectrum)
def spectrum(power_spectrum: Array, *, power: Exponent = 2.0) -> Array:
    """|STFT|^power, (frames, channels, bins): `power` 1 is magnitude, 2 energy."""
    if power == 2.0:
        return power_spectrum
    if power == 1.0:
        return np.sqrt(power_spectrum)
    return np.asarray(power_spectrum ** np.float32(power / 2))
