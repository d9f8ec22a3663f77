"""Level in decibels."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.level import mean_square
from audiofeat_cli.steps.scale import compressed


@feature(
    compressed.reading(mean_square).pinned(scale="db", power=2.0),
    unit="dBFS",
    gain="decibel",
    reference="naive float64 loop over frames of samples",
)
def level(levels: Array) -> Array:
    r"""Mean square of the samples of each frame (`n_fft` samples, no window) in decibels.

    .. math:: 10 \log_{10} \max\Big( \frac{1}{N} \sum_n x_n^2, \text{amin} \Big)

    (frames, channels, 1). 0 dBFS is a full-scale square wave, a full-scale sine is -3.01; AES17
    calls that sine 0, which is 3.01 dB more. Silence: the floor, -100 dBFS by default (`amin` is
    an energy). Source: IEC 60268-17; AES17 for the other convention.
    """
    return levels.astype(np.float32)
