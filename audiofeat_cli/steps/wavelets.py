"""Windowed complex tones on a logarithmic frequency axis: the filters of constant-Q transforms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from audiofeat_cli.step import Array, Window
from audiofeat_cli.steps.spectrum import window_shape

C1_HZ = 440.0 * 2 ** (-45 / 12)
ERB_OFFSET_HZ, ERB_SLOPE = 24.7, 0.108
HANN_BANDWIDTH = 1.50018310546875
"""Equivalent noise bandwidth of the Hann window in bins, as librosa tabulates it."""

TINY = float(np.finfo(np.float32).tiny)

Intervals = Literal["equal", "pythagorean", "ji3", "ji5", "ji7"]
BasisNorm = Literal["1", "2", "inf"]


@dataclass(frozen=True, slots=True)
class Shape:
    """What filters look like, whatever their frequencies.

    Attributes
    ----------
    scale : length of the filters, relative to what their distance asks for.
    gamma : Hz added to their bandwidth; None: in proportion to the ear's (ERB).
    norm : their norm before they are weighted by length.
    sparsity : share of each filter's spectrum (sum of magnitudes) that is dropped.
    """

    window: Window = "hann"
    scale: float = 1.0
    gamma: float | None = 0.0
    norm: BasisNorm | None = "1"
    sparsity: float = 0.01


def interval_frequencies(
    fmin: float, n_bins: int, *, bins_per_octave: int, intervals: Intervals | Sequence[float]
) -> Array:
    """(n_bins,) ascending centre frequencies, Hz. Reference: librosa.interval_frequencies."""
    ratios = _ratios(intervals, bins_per_octave)
    octaves = int(np.ceil(n_bins / len(ratios)))
    every = np.multiply.outer(2.0 ** np.arange(octaves), ratios).ravel()[:n_bins]
    return np.sort(every) * fmin


def _ratios(intervals: Intervals | Sequence[float], bins_per_octave: int) -> Array:
    if not isinstance(intervals, str):
        return np.asarray(intervals, dtype=np.float64)
    if intervals == "equal":
        return np.asarray(2.0 ** (np.arange(bins_per_octave) / bins_per_octave))
    if intervals == "pythagorean":
        fifths = np.mod(np.arange(bins_per_octave) * np.log2(3), 1)
        return np.asarray(2.0 ** np.sort(fifths))
    from librosa.core.intervals import plimit_intervals

    primes = [p for p in (3, 5, 7) if p <= int(intervals[2:])]
    return np.asarray(plimit_intervals(primes=primes, bins_per_octave=bins_per_octave))


def relative_bandwidths(frequencies: Array, *, bins_per_octave: int) -> Array:
    """(n,) bandwidth over frequency, from the distance of the neighbours.

    Reference: librosa.filters.relative_bandwidth.
    """
    if len(frequencies) == 1:
        octave = np.array([1 / bins_per_octave])
    else:
        log = np.log2(frequencies)
        inner = (log[2:] - log[:-2]) / 2
        octave = np.concatenate([[log[1] - log[0]], inner, [log[-1] - log[-2]]])
    return np.asarray((2.0 ** (2 * octave) - 1) / (2.0 ** (2 * octave) + 1))


def offsets(widths: Array, shape: Shape) -> Array:
    """(n,) Hz that are added to the bandwidth of each filter."""
    if shape.gamma is None:
        return widths * ERB_OFFSET_HZ / ERB_SLOPE
    return np.full_like(widths, shape.gamma)


def filter_lengths(frequencies: Array, widths: Array, rate: float, shape: Shape) -> Array:
    """(n,) samples of each filter, fractions included. Reference: librosa.filters.wavelet_lengths.

    `rate` is that of the samples, Hz, `widths` are the relative bandwidths.
    """
    return np.asarray(shape.scale / widths * rate / (frequencies + offsets(widths, shape) / widths))


def cutoffs(frequencies: Array, widths: Array, shape: Shape) -> Array:
    """(n,) Hz above which each filter passes next to nothing."""
    bandwidth = noise_bandwidth(shape.window)
    spread = 1 + 0.5 * bandwidth * widths / shape.scale
    return np.asarray(frequencies * spread + 0.5 * offsets(widths, shape))


def noise_bandwidth(window: Window) -> float:
    """Equivalent noise bandwidth of a window, in bins."""
    if window == "hann":
        return HANN_BANDWIDTH
    shape = _window(window, 1000)
    return float(1000 * np.sum(shape**2) / np.sum(shape) ** 2)


def _window(window: Window, size: int) -> Array:
    return np.asarray(window_shape(n_fft=size, win_length=size, window=window))


def next_power_of_two(number: float) -> int:
    """The power of two that is not smaller, at least 1."""
    return int(2.0 ** max(0, np.ceil(np.log2(number))))


def filter_spectra(
    frequencies: Array, lengths: Array, rate: float, n_fft: int, shape: Shape
) -> Array:
    """(n, 1 + n_fft // 2) complex64: the filters' spectra, weighted by length over n_fft.

    Small values are 0: the smallest of each row that together make up `sparsity` of its sum.
    Reference: librosa.filters.wavelet and util.sparsify_rows.
    """
    from scipy.fft import fft

    filters = _tones(frequencies, lengths, rate, n_fft, shape)
    filters *= (lengths / n_fft)[:, np.newaxis]
    return sparse_rows(fft(filters, axis=1)[:, : 1 + n_fft // 2], shape.sparsity)


def _tones(frequencies: Array, lengths: Array, rate: float, n_fft: int, shape: Shape) -> Array:
    """(n, n_fft) complex64: windowed tones in the middle of zeros, normalised."""
    start = np.floor(-lengths / 2)
    sizes = (np.floor(lengths / 2) - start).astype(int)
    # One after the other, without the zeros around them: those of low tones are few.
    first = np.cumsum(sizes) - sizes
    row = np.repeat(np.arange(len(sizes)), sizes)
    place = np.arange(len(row)) - first[row]
    phase = (place + start[row]) * 2 * np.pi * frequencies[row] / rate
    tones = np.cos(phase) + 1j * np.sin(phase)
    if shape.window == "hann":
        tones *= 0.5 - 0.5 * np.cos(2 * np.pi * place / sizes[row])
    else:
        tones *= np.concatenate([_window(shape.window, int(size)) for size in sizes])
    if shape.norm is not None:
        norm = _norms(np.abs(tones), first, shape.norm)
        tones /= np.where(norm < TINY, 1, norm)[row]
    out = np.zeros((len(sizes), n_fft), np.complex64)
    out[row, place + ((n_fft - sizes) // 2)[row]] = tones
    return out


def _norms(magnitudes: Array, first: Array, norm: BasisNorm) -> Array:
    """(n,) norm of each run of magnitudes that begins at `first`."""
    if norm == "inf":
        return np.asarray(np.maximum.reduceat(magnitudes, first))
    if norm == "1":
        return np.asarray(np.add.reduceat(magnitudes, first))
    return np.asarray(np.sqrt(np.add.reduceat(magnitudes**2, first)))


def sparse_rows(values: Array, share: float) -> Array:
    """The values, those of each row set to 0 that together make up less than `share` of its sum."""
    size = np.abs(values)
    ordered = np.sort(size, axis=1)
    rising = np.cumsum(ordered / size.sum(axis=1, keepdims=True), axis=1)
    first = np.argmin(rising < share, axis=1)
    floor = np.take_along_axis(ordered, first[:, np.newaxis], axis=1)
    return np.where(size >= floor, values, 0).astype(values.dtype)


@dataclass(frozen=True, eq=False)
class Bins:
    """Bins of a transform that are computed together, from one signal with one FFT.

    Attributes
    ----------
    depth : how many decimators the signal has gone through.
    hop : samples between frames, after those.
    window : (n_fft,) weights of each frame; None is ones.
    basis : (bins, high - low) sparse: complex64 weights of the spectrum, or float32 weights of its
        magnitudes.
    low, high : FFT bins that the basis reads.
    scale : (bins, 1) float32 factor of the magnitudes.
    first : index of the first bin.
    """

    depth: int
    hop: int
    n_fft: int
    window: Array | None
    basis: Any
    low: int
    high: int
    scale: Array
    first: int


@dataclass(frozen=True, eq=False)
class Bank:
    """A transform: a chain of decimators (by `factors`), and what is computed after how many.

    `gains` are what each decimator multiplies the samples with.
    """

    n_bins: int
    factors: tuple[int, ...]
    gains: tuple[float, ...]
    parts: tuple[Bins, ...]


def packed(basis: Array) -> tuple[Any, int, int]:
    """The basis as a sparse matrix of the FFT bins that it reads, and which these are."""
    from scipy.sparse import csr_matrix

    used = np.flatnonzero(basis.any(axis=0))
    low, high = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 1)
    return csr_matrix(basis[:, low:high]), low, high
