"""Tempograms: the spectrum and the autocorrelation of the onset envelope, a window at a time."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval
from numpy.lib.stride_tricks import sliding_window_view

from audiofeat_cli.reach import Reach
from audiofeat_cli.step import Array, Problem, local
from audiofeat_cli.steps.onset import onset_envelope

Norm = Literal["inf", "1", "2"]
Length = Annotated[int, Interval(ge=2, le=2**16)]

TEMPOGRAM_LENGTH = 384
"""Frames, librosa's: 8.9 s at 22050 Hz and hop 512."""

_TOGETHER = 32
"""Windows transformed at a time: few enough to stay in cache."""

_TINY = float(np.finfo(np.float64).tiny)


def hann(length: int) -> Array:
    """(length,) periodic Hann window."""
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length))


def windows(envelope: Array, length: int) -> Iterator[tuple[slice, Array]]:
    """Stretches of the windows of a padded (items,) envelope: which, and (windows, length)."""
    shape = hann(length)
    frames = sliding_window_view(envelope, length)[: len(envelope) - 2 * (length // 2)]
    for start in range(0, len(frames), _TOGETHER):
        part = frames[start : start + _TOGETHER]
        yield slice(start, start + len(part)), part * shape


def padded_size(length: int) -> int:
    """Size of the transform that keeps an autocorrelation from wrapping round."""
    from scipy.fft import next_fast_len

    return int(next_fast_len(2 * length - 1, real=True))


def energies(frames: Array, size: int) -> Array:
    """(windows, bins) float64 |X|^2 of windows padded to `size`."""
    from scipy.fft import rfft

    spectra = rfft(frames, n=size)
    return np.asarray(np.square(spectra.real) + np.square(spectra.imag))


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


@local(onset_envelope.renamed(norm="mel_norm"), reach=_ramped, check=lags_mean_one_thing)
def local_autocorrelation(
    envelope: Array, *, tempogram_length: Length = TEMPOGRAM_LENGTH, norm: Norm | None = "inf"
) -> Array:
    """(frames, channels, lags) float32: autocorrelation of the window around each frame.

    The envelope goes on beyond its ends by a ramp down to 0, as in librosa.
    """
    from scipy.fft import irfft

    size = padded_size(tempogram_length)
    flat = envelope[..., 0].T
    count = len(envelope) - 2 * (tempogram_length // 2)
    out = np.empty((tempogram_length, len(flat), count), np.float32)
    for channel, row in enumerate(flat):
        for where, frames in windows(row, tempogram_length):
            found = irfft(energies(frames, size), n=size)[:, :tempogram_length]
            out[:, channel, where] = _normalised(found, norm).T
    return out.T


def _normalised(values: Array, norm: Norm | None) -> Array:
    """Rows of length 1, but those that are next to nothing. Reference: librosa.util.normalize."""
    if norm is None:
        return values
    length = np.linalg.norm(values, ord=float(norm), axis=-1, keepdims=True)
    return np.asarray(values / np.where(length < _TINY, 1, length))


@local(onset_envelope.renamed(norm="mel_norm"), reach=_centred, check=lags_mean_one_thing)
def local_spectrum(envelope: Array, *, tempogram_length: Length = TEMPOGRAM_LENGTH) -> Array:
    """(frames, channels, bins) float32: magnitude of the transform of the window around each."""
    from scipy.fft import rfft

    flat = envelope[..., 0].T
    count = len(envelope) - 2 * (tempogram_length // 2)
    out = np.empty((1 + tempogram_length // 2, len(flat), count), np.float32)
    for channel, row in enumerate(flat):
        for where, frames in windows(row, tempogram_length):
            out[:, channel, where] = np.abs(rfft(frames)).T
    return out.T


def mean_autocorrelation(envelope: Array, length: int) -> Array:
    """(length,) mean over all frames of what `local_autocorrelation` gives, norm inf, float64.

    The largest value of an autocorrelation is that of lag 0, the energy; so the mean is that of
    energy spectra, and one transform back is enough.
    """
    from scipy.fft import irfft

    size = padded_size(length)
    ramped = np.pad(envelope, length // 2, mode="linear_ramp")
    total = np.zeros(1 + size // 2)
    for _, frames in windows(ramped, length):
        energy = np.einsum("ij,ij->i", frames, frames)
        weights = np.where(energy < _TINY, 0, 1 / np.maximum(energy, _TINY))
        total += weights @ energies(frames, size)
    return np.asarray(irfft(total / len(envelope), n=size)[:length])
