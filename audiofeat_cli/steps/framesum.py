"""Sums over the samples of each frame."""

import math

import numpy as np

from audiofeat_cli.step import Array
from audiofeat_cli.steps.spectrum import sliding


def frame_sums(values: Array, size: int, hop: int) -> Array:
    """(samples, channels) -> (frames, channels, 1): sums over `size` items every `hop`.

    Sums of blocks of gcd(size, hop) are added: no item is read more than size / hop times, and
    nothing is subtracted, so a quiet frame next to a loud one stays exact.
    """
    block = math.gcd(size, hop)
    frames = 1 + (len(values) - size) // hop
    used = values[: (frames - 1) * hop + size].T
    parts = used.reshape(len(used), -1, block).sum(axis=-1)
    return np.asarray(sliding(parts.T, size // block, hop // block).sum(axis=-1, keepdims=True))
