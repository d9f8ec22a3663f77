"""Tuning: how far a clip's pitches lie from equal temperament at A4 = 440 Hz."""

import numpy as np
import numpy.typing as npt

from audiofeat_cli.step import Array, Count, Fraction, Hertz, clip, constant
from audiofeat_cli.steps.spectrum import bin_frequencies, spectrum
from audiofeat_cli.steps.sums import largest

A4_HZ = 440.0

_ROUNDING = np.float32(1e-5)
"""Curvature of a spectrum that may be no more than rounding, of its value."""

Votes = list[list[tuple[npt.NDArray[np.unsignedinteger], npt.NDArray[np.float32]]]]
"""Per channel: blocks of (histogram bin of the pitch, magnitude of its peak)."""


def octaves_above_a0(frequencies: Array) -> Array:
    """Octaves above 27.5 Hz."""
    return np.asarray(np.log2(frequencies / (A4_HZ / 16)))


def spectral_peaks(
    values: Array, frequencies: Array, *, fmin: float, fmax: float, threshold: float
) -> tuple[Array, Array]:
    """Pitch (Hz) and height of the local maxima of each column of (bins, frames), by parabola.

    Peaks lie in [fmin, fmax) and above `threshold` of their frame's largest value. Bumps that are
    no more than rounding (of a click's flat spectrum) are none.
    Source: Smith, PARSHL (1987), eq. 9 to 11. Reference: librosa.piptrack.
    """
    bins, low = len(frequencies), int(np.searchsorted(frequencies, fmin))
    high = int(np.searchsorted(frequencies, fmax))
    low, high = max(low, 1), min(high, bins - 1)
    if low >= high:
        return np.zeros(0, np.float32), np.zeros(0, np.float32)
    floor = np.float32(threshold) * largest(values)
    centre = values[low:high]
    is_peak = centre > floor
    is_peak &= centre > values[low - 1 : high - 1]
    is_peak &= centre >= values[low + 1 : high + 1]
    row, column = np.divmod(np.flatnonzero(is_peak), values.shape[1])
    row += low
    here, left, right = values[row, column], values[row - 1, column], values[row + 1, column]
    slope, curve = (right - left) / 2, right + left - 2 * here
    bent = -curve > _ROUNDING * here
    row, here, slope, curve = row[bent], here[bent], slope[bent], curve[bent]
    flat = np.abs(slope) >= np.abs(curve)
    shift = np.where(flat, 0, -slope / np.where(flat, 1, curve))
    pitch = (row + shift) * np.float32(frequencies[1])
    return pitch.astype(np.float32), here + slope * shift / 2


def _histogram_bins(resolution: float) -> int:
    return int(np.ceil(1 / resolution))


def winning_tuning(
    votes: Votes | None, *, resolution: float, none: float
) -> npt.NDArray[np.float64]:
    """(channels, 1) tuning in fractions of a bin: the mode of the peaks from median height up.

    `none` where there is no peak.
    """
    count = _histogram_bins(resolution)
    edges = np.linspace(-0.5, 0.5, count + 1)
    out = np.full((len(votes or [[]]), 1), none)
    for channel, blocks in enumerate(votes or []):
        if sum(len(heights) for _, heights in blocks) == 0:
            continue
        bins = np.concatenate([bins for bins, _ in blocks])
        heights = np.concatenate([heights for _, heights in blocks])
        counts = np.bincount(bins[heights >= np.median(heights)], minlength=count)
        out[channel] = edges[np.argmax(counts)]
    return out


def _estimate(
    votes: Votes | None, *, tuning_resolution: Fraction = 0.01
) -> npt.NDArray[np.float64]:
    return winning_tuning(votes, resolution=tuning_resolution, none=0.0)


@clip(spectrum, bin_frequencies, finish=_estimate)
def estimated_tuning(
    votes: Votes | None,
    spectrum: Array,
    frequencies: Array,
    *,
    n_chroma: Count = 12,
    tuning_resolution: Fraction = 0.01,
    tuning_fmin: Hertz = 150.0,
    tuning_fmax: Hertz = 4000.0,
) -> Votes:
    """Tuning of the clip, in fractions of one of `n_chroma` bins per octave; 0 for silence.

    Keeps 5 bytes per spectral peak, about 40 MB per hour of music at 22050/512.
    Reference: librosa.estimate_tuning(S=...).
    """
    count = _histogram_bins(tuning_resolution)
    edges = np.linspace(-0.5, 0.5, count + 1)
    votes = votes or [[] for _ in range(spectrum.shape[1])]
    for channel, blocks in enumerate(votes):
        pitch, height = spectral_peaks(
            spectrum[:, channel].T, frequencies, fmin=tuning_fmin, fmax=tuning_fmax, threshold=0.1
        )
        residual = np.mod(n_chroma * octaves_above_a0(pitch), 1.0)
        residual[residual >= 0.5] -= 1.0
        bins = np.clip(np.searchsorted(edges, residual, side="right") - 1, 0, count - 1)
        blocks.append((bins.astype(np.min_scalar_type(count)), height.astype(np.float32)))
    return votes


@constant()
def given_tuning(*, tuning: float | None = None) -> Array:
    """(1, 1) the tuning that the config states."""
    return np.array([[tuning or 0.0]])
