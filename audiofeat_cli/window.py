"""The part of a stream that a reaching step still needs, continued beyond the stream's ends."""

import math

import numpy as np

from audiofeat_cli.edges import extended
from audiofeat_cli.reach import Reach, Span
from audiofeat_cli.step import Array


class Window:
    """The part of one input stream that a reaching step still needs."""

    def __init__(self, reach: Reach) -> None:
        self.reach = reach
        self.first = 0
        self.total = 0
        self.items: Array | None = None
        self.padded = reach.left == 0 or reach.edges == "cut"
        self.spare = reach.right + 1 if reach.edges not in ("constant", "cut") else 0

    def feed(self, block: Array) -> None:
        """Take the next items."""
        self.total += len(block)
        if self.items is None or len(self.items) == 0:
            self.items = block  # nothing is left to join it to, so nothing is copied
        else:
            self.items = np.concatenate([self.items, block])
        # With fewer items than that, a mirrored one is mirrored again: `finish` pads both ends.
        mirrored = max(self.reach.left, self.reach.right) + 1
        needed = 1 if self.reach.edges in ("constant", "edge") else mirrored
        if not self.padded and len(self.items) >= needed:
            self._pad(self.reach.left, 0)

    def _pad(self, before: int, after: int) -> None:
        assert self.items is not None
        self.items = extended(self.items.T, before, after, self.reach.edges).T
        self.first -= before
        self.padded = True

    def ready(self, *, ended: bool) -> int:
        """How many outputs can be made of what has come."""
        reach = self.reach
        if ended:
            return reach.outputs(self.total)
        if not self.padded or self.total < reach.right:
            return 0
        made = 1 + math.floor((self.total - reach.right) / reach.stride)
        return min(made, reach.outputs(self.total))

    def finish(self, outputs: int) -> None:
        """Continue the stream so that `outputs` have all their reach says."""
        if self.items is None or self.reach.edges == "cut" or outputs == 0:
            return
        missing = self.reach.position(outputs - 1) + self.reach.right - self.total
        self._pad(0 if self.padded else self.reach.left, max(0, missing))

    def take(self, start: int, stop: int) -> Array:
        """The items that outputs [start, stop) read."""
        assert self.items is not None
        low = self.reach.position(start) - self.reach.left
        high = self.reach.position(stop - 1) + self.reach.right
        if self.reach.edges == "cut":
            low, high = max(low, 0), min(high, self.total)
        return self.items[low - self.first : high - self.first]

    def span(self, start: int, stop: int, *, ended: bool) -> Span:
        """Where outputs [start, stop) lie in what `take` gives."""
        low = self.reach.position(start) - self.reach.left
        high = self.reach.position(stop - 1) + self.reach.right
        if self.reach.edges == "cut":
            low = max(low, 0)
        offset = self.reach.position(start) - low
        return Span(start, stop - start, offset, low <= 0, ended and high >= self.total)

    def drop(self, start: int) -> None:
        """Forget what outputs from `start` on do not read."""
        assert self.items is not None
        end = self.first + len(self.items)
        low = min(self.reach.position(start) - self.reach.left - self.spare, end)
        if low > self.first:
            self.items = self.items[low - self.first :]
            self.first = low
