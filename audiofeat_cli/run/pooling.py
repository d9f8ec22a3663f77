"""Pools the frames of one clip: one row for the clip, or one for each of its segments.

Frames are cut wherever a segment begins or ends; the statistics of the pieces between are computed
once and merged for every segment that they belong to.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from audiofeat_cli.pool import PERCENTS, Demand, Pool, percentiles
from audiofeat_cli.rows import Span
from audiofeat_cli.run.segments import NEVER, Grid
from audiofeat_cli.run.spill import Kept, Spill
from audiofeat_cli.step import Array

AT_ONCE_BYTES = 8 * 2**20
"""Values that are sorted, and rows that are handed on, at a time."""


@dataclass(slots=True)
class _Piece:
    """Frames from `start` to `stop`, between two places where a segment begins or ends."""

    start: int
    stop: int
    pool: Pool


class ClipPool:
    """Takes the frames of a clip in order, and gives its pooled rows in the end.

    Parameters
    ----------
    statistics : as in the config.
    grid : the segments.
    spill : keeps what is not pooled yet, and the rows.
    """

    def __init__(self, statistics: Sequence[str], grid: Grid, spill: Spill) -> None:
        self.statistics = statistics
        self.grid = grid
        self.spill = spill
        self.demand = Demand.of(statistics)
        self.done = 0
        self.limit = NEVER
        self._cut_is_edge = True
        self._opening = self._closing = self._current = 0
        self._first = self._stop = 0
        self._pieces: deque[_Piece] = deque()
        self._values: deque[tuple[int, int, Kept]] = deque()
        self._rows: list[tuple[int, Kept]] = []

    def add(self, block: Array) -> None:
        """Take the next (frames, channels, values)."""
        block = block[: max(0, self.limit - self.done)]
        start, stop = self.done, self.done + len(block)
        if start == stop:
            return
        if self.demand.percents:
            self._values.append((start, stop, self.spill.keep(block.T.reshape(-1, len(block)))))
        while self.done < stop:
            cut, is_edge = self._next_cut(stop)
            pool = Pool.of(block[self.done - start : cut - start], self.demand)
            if self._cut_is_edge:
                self._pieces.append(_Piece(self.done, cut, pool))
            else:
                piece = self._pieces[-1]
                piece.pool, piece.stop = Pool.merged([piece.pool, pool]), cut
            self.done, self._cut_is_edge = cut, is_edge
        while self.grid.stop(self._current) <= self.done:
            self._close(block.shape[:0:-1])
        self._forget(self.grid.first(self._current))

    def _next_cut(self, stop: int) -> tuple[int, bool]:
        """Where the next piece ends, `stop` at the latest, and whether a segment ends or begins."""
        while self._first <= self.done:
            self._opening += 1
            self._first = self.grid.first(self._opening)
        while self._stop <= self.done:
            self._stop = self.grid.stop(self._closing)
            self._closing += 1
        edge = min(self._first, self._stop)
        return min(edge, stop), edge <= stop

    def _forget(self, before: int) -> None:
        """Drop what no open segment has; the last piece may be going on."""
        while len(self._pieces) > 1 and self._pieces[0].stop <= before:
            self._pieces.popleft()
        while self._values and self._values[0][1] <= before:
            self.spill.drop(self._values.popleft()[2])

    def finish(self, duration: Fraction, nothing: Array) -> None:
        """All frames have come.

        Parameters
        ----------
        duration : of the clip, s.
        nothing : a block of no frames, (0, channels, values).
        """
        while self._current < self.grid.count(duration):
            self._close(nothing.shape[:0:-1])

    def _close(self, shape: tuple[int, ...]) -> None:
        """Make the row of the current segment, of so many (values, channels)."""
        first = min(self.done, self.grid.first(self._current))
        stop = min(self.done, self.grid.stop(self._current))
        pools = [p.pool for p in self._pieces if p.start >= first and p.stop <= stop]
        pool = Pool.merged(pools) if pools else Pool.of(np.empty((*shape, 0)).T, self.demand)
        ordered = iter(self._percentiles(first, stop, shape))
        row = np.empty((shape[0], len(self.statistics), shape[1]), np.float32)
        with np.errstate(over="ignore"):  # beyond float32: infinite, which tables make null
            for slot, name in enumerate(self.statistics):
                row[:, slot] = next(ordered) if name in PERCENTS else pool.statistic(name)
        self._rows.append((stop - first, self.spill.keep(row.reshape(-1, shape[1]))))
        self._current += 1

    def _percentiles(self, first: int, stop: int, shape: tuple[int, ...]) -> Array:
        """(percents, values, channels) of some frames, a few columns at a time."""
        percents = self.demand.percents
        columns = shape[0] * shape[1]
        found = np.empty((len(percents), columns))
        step = max(1, AT_ONCE_BYTES // (4 * max(1, stop - first)))
        for start in range(0, columns if percents else 0, step):
            some = slice(start, min(columns, start + step))
            found[:, some] = percentiles(self._columns(first, stop, some), percents)
        return found.reshape(len(percents), *shape)

    def _columns(self, first: int, stop: int, some: slice) -> Array:
        """(columns, frames) of the values from frame `first` to `stop`."""
        parts = [
            self.spill.read(kept, some.start, some.stop)[:, max(0, first - start) : stop - start]
            for start, end, kept in self._values
            if start < stop and end > first
        ]
        if not parts:
            return np.empty((some.stop - some.start, 0))
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def rows(self, duration: Fraction) -> Iterator[tuple[list[Span], Array]]:
        """The rows, some at a time: their spans and (columns, channels, spans) float32."""
        rows = self._rows[: self.grid.count(duration)]
        _, first = rows[0]
        step = max(1, AT_ONCE_BYTES // max(1, 4 * first.shape[0] * first.shape[1]))
        for start in range(0, len(rows), step):
            some = rows[start : start + step]
            spans = [
                Span(start + k, *self.grid.times(start + k, duration), frames)
                for k, (frames, _) in enumerate(some)
            ]
            yield spans, np.stack([self.spill.read(kept) for _, kept in some], axis=-1)
