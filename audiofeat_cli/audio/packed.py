"""Samples of 24 bits, read past libsndfile, which needs five times as long to convert them."""

import io

import numpy as np
from numpy.typing import NDArray

_BYTES = 3


class Packed24:
    """Little-endian samples of three bytes, read in sequence as the upper part of int32.

    Parameters
    ----------
    file : in the form of `os.fsdecode`.
    start : byte at which the samples begin.
    frames : samples per channel.
    channels : how many.
    """

    def __init__(self, file: str, start: int, frames: int, channels: int) -> None:
        self.frames = frames
        self._left = frames * channels
        self._file = io.FileIO(file)
        self._file.seek(start)
        self._stored = bytearray()
        self._words = np.empty(0, np.int32)

    def read(self, *, out: NDArray[np.int32]) -> NDArray[np.int32]:
        """Fill `out`, (n, channels), as far as there are samples; the part that was filled."""
        if len(self._words) != out.size:
            # Three bytes apart, four bytes wide: the fourth is the next sample's and falls out.
            self._stored = bytearray(_BYTES * out.size + 1)
            self._words = np.ndarray(out.size, "<i4", buffer=self._stored, strides=(_BYTES,))
        wanted = min(out.size, self._left)
        room = memoryview(self._stored)[: _BYTES * wanted]
        got = 0
        while got < len(room) and (more := self._file.readinto(room[got:])):
            got += more
        frames = got // (_BYTES * out.shape[1])
        samples = frames * out.shape[1]
        self._left -= samples
        np.left_shift(self._words[:samples], 8, out=out.reshape(-1)[:samples])
        return out[:frames]

    def close(self) -> None:
        """Close the file."""
        self._file.close()
