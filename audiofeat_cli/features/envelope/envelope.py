"""Envelope."""

import numpy as np

from audiofeat_cli.reach import Reach
from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.envelope import follower
from audiofeat_cli.steps.spectrum import edge_framing


def _middles(*, n_fft: int, hop_length: int, center: bool) -> Reach:
    return edge_framing(n_fft=n_fft, hop_length=hop_length, center=center)


@feature(
    follower,
    reach=_middles,
    unit="FS",
    gain="linear",
    reference="naive float64 loop over samples",
)
def envelope(followed: Array, *, n_fft: int, hop_length: int) -> Array:
    r"""Level that follows the magnitude of the samples, in the middle of each frame.

    .. math:: e_n = |x_n| + k \, (e_{n-1} - |x_n|), \quad
        k = \exp(-1 / (F_s T)), \quad
        T = T_{attack} \text{ where } |x_n| > e_{n-1}, \text{ else } T_{release}

    (frames, channels, 1). `attack_time` and `release_time` are time constants in s, Essentia's by
    default: after a sound it takes 3.5 s to fall to a tenth. Silence: 0.
    Source: Essentia, algorithm Envelope; Zölzer, DAFX, section 4.2 (peak follower).
    """
    middles = followed[n_fft // 2 :: hop_length]
    count = 1 + (len(followed) - n_fft) // hop_length
    return np.asarray(middles[:count, :, np.newaxis])
