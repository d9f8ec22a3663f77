"""Statistics over the intervals between beats."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from audiofeat_cli.step import Array, chosen, clip
from audiofeat_cli.steps.beats import beat_frames
from audiofeat_cli.steps.onsets import Events

Statistic = Literal["mean", "median", "min", "max"]


def over_frames(values: Array, statistic: Statistic) -> Array:
    """(values,) statistic of (frames, values), nulls passed over; NaN where all are null."""
    count = np.count_nonzero(~np.isnan(values), axis=0)
    if statistic == "mean":
        found = np.nansum(values, axis=0, dtype=np.float64) / np.maximum(count, 1)
        return np.where(count > 0, found, np.nan)
    ranked = np.sort(values, axis=0)  # nulls come last
    low, high = {
        "min": (0 * count, 0 * count),
        "max": (count - 1, count - 1),
        "median": ((count - 1) // 2, count // 2),
    }[statistic]
    ends = [np.take_along_axis(ranked, np.maximum(at, 0)[np.newaxis], 0)[0] for at in (low, high)]
    return np.asarray(np.where(count > 0, (ends[0] + ends[1]) / 2, np.nan))


@dataclass
class _Channel:
    """The intervals of one channel: those that are over, and the frames of the current one."""

    beats: Array
    frames: int = 0
    waiting: list[Array] = field(default_factory=list)
    done: list[Array] = field(default_factory=list)

    def add(self, values: Array, statistic: Statistic) -> None:
        """Take the next (frames, values)."""
        ends = self.beats[len(self.done) :] - self.frames
        start = 0
        for end in ends[ends < len(values)]:
            self.waiting.append(values[start:end])
            self.close(statistic)
            start = end
        self.waiting.append(values[start:])
        self.frames += len(values)

    def close(self, statistic: Statistic) -> None:
        """The interval is over."""
        self.done.append(over_frames(np.concatenate(self.waiting), statistic))
        self.waiting = []


@dataclass(frozen=True)
class Intervals:
    """Of one channel: the frames at which intervals begin after the first, and their values."""

    beats: Array
    values: Array


def _intervals(
    state: list[_Channel] | None, *, statistic: Statistic = "mean"
) -> list[Intervals | None]:
    """For each channel its intervals; None where there is no beat."""
    found: list[Intervals | None] = []
    for mine in state or []:
        if mine.waiting and len(mine.beats):
            mine.close(statistic)
        found.append(Intervals(mine.beats, np.stack(mine.done)) if len(mine.beats) else None)
    return found


@clip(chosen("of"), beat_frames, finish=_intervals)
def beat_intervals(
    state: list[_Channel] | None,
    values: Array,
    beats: Events,
    *,
    of: str,
    statistic: Statistic = "mean",
) -> list[_Channel]:
    """The statistic of each interval between beats.

    Keeps one row for each beat, and the frames of the interval that is not over.
    """
    del of  # chose the input
    if isinstance(beats, np.ndarray):
        return []
    if state is None:
        rows = [beats[min(c, len(beats) - 1)][:, 0].astype(np.intp) for c in range(values.shape[1])]
        state = [_Channel(row[row > 0]) for row in rows]
    for channel, mine in enumerate(state):
        if len(mine.beats):
            mine.add(values[:, channel], statistic)
    return state
