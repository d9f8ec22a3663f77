"""Energy of a frame."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.level import mean_square


@feature(
    mean_square,
    unit="FS^2",
    gain="power",
    reference="naive float64 loop over frames of samples",
)
def energy(mean_square: Array) -> Array:
    r"""Mean square of the samples of each frame (`n_fft` samples, no window), its power.

    .. math:: \frac{1}{N} \sum_n x_n^2

    (frames, channels, 1), 1 is a full-scale square wave; `rms` is its root, `level` its dB.
    Silence: 0. Source: Peeters 2004, section 4.1.
    """
    return mean_square.astype(np.float32)
