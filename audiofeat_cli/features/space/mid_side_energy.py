"""Energies of mid and side."""

import numpy as np

from audiofeat_cli.step import Array, Named, feature
from audiofeat_cli.steps.pair import pair_energy


@feature(
    pair_energy,
    reference="naive float64 loop over frames of samples",
    outputs=[
        Named("mid", "FS^2", "power", summary="Mean square of half the sum of left and right."),
        Named("side", "FS^2", "power", summary="Mean square of half the difference."),
    ],
)
def mid_side_energy(energies: Array) -> Array:
    r"""Mean squares of half the sum and of half the difference of left and right.

    .. math:: \frac{1}{N} \sum_n \Big( \frac{l_n + r_n}{2} \Big)^2, \quad
        \frac{1}{N} \sum_n \Big( \frac{l_n - r_n}{2} \Big)^2

    (frames, 1, 2), FS^2; they add up to the mean of the channels' energies. Over the samples of
    each frame without a window, at the file's own rate; of more than two channels the first two.
    Silence: 0. A file of one channel: null. Source: Blumlein 1933.
    """
    return energies[..., 2:4].astype(np.float32)
