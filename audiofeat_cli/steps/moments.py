"""Moments of a spectrum over frequency: centre, width and shape read them, so they cost one pass.

Moments about the centre are small differences of large sums where a spectrum is narrow.  So bins
are summed in short groups, about the middle of each and in float64, and the groups' moments are
then moved to the frame's centre; what cancels is never larger than a group is wide.
"""

import numpy as np

from audiofeat_cli.step import Array, local
from audiofeat_cli.steps.spectrum import spectrum

GROUP = 64
"""Bins whose moments are summed about one point."""

CHUNK = 128
"""Frames at a time: few enough to stay in cache."""

HIGHEST = 4


@local(spectrum)
def moments(spectrum: Array, *, sample_rate: float, n_fft: int) -> Array:
    """(frames, channels, 5) float64: sum, centre (Hz), and central moments 2 to 4 (Hz^n).

    With p the spectrum divided by its sum: centre c = sum f p, moment n is sum (f - c)^n p. All but
    the sum are NaN where that is 0. Source: Peeters 2004, section 6.1.
    """
    bins = spectrum.shape[-1]
    flat = spectrum.T.reshape(bins, -1)
    groups = -(-bins // GROUP)
    offsets = np.arange(GROUP) - (GROUP - 1) / 2
    powers = offsets ** np.arange(HIGHEST + 1)[:, np.newaxis]
    middles = GROUP * np.arange(groups) + (GROUP - 1) / 2
    scratch = np.empty((groups * GROUP, min(CHUNK, flat.shape[1])))
    scratch[bins:] = 0
    out = np.empty((HIGHEST + 1, flat.shape[1]))
    for start in range(0, flat.shape[1], CHUNK):
        part = flat[:, start : start + CHUNK]
        count = part.shape[1]
        scratch[:bins, :count] = part
        grouped = powers @ scratch.reshape(groups, GROUP, -1)
        out[:, start : start + count] = _about_centre(grouped[..., :count], middles)
    hertz = (sample_rate / n_fft) ** np.arange(HIGHEST + 1)
    out *= hertz[:, np.newaxis]
    return out.reshape(HIGHEST + 1, *spectrum.T.shape[1:]).T


def _about_centre(grouped: Array, middles: Array) -> Array:
    """(groups, 5, frames) sums about the groups' middles -> (5, frames), in bins."""
    mass = grouped[:, 0].sum(axis=0)
    divisor = np.where(mass > 0, mass, np.nan)
    centre = (middles @ grouped[:, 0] + grouped[:, 1].sum(axis=0)) / divisor
    shift = middles[:, np.newaxis] - centre
    # Each sweep applies one factor of Pascal's triangle; all of them make the binomial shift.
    for sweep in range(1, HIGHEST + 1):
        grouped[:, sweep:] += shift[:, np.newaxis] * grouped[:, sweep - 1 : -1]
    out = grouped.sum(axis=0) / divisor
    out[0], out[1] = mass, centre
    return np.asarray(out)
