"""How much later the right channel is than the left one."""

import math

import numpy as np

from audiofeat_cli.step import Array, local
from audiofeat_cli.steps.pair import MAX_LAG_S, cross_spectrum, padded_size
from audiofeat_cli.steps.spectrum import FFT_FRAMES

FINE_RATE = 128_000
"""Hz; the correlation is interpolated to at least this rate (and twice its own) before a parabola
is laid through its peak."""

HEARD = 1e-6
"""Bins under this share of a frame's strongest cross energy do not count.

They hold leakage and rounding: with all that were over 1e-10, noise up to 4 kHz in 16 bits at
44.1 kHz was off by 56 us, now by 2.
"""

CHANCE = 6.0
"""Standard deviations of the correlation of unrelated channels that a peak must exceed."""

NEIGHBOURS = 1.5
"""Bins of an unpadded frame that are not independent of each other: those of a Hann window."""


def finer(sample_rate: float) -> int:
    """How many times finer than samples the correlation is."""
    return max(2, math.ceil(FINE_RATE / sample_rate))


def whitened(cross: Array) -> tuple[Array, Array]:
    """Phases of (frames, bins) as unit vectors, and which bins have one: 0 elsewhere."""
    size = np.abs(cross)
    heard = size > HEARD * size.max(axis=-1, keepdims=True)
    return np.divide(cross, size, out=np.zeros_like(cross), where=heard), heard


@local(cross_spectrum)
def time_difference(cross: Array, *, sample_rate: float, n_fft: int) -> Array:
    """(frames, 1, 1) float32, s: how much later right is than left, by GCC-PHAT.

    NaN where no lag within `MAX_LAG_S` is a peak above chance, and the largest in magnitude.
    """
    fine = finer(sample_rate)
    size = fine * padded_size(n_fft, sample_rate)
    # The one beyond says whether the last is a peak.
    most = math.ceil(MAX_LAG_S * sample_rate * fine) + 1
    found = np.empty(len(cross))
    for first in range(0, len(cross), FFT_FRAMES):
        part = slice(first, first + FFT_FRAMES)
        correlation, counted = _correlation(cross[part, 0], size, most)
        chance = CHANCE * np.sqrt(NEIGHBOURS * size / (fine * n_fft) / counted)
        found[part] = _peaks(correlation, chance) - most
    seconds = found / (sample_rate * fine)
    seconds[np.abs(seconds) > MAX_LAG_S] = np.nan
    return seconds.astype(np.float32)[:, np.newaxis, np.newaxis]


def _correlation(cross: Array, size: int, most: int) -> tuple[Array, Array]:
    """(frames, 2 most + 1) from -1 to 1 at each lag of right, and how many bins count, mirrored."""
    from scipy.fft import irfft

    phases, heard = whitened(cross)
    lags = irfft(np.conj(phases), size, axis=-1, overwrite_x=True)
    near = np.concatenate([lags[:, -most:], lags[:, : most + 1]], axis=1)
    counted = np.maximum(2.0 * np.count_nonzero(heard, axis=-1), 1)
    return near * (size / counted)[:, np.newaxis], counted


def _peaks(correlation: Array, least: Array) -> Array:
    """(frames,) index of the top of the parabola through each row's peak; NaN where it has none."""
    rows = np.arange(len(correlation))
    best = np.argmax(correlation[:, 1:-1], axis=1) + 1
    left, top, right = (correlation[rows, best + k].astype(np.float64) for k in (-1, 0, 1))
    bend = left - 2 * top + right
    is_peak = (top > least) & (top >= -correlation.min(axis=1)) & (bend < 0)
    is_peak &= (left <= top) & (right <= top)
    shift = np.where(is_peak, 0.5 * (left - right) / np.where(is_peak, bend, 1), np.nan)
    return np.asarray(best + shift)
