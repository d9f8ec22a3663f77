"""Tempograms: the spectrum and the autocorrelation of the onset envelope, a window at a time."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval
from numpy.lib.stride_tricks import sliding_window_view

from audiofeat_cli.edges import extended
from audiofeat_cli.kernels.fft import frame_transform
from audiofeat_cli.reach import Reach
from audiofeat_cli.step import Array, Problem, local
from audiofeat_cli.steps.onset import onset_envelope

Norm = Literal["inf", "1", "2"]
Length = Annotated[int, Interval(ge=2, le=2**16)]

TEMPOGRAM_LENGTH = 384
"""Frames, librosa's: 8.9 s at 22050 Hz and hop 512."""

_TOGETHER = 2**20
"""Energies worked on at a time."""

_TINY = float(np.finfo(np.float32).tiny)
"""Under this a window counts as silent, as for librosa.util.normalize."""


def hann(length: int) -> Array:
    """(length,) periodic Hann window."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length))


def padded_size(length: int) -> int:
    """Size of the transform that keeps an autocorrelation from wrapping round; even."""
    from scipy.fft import next_fast_len

    return 2 * int(next_fast_len(length, real=True))


def energies(envelope: Array, length: int, size: int) -> Iterator[tuple[slice, Array]]:
    """|X|^2 of the windows of an envelope, padded to `size`, one window for each frame.

    Parameters
    ----------
    envelope : (items, channels), as many frames and `length // 2` items more on both sides.

    Yields
    ------
    Which frames, and (bins, channels, frames) float32.
    """
    count = len(envelope) - 2 * (length // 2)
    shape = np.zeros(size)
    shape[:length] = hann(length)
    items = np.zeros((envelope.shape[1], count + size - 1), np.float32)
    items[:, : len(envelope)] = envelope.T[:, : items.shape[1]]
    step = max(32, _TOGETHER // (1 + size // 2))
    for start in range(0, count, step):
        stop = min(count, start + step)
        yield slice(start, stop), _power(items[:, start : stop + size - 1], shape)


def _power(items: Array, window: Array) -> Array:
    """(bins, channels, frames) float32: |X|^2 of each stretch of (channels, items)."""
    transform = frame_transform("power", len(window), "float32")
    if transform is not None:
        return transform(items.T, window, 1).T
    from scipy.fft import rfft

    spectra = rfft(sliding_window_view(items, len(window), axis=-1) * window)
    found = np.square(spectra.real) + np.square(spectra.imag)
    return np.ascontiguousarray(found.transpose(2, 0, 1), np.float32)


def _ramped(*, tempogram_length: Length = TEMPOGRAM_LENGTH) -> Reach:
    # As many items on both sides, so that the ramp at the end is as long as librosa's.
    half = tempogram_length // 2
    return Reach(1, half, half + 1, edges="linear_ramp")


def _centred(*, tempogram_length: Length = TEMPOGRAM_LENGTH) -> Reach:
    half = tempogram_length // 2
    return Reach(1, half, half + 1)


def lags_mean_one_thing(*, sample_rate: float | None) -> Sequence[Problem]:
    """Complain of lags as columns where each file has its own frame rate."""
    if sample_rate is None:
        message = "null would give each column another tempo in each file; state one"
        return [Problem("sample_rate", message)]
    return []


@local(onset_envelope.renamed(norm="mel_norm"), reach=_ramped, check=lags_mean_one_thing, version=2)
def local_autocorrelation(
    envelope: Array, *, tempogram_length: Length = TEMPOGRAM_LENGTH, norm: Norm | None = "inf"
) -> Array:
    """(frames, channels, lags) float32: autocorrelation of the window around each frame.

    The envelope goes on beyond its ends by a ramp down to 0, as in librosa.
    """
    from scipy.fft import dct

    size = padded_size(tempogram_length)
    count = len(envelope) - 2 * (tempogram_length // 2)
    out = np.empty((tempogram_length, envelope.shape[1], count), np.float32)
    for where, found in energies(envelope[..., 0], tempogram_length, size):
        # What is real and even comes back by a cosine transform: `size` times the values.
        values = dct(found, type=1, axis=0, overwrite_x=True)[:tempogram_length]
        np.divide(values, _divisor(values, norm, size), out=out[..., where])
    return out.T


def _divisor(values: Array, norm: Norm | None, size: int) -> Array:
    """(channels, frames): what makes windows of length 1 of `size` times their (lags, ...) values.

    Those that are next to nothing stay as they are. Reference: librosa.util.normalize.
    """
    if norm is None:
        return np.full(values.shape[1:], size, values.dtype)
    # Lag 0 has the energy, which no other lag exceeds.
    length = values[0] if norm == "inf" else np.linalg.norm(values, ord=float(norm), axis=0)
    return np.where(length < size * _TINY, size, length).astype(values.dtype)


@local(
    onset_envelope.renamed(norm="mel_norm"), reach=_centred, check=lags_mean_one_thing, version=2
)
def local_spectrum(envelope: Array, *, tempogram_length: Length = TEMPOGRAM_LENGTH) -> Array:
    """(frames, channels, bins) float32: magnitude of the transform of the window around each."""
    count = len(envelope) - 2 * (tempogram_length // 2)
    out = np.empty((1 + tempogram_length // 2, envelope.shape[1], count), np.float32)
    for where, found in energies(envelope[..., 0], tempogram_length, tempogram_length):
        np.sqrt(found, out=out[..., where])
    return out.T


def mean_autocorrelation(envelope: Array, length: int) -> Array:
    """(length,) mean over all frames of what `local_autocorrelation` gives, norm inf, float64.

    The largest value of an autocorrelation is that of lag 0, the energy; so the mean is that of
    energy spectra, and one transform back is enough.
    """
    from scipy.fft import irfft

    size = padded_size(length)
    ramped = extended(envelope, length // 2, length // 2, "linear_ramp")
    both_halves = np.full(1 + size // 2, 2, np.float32)
    both_halves[[0, -1]] = 1
    total = np.zeros(1 + size // 2)
    for _, found in energies(ramped[:, np.newaxis], length, size):
        energy = both_halves @ found[:, 0]
        total += found[:, 0] @ np.where(energy < size * _TINY, 0, 1 / np.maximum(energy, _TINY))
    return np.asarray(irfft(total * (size / len(envelope)), n=size)[:length])
