"""Correlation of the channels."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.pair import pair_correlation


@feature(
    pair_correlation,
    unit="1",
    gain="invariant",
    reference="numpy.corrcoef over a loop of frames",
)
def interchannel_correlation(correlation: Array) -> Array:
    r"""Pearson's correlation of left and right, at no lag.

    .. math:: r = \frac{\sum_n (l_n - \bar l)(r_n - \bar r)}
        {\sqrt{\sum_n (l_n - \bar l)^2 \sum_n (r_n - \bar r)^2}}

    (frames, 1, 1), from -1 (opposite) over 0 (unrelated) to 1 (the same but for level and offset).
    Over the samples of each frame without a window, at the file's own rate; of more than two
    channels the first two. Silence: null, and so is a frame in which a channel is constant (its
    variance 100 dB below its energy), and a file of one channel. Source: Pearson 1895.
    """
    return correlation.astype(np.float32)
