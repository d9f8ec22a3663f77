"""Sums and maxima over the samples of each frame."""

import math

import numpy as np

from audiofeat_cli.step import Array
from audiofeat_cli.steps.spectrum import sliding


def frame_blocks(values: Array, size: int, hop: int) -> Array:
    """(samples, channels) -> (channels, blocks, gcd(size, hop)): each frame is whole blocks."""
    block = math.gcd(size, hop)
    frames = 1 + (len(values) - size) // hop
    used = values[: (frames - 1) * hop + size].T
    return used.reshape(len(used), -1, block)


def blocks_of_frames(parts: Array, size: int, hop: int) -> Array:
    """(channels, blocks), a value of each of `frame_blocks` -> (frames, channels, its blocks)."""
    block = math.gcd(size, hop)
    return sliding(parts.T, size // block, hop // block)


def frame_sums(values: Array, size: int, hop: int) -> Array:
    """(samples, channels) -> (frames, channels, 1): sums over `size` items every `hop`.

    Sums of blocks of gcd(size, hop) are added: no item is read more than size / hop times, and
    nothing is subtracted, so a quiet frame next to a loud one stays exact.
    """
    parts = frame_blocks(values, size, hop).sum(axis=-1)
    return np.asarray(blocks_of_frames(parts, size, hop).sum(axis=-1, keepdims=True))


def frame_counts(values: Array, size: int, hop: int) -> Array:
    """As `frame_sums`, of 0 and 1 as uint8: int32."""
    eights = np.packbits(frame_blocks(values, size, hop), axis=-1)
    parts = np.bitwise_count(eights).sum(axis=-1, dtype=np.int32)
    sums = blocks_of_frames(parts, size, hop).sum(axis=-1, keepdims=True, dtype=np.int32)
    return np.asarray(sums)


def frame_maxima(values: Array, size: int, hop: int) -> Array:
    """(samples, channels) -> (frames, channels, 1): the largest of `size` items every `hop`."""
    parts = frame_blocks(values, size, hop).max(axis=-1)
    return np.asarray(blocks_of_frames(parts, size, hop).max(axis=-1, keepdims=True))
