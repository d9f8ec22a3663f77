"""Channels chosen and mixed, and streams of any pieces cut into blocks of one size."""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Channels = Literal["mono", "left", "right", "mid", "side", "each"]


def channels_of(choice: Channels, available: int) -> int:
    """How many channels come out of a file that has `available`."""
    return available if choice == "each" else 1


def mix(samples: Samples, choice: Channels, scale: float, out: Samples) -> None:
    """Write the chosen channels of (n, channels) into `out`, (channels chosen, n).

    `scale`, a power of two, makes full scale 1; the rounding is that of `librosa.to_mono`. A file
    of one channel counts as left = right.
    """
    _MIXERS[choice](samples, np.float32(scale), out)


def _each(samples: Samples, scale: np.float32, out: Samples) -> None:
    np.multiply(samples.T, scale, out=out)


def _mono(samples: Samples, scale: np.float32, out: Samples) -> None:
    channels = samples.shape[1]
    if channels <= 2:
        _mid(samples, scale, out)
    else:
        np.add.reduce(samples, axis=1, out=out[0])
        out *= scale
        out /= np.float32(channels)


def _left(samples: Samples, scale: np.float32, out: Samples) -> None:
    np.multiply(samples[:, 0], scale, out=out[0])


def _right(samples: Samples, scale: np.float32, out: Samples) -> None:
    np.multiply(samples[:, min(1, samples.shape[1] - 1)], scale, out=out[0])


def _mid(samples: Samples, scale: np.float32, out: Samples) -> None:
    if samples.shape[1] == 1:
        _each(samples, scale, out)
    else:
        np.add(samples[:, 0], samples[:, 1], out=out[0])
        out *= scale * np.float32(0.5)


def _side(samples: Samples, scale: np.float32, out: Samples) -> None:
    if samples.shape[1] == 1:
        out.fill(0)
    else:
        np.subtract(samples[:, 0], samples[:, 1], out=out[0])
        out *= scale * np.float32(0.5)


_MIXERS: dict[Channels, Callable[[Samples, np.float32, Samples], None]] = {
    "mono": _mono,
    "left": _left,
    "right": _right,
    "mid": _mid,
    "side": _side,
    "each": _each,
}


class Blocks:
    """Blocks of `size` samples, filled piece by piece; every block is new memory.

    Blocks are (samples, channels) with time contiguous.
    """

    def __init__(self, channels: int, size: int) -> None:
        self._channels = channels
        self._size = size
        self._block = self._new()
        self._filled = 0

    def room(self, wanted: int) -> Samples:
        """(channels, up to `wanted`) of the current block, to be written and then counted."""
        return self._block[:, self._filled : min(self._filled + wanted, self._size)]

    def count(self, written: int) -> Samples | None:
        """Count samples that were written into `room`; the block when that filled it."""
        self._filled += written
        if self._filled < self._size:
            return None
        full = self._block
        self._block = self._new()
        self._filled = 0
        return full.T

    def rest(self) -> Samples | None:
        """The last block, shorter than the others; None when nothing is left."""
        if self._filled == 0:
            return None
        return np.ascontiguousarray(self._block[:, : self._filled]).T

    def _new(self) -> Samples:
        return np.empty((self._channels, self._size), np.float32)


def put(blocks: Blocks, rows: Sequence[Samples]) -> list[Samples]:
    """Append the same stretch of each channel, (n,) each; the blocks that were filled."""
    full = []
    done = 0
    while done < len(rows[0]):
        room = blocks.room(len(rows[0]) - done)
        for channel, row in enumerate(rows):
            room[channel] = row[done : done + room.shape[1]]
        block = blocks.count(room.shape[1])
        done += room.shape[1]
        if block is not None:
            full.append(block)
    return full
