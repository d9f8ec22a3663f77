"""The outline of a waveform: lowest and highest sample of short stretches."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from audiofeat_cli.step import Array

PIECES = 1024
"""About so many stretches, whatever the length: enough for a terminal."""

_USUAL = 4096
"""Samples of a stretch where the length is not known beforehand."""


class Envelope:
    """Extremes of a signal that comes in blocks of (samples, channels).

    Parameters
    ----------
    expected : samples per channel that will come; 0 where nobody knows.
    pieces : how many stretches to make of them, about.
    """

    def __init__(self, channels: int, expected: int, pieces: int = PIECES) -> None:
        self.piece = max(1, expected // pieces) if expected else _USUAL
        self._rest = np.zeros((0, channels), np.float32)
        self._found: list[Array] = []

    def add(self, block: Array) -> None:
        """Take the next block."""
        joined = np.concatenate([self._rest, block])
        whole = len(joined) // self.piece * self.piece
        self._rest = joined[whole:]
        if whole:
            rows = np.ascontiguousarray(joined[:whole].T)
            self._take(rows.reshape(len(rows), -1, self.piece))

    def _take(self, pieces: Array) -> None:
        """Take (channels, pieces, samples)."""
        self._found.append(np.stack([pieces.min(axis=2), pieces.max(axis=2)]))

    def outline(self) -> NDArray[np.float32]:
        """(2, channels, pieces) lowest and highest samples; the last piece may be shorter."""
        if len(self._rest):
            self._take(np.ascontiguousarray(self._rest.T)[:, np.newaxis])
            self._rest = self._rest[:0]
        return np.concatenate(self._found, axis=2)


def columns(outline: Array, width: int) -> Array:
    """The outline in up to `width` columns of time, each the extremes of its pieces."""
    pieces = outline.shape[2]
    edges = np.linspace(0, pieces, min(width, pieces) + 1).astype(int)
    parts = [outline[:, :, a:b] for a, b in pairwise(edges)]
    lowest = np.stack([part[0].min(axis=1) for part in parts], axis=1)
    highest = np.stack([part[1].max(axis=1) for part in parts], axis=1)
    return np.stack([lowest, highest])


def peaks(outline: Array, width: int) -> list[float]:
    """The highest magnitude, over all channels, of each of up to `width` stretches."""
    shown = columns(outline, width)
    return [float(v) for v in np.abs(shown).max(axis=(0, 1))]
