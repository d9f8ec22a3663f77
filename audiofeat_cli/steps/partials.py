"""Partials: the spectrum's peaks at multiples of the fundamental frequency."""

from typing import Annotated

import numpy as np
from annotated_types import Interval

from audiofeat_cli.step import Array, Fraction, local
from audiofeat_cli.steps.pyin import pitch_track
from audiofeat_cli.steps.spectrum import bin_frequencies, spectrum

Partials = Annotated[int, Interval(ge=1, le=20)]

NEAR = 0.2
"""How far a partial may lie from its multiple of f0, in f0. Source: Essentia's HarmonicPeaks."""


@local(pitch_track, spectrum.pinned(power=1.0), bin_frequencies)
def partials(
    track: Array,
    spectrum: Array,
    frequencies: Array,
    *,
    n_partials: Partials = 10,
    threshold: Fraction = 0.001,
) -> Array:
    """(frames, channels, 2 n_partials) float64: frequency (Hz) of each partial, then amplitudes.

    Partial h is the highest peak within 0.2 f0 of h f0, of those above `threshold` of the frame's
    largest value; place and height are those of the parabola through three bins in decibels. Where
    there is none its frequency is NaN and its amplitude 0; where there is no f0 both are NaN.
    Essentia takes the peak nearest to h f0 instead, which may be a side lobe.
    """
    f0 = track.T[0].astype(np.float64)
    found = np.full((2, n_partials, *f0.shape), np.nan)
    found[1, :, np.isfinite(f0)] = 0
    where, bins, heights = _peaks(spectrum.T, np.float32(threshold))
    hertz = bins * frequencies[-1] / max(1, len(frequencies) - 1)
    ratio = hertz / f0[where]
    order = np.rint(ratio)
    kept = (np.abs(ratio - order) <= NEAR) & (order >= 1) & (order <= n_partials)
    upward = np.flatnonzero(kept)[np.argsort(heights[kept], kind="stable")]
    # Of peaks at one place the last one written, the highest, stays.
    place = (order[upward].astype(np.intp) - 1, *(axis[upward] for axis in where))
    found[0][place], found[1][place] = hertz[upward], heights[upward]
    return found.reshape(2 * n_partials, *f0.shape).T


def _peaks(values: Array, threshold: np.float32) -> tuple[tuple[Array, Array], Array, Array]:
    """Local maxima of (bins, channels, frames): (channel, frame), place in bins, and height."""
    if len(values) < 3:
        nothing = np.zeros(0, np.intp)
        return (nothing, nothing), nothing.astype(np.float64), nothing.astype(np.float64)
    middle = values[1:-1]
    summits = middle > threshold * values.max(axis=0)
    summits &= middle > values[:-2]
    summits &= middle >= values[2:]
    row, channel, frame = np.nonzero(summits)
    tiny = np.finfo(np.float32).tiny
    left, here, right = (
        np.log(np.maximum(values[row + step, channel, frame], tiny).astype(np.float64))
        for step in (0, 1, 2)
    )
    shift = (left - right) / (2 * (left - 2 * here + right))
    return (channel, frame), row + 1 + shift, np.exp(here - (left - right) * shift / 4)
