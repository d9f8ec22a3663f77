"""Momentary loudness (EBU R128)."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.loudness import MOMENTARY_STEPS, loudness_or_nan, window_energy


@feature(
    window_energy.pinned(window_steps=MOMENTARY_STEPS),
    unit="LUFS",
    gain="decibel",
    reference="scipy.signal.sosfilt and a loop; EBU Tech 3341 cases 12 and 14",
)
def momentary_loudness(energies: Array) -> Array:
    r"""Loudness of the 400 ms around each frame, all channels at the file's own rate.

    .. math:: -0.691 + 10 \log_{10} \sum_i G_i z_i, \quad z_i \text{ mean square over 400 ms}

    (frames, 1, 1), LUFS, one value for all channels. Windows begin every 10 ms and lie within the
    clip; a frame has the one whose centre is nearest to its own, so those at the ends share the
    first and the last window. Not gated. Silence: null, as is all that is not over -120 LUFS. Null
    for clips under 400 ms and for files below 4 kHz, too.
    Source: EBU Tech 3341; ITU-R BS.1770-5 annex 1. Keeps 1 kB.
    """
    return loudness_or_nan(energies).astype(np.float32)
