"""Front left and right of a file at its own rate, in the frames of the config's grid.

Frames last as long as those of the analysis signal: `n_fft` is that many seconds, in the file's
own samples. They begin at whole samples, the nearest to the grid. Of more than two channels the
first two are taken, which in WAV and FLAC are front left and right; of one nothing is, so that
what reads a pair is undefined there.
"""

from dataclasses import replace
from fractions import Fraction as Ratio

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from audiofeat_cli.reach import Reach, Span
from audiofeat_cli.step import Array, Precision, local, native_samples
from audiofeat_cli.steps.spectrum import FFT_FRAMES, framing, window_shape

Hop = int | Ratio

MAX_LAG_S = 1e-3
"""A sound reaches the far ear, or the other microphone of a close pair, no later than that."""

CONSTANT = 1e-10
"""A channel whose variance is under this share of its energy does not vary."""


def native_framing(*, n_fft: int, hop_length: Hop, center: bool, pad_mode: str) -> Reach:
    """As `framing`, for hops that are no whole number of samples."""
    reach = framing(n_fft=n_fft, hop_length=1, center=center, pad_mode=pad_mode)
    return replace(reach, stride=hop_length, located=True)


def frame_starts(span: Span, hop_length: Hop) -> Array:
    """(frames,) first sample of each frame, within what `native_framing` gives.

    As `Reach.position`: multiples of the hop rounded to samples, halves to even ones.
    """
    exact = np.arange(span.first, span.first + span.count) * int(Ratio(hop_length).numerator)
    at, rest = np.divmod(exact, Ratio(hop_length).denominator)
    twice = 2 * rest - Ratio(hop_length).denominator
    at += (twice > 0) | ((twice == 0) & (at % 2 == 1))
    return np.asarray(at - at[0])


def frame_totals(rows: Array, starts: Array, size: int) -> Array:
    """(rows, samples) -> (rows, frames) float64: sums over the `size` samples of each frame.

    Each sum is made of its own samples: a quiet frame after a loud one keeps its digits.
    """
    ends = np.stack([starts, starts + size], axis=1).ravel()
    padded = np.concatenate([rows, np.zeros((len(rows), 1))], axis=1)  # an end may be the last
    return np.asarray(np.add.reduceat(padded, ends, axis=1)[:, ::2])


def undefined(frames: int, values: int) -> Array:
    """(frames, 1, values) of what has no pair of channels."""
    return np.full((values, 1, frames), np.nan, np.float32).T


@local(native_samples, reach=native_framing)
def pair_energy(samples: Array, span: Span, *, n_fft: int, hop_length: Hop) -> Array:
    """(frames, 1, 4) float64, FS^2: mean squares of left, right, mid and side, without a window.

    Mid and side are half the sum and half the difference of left and right.
    """
    if samples.shape[1] < 2:
        return undefined(span.count, 4)
    left, right = samples.T[:2].astype(np.float64)
    rows = np.square([left, right, (left + right) / 2, (left - right) / 2])
    return frame_totals(rows, frame_starts(span, hop_length), n_fft)[:, np.newaxis].T / n_fft


def padded_size(n_fft: int, sample_rate: float) -> int:
    """Length of the pair's FFT: a lag of up to `MAX_LAG_S` does not wrap around."""
    from scipy.fft import next_fast_len

    return int(next_fast_len(n_fft + int(np.ceil(MAX_LAG_S * sample_rate)), real=True))


@local(native_samples, window_shape, reach=native_framing)
def pair_spectra(
    samples: Array,
    window: Array,
    span: Span,
    *,
    sample_rate: float,
    n_fft: int,
    hop_length: Hop,
    precision: Precision,
) -> Array:
    """(frames, 2, bins) complex64: transforms of left and right, phases from the frame's start.

    Frames are padded with zeros to `padded_size`. Bins are contiguous in memory, not time: what
    reads this transforms back or sums over bins.
    """
    from scipy.fft import rfft

    size = padded_size(n_fft, sample_rate)
    out = np.full((span.count, 2, 1 + size // 2), np.nan, np.complex64)
    starts = frame_starts(span, hop_length)
    weights = window.astype(precision)
    for channel, row in enumerate(samples.T[:2] if samples.shape[1] > 1 else ()):
        frames = sliding_window_view(row, n_fft)
        for first in range(0, span.count, FFT_FRAMES):
            part = slice(first, first + FFT_FRAMES)
            out[part, channel] = rfft(frames[starts[part]] * weights, size, overwrite_x=True)
    return out


@local(pair_spectra)
def pair_power(spectra: Array) -> Array:
    """(frames, 2, bins) float32: energies of the bins of left and right, bins contiguous."""
    return np.asarray(np.square(spectra.real) + np.square(spectra.imag))


@local(pair_spectra)
def cross_spectrum(spectra: Array) -> Array:
    """(frames, 1, bins) complex64: left times the conjugate of right, bins contiguous.

    Its phase is positive where left leads.
    """
    return np.asarray(spectra[:, :1] * np.conj(spectra[:, 1:]))


@local(native_samples, reach=native_framing)
def pair_correlation(samples: Array, span: Span, *, n_fft: int, hop_length: Hop) -> Array:
    """(frames, 1, 1) float64: Pearson's r of left and right over the samples of each frame.

    NaN where a channel does not vary: by less than `CONSTANT` of its energy.
    """
    if samples.shape[1] < 2:
        return undefined(span.count, 1)
    left, right = samples.T[:2].astype(np.float64)
    rows = np.stack([left, right, left * left, right * right, left * right])
    x, y, xx, yy, xy = frame_totals(rows, frame_starts(span, hop_length), n_fft) / n_fft
    spreads = np.stack([xx - x * x, yy - y * y])
    varies = (spreads > CONSTANT * np.stack([xx, yy])).all(axis=0)
    product = np.where(varies, spreads[0] * spreads[1], np.nan)
    correlation = np.clip((xy - x * y) / np.sqrt(product), -1, 1)
    return np.asarray(correlation)[:, np.newaxis, np.newaxis]


def level_difference(first: Array, second: Array) -> Array:
    """Decibels of one energy over another, float32; NaN where either is 0."""
    heard = (first > 0) & (second > 0)
    ratio = np.divide(first, second, out=np.full(first.shape, np.nan), where=heard)
    return np.asarray(10 * np.log10(ratio), dtype=np.float32)
