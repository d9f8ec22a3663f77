"""Neighbouring bands of a spectrum."""

import numpy as np

from audiofeat_cli.step import Array


def band_maximum(bands: Array, size: int) -> Array:
    """(frames, channels, bands): the largest of the `size` bands around each.

    Reference: scipy.ndimage.maximum_filter1d(bands, size, axis=-1).
    """
    if size == 1:
        return bands
    flat = bands.T
    largest = flat.copy()
    for off in range(1, size // 2 + 1):
        np.maximum(largest[off:], flat[:-off], out=largest[off:])
        if off < size - size // 2:
            np.maximum(largest[:-off], flat[off:], out=largest[:-off])
    return largest.T
