"""Moments of a spectrum over frequency: centre, width and shape read them, so they cost one pass.

Moments about the centre are small differences of large sums where a spectrum is narrow.  So bins
are summed in short groups, about the middle of each and in float64, and the groups' moments are
then moved to the frame's centre; what cancels is never larger than a group is wide.
"""

from functools import reduce

import numpy as np

from audiofeat_cli.step import Array, local
from audiofeat_cli.steps.spectrum import spectrum

GROUP = 64
"""Bins whose moments are summed about one point."""

CHUNK = 256
"""Frames at a time, so that few are held in float64."""

LANES = 16
"""Frames are summed so many at a time: what is missing is filled up, so that a frame's sums do not
hang on how many others there are."""


@local(spectrum)
def group_moments(spectrum: Array) -> Array:
    """(frames, channels, 3 groups) float64: moments 0 to 2 of each group about its middle, bins."""
    return _group_sums(spectrum, range(3))


@local(group_moments, version=2)
def moments(groups: Array, *, sample_rate: float, n_fft: int) -> Array:
    """(frames, channels, 3) float64: sum, centre (Hz), and variance (Hz^2).

    With p the spectrum divided by its sum: centre c = sum f p, moment n is sum (f - c)^n p. All but
    the sum are NaN where that is 0. Source: Peeters 2004, section 6.1.
    """
    sums = _split(groups, 3)
    mass, divisor, centre, shift = _centre(sums)
    second = shift * sums[0]
    second += sums[1]
    second += sums[1]
    second *= shift
    second += sums[2]
    hertz = sample_rate / n_fft
    return np.stack([mass, hertz * centre, hertz**2 * (_total(second) / divisor)]).T


@local(spectrum, group_moments)
def shape_moments(spectrum: Array, groups: Array, *, sample_rate: float, n_fft: int) -> Array:
    """(frames, channels, 3) float64: central moments 2 to 4 (Hz^n), NaN where the sum is 0."""
    sums = np.concatenate([_split(groups, 3), _split(_group_sums(spectrum, range(3, 5)), 2)])
    _, divisor, _, shift = _centre(sums)
    # Each sweep applies one factor of Pascal's triangle; all of them make the binomial shift.
    for sweep in range(1, 5):
        sums[sweep:] += shift * sums[sweep - 1 : -1]
    hertz = sample_rate / n_fft
    return np.stack([hertz**n * (_total(sums[n]) / divisor) for n in range(2, 5)]).T


def _group_sums(spectrum: Array, orders: range) -> Array:
    """(frames, channels, orders groups): sums of powers of the distance from a group's middle."""
    bins = spectrum.shape[-1]
    flat = spectrum.T.reshape(bins, -1)
    groups, frames = -(-bins // GROUP), flat.shape[1]
    offsets = np.arange(GROUP) - (GROUP - 1) / 2
    width = min(CHUNK, -(-frames // LANES) * LANES)
    scratch = np.empty((groups, GROUP, width))
    rows = scratch.reshape(-1, width)
    rows[bins:] = 0
    rows[:, frames:] = 0
    sums = np.empty((groups, width))
    out = np.empty((len(orders), groups, frames))
    for start in range(0, frames, CHUNK):
        part = flat[:, start : start + CHUNK]
        count = part.shape[1]
        rows[:bins, :count] = part
        for order, found in zip(orders, out, strict=True):
            # One row at a time: for so few, a product of two matrices takes twice as long.
            np.matmul(offsets**order, scratch, out=sums)
            found[:, start : start + count] = sums[:, :count]
    return out.reshape(-1, *spectrum.T.shape[1:]).T


def _split(groups: Array, orders: int) -> Array:
    """(orders, groups, channels, frames)."""
    return groups.T.reshape(orders, -1, *groups.T.shape[1:])


def _centre(sums: Array) -> tuple[Array, Array, Array, Array]:
    """Sum, the same or NaN where it is 0, centre in bins, and the way to it from each group."""
    middles = (GROUP * np.arange(sums.shape[1]) + (GROUP - 1) / 2)[:, np.newaxis, np.newaxis]
    mass = _total(sums[0])
    divisor = np.where(mass > 0, mass, np.nan)
    centre = _total(middles * sums[0] + sums[1]) / divisor
    return mass, divisor, centre, middles - centre


def _total(groups: Array) -> Array:
    """The sum over groups, added in their order even where there is one frame."""
    return reduce(np.add, groups)
