"""Where between left and right the energy of a spectrum lies."""

import numpy as np

from audiofeat_cli.step import Array, Named, feature
from audiofeat_cli.steps.pair import pair_power
from audiofeat_cli.steps.ratio import ratio_or_nan


@feature(
    pair_power,
    reference="numpy.fft and numpy.average over a loop of frames",
    outputs=[
        Named("mean", "1", "invariant", summary="Where the energy lies, from -1 left to 1 right."),
        Named("spread", "1", "invariant", summary="How far bins are panned from the mean."),
    ],
)
def panning(power: Array) -> Array:
    r"""Energy-weighted mean and spread of the panning of the bins, from -1 (left) to 1 (right).

    .. math:: p_k = \frac{|R_k|^2 - |L_k|^2}{|L_k|^2 + |R_k|^2}, \quad
        \mu = \frac{\sum_k w_k p_k}{\sum_k w_k}, \quad
        \sigma^2 = \frac{\sum_k w_k (p_k - \mu)^2}{\sum_k w_k}, \quad w_k = |L_k|^2 + |R_k|^2

    (frames, 1, 2): 0 and 0 where all is in the middle, a mean of 0 and a spread of 1 where half the
    bins are left and half right. Windowed frames at the file's own rate; of more than two channels
    the first two. Silence: null, and so is a file of one channel.
    Source: Tzanetakis, Jones and McNally 2007 for panning by bins; here an index of their energies.
    """
    left, right = power[:, 0], power[:, 1]
    both = left + right
    weights = both.sum(axis=-1, dtype=np.float64)
    lean = right - left
    mean = ratio_or_nan(lean.sum(axis=-1, dtype=np.float64), weights)
    position = np.divide(lean, both, out=np.zeros_like(lean), where=both > 0)
    away = both * np.square(position - mean[:, np.newaxis])
    spread = np.sqrt(ratio_or_nan(away.sum(axis=-1, dtype=np.float64), weights))
    return np.stack([mean, spread])[:, np.newaxis].T
