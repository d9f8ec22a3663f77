"""Rows on their way into the tables: plain data, as the run hands them to the writer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from audiofeat_cli.step import Array


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What the clips table says of a clip beside its features."""

    path: str
    duration: float
    sample_rate: int
    channels: int
    truncated: bool | None


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a clip that a row of the clips table stands for: start and end in s."""

    number: int
    start: float
    end: float
    frames: int


@dataclass(frozen=True, slots=True)
class FrameRows:
    """Consecutive frames of one clip: for each frame output (frames, channels, values)."""

    path: str
    start: int
    rate: float
    channels: int
    count: int
    blocks: Sequence[Array]

    @property
    def rows(self) -> int:
        """Rows that they make: one for each frame and channel, a channel after the other."""
        return self.count * self.channels

    @property
    def bytes(self) -> int:
        """Bytes of their numbers."""
        return sum(b.nbytes for b in self.blocks) + 12 * self.rows

    def numbers(self) -> Array:
        """Frame number of each row."""
        return np.tile(
            np.arange(self.start, self.start + self.count, dtype=np.int32), self.channels
        )


@dataclass(frozen=True, slots=True)
class ClipRows:
    """Rows of one clip in the clips table: a channel after the other, and in each the spans.

    Attributes
    ----------
    spans : the whole clip, or some of its segments in a row.
    blocks : for each output of the plan its (columns, channels, spans).
    """

    facts: ClipFacts
    channels: int
    spans: Sequence[Span]
    blocks: Sequence[Array]

    @property
    def rows(self) -> int:
        """Rows that they make."""
        return self.channels * len(self.spans)

    @property
    def bytes(self) -> int:
        """Bytes of their numbers."""
        return sum(b.nbytes for b in self.blocks) + 64 * self.rows

    def per_span(self, values: Sequence[float]) -> Array:
        """What is said of each span, for each row."""
        return np.tile(np.asarray(values, dtype=np.float64), self.channels)


@dataclass(frozen=True, slots=True)
class EventRows:
    """Events of one kind in one channel of a clip: when each is, in s, and its value."""

    path: str
    kind: str
    channel: int
    times: Array
    values: Array

    @property
    def rows(self) -> int:
        """Rows that they make: one for each event."""
        return len(self.times)

    @property
    def bytes(self) -> int:
        """Bytes of their numbers."""
        return self.times.nbytes + self.values.nbytes + 64 * self.rows


def events_of(path: str, kind: str, value: Any) -> Iterator[EventRows]:
    """The rows of an event feature's value: for each channel, (events, 2) of time and value.

    A clip too short to have any gives a single undefined value instead.
    """
    if isinstance(value, np.ndarray):
        return
    for channel, events in enumerate(value):
        yield EventRows(path, kind, channel, events[:, 0], events[:, 1])
