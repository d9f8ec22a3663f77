"""Sums over all samples of a clip, every channel for itself."""

from dataclasses import dataclass

import numpy as np

from audiofeat_cli.step import Array, clip, native_samples

FULL_SCALE = 32767 / 32768
"""The largest sample of 16 bits; those of more bits that round to it count as well."""

SHORTEST_CLIP = 3
"""Samples in a row at full scale that are taken for clipping."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Of (channels,): sums of samples and of squares, the largest magnitude; and their number."""

    count: int
    total: Array
    energy: Array
    peak: Array


@clip(native_samples, finish=lambda state: state)
def totals(state: Totals | None, samples: Array) -> Totals:
    """Sums over the clip; None for one without samples."""
    rows = samples.T.astype(np.float64)
    total, energy = rows.sum(axis=1), np.einsum("cn,cn->c", rows, rows)
    peak = np.abs(samples.T).max(axis=1)
    if state is not None:
        total, energy = total + state.total, energy + state.energy
        peak = np.maximum(peak, state.peak)
    return Totals((0 if state is None else state.count) + len(samples), total, energy, peak)


class ClippedRuns:
    """Samples of each channel in runs at full scale.

    Attributes
    ----------
    clipped : (channels,) how many there are in runs that are over.
    """

    def __init__(self, channels: int) -> None:
        self.seen = 0
        self.clipped = np.zeros(channels, np.int64)
        self._open = [0] * channels  # length of the run that each channel has come with

    def push(self, rows: Array) -> None:
        """Take (channels, n) samples."""
        self.seen += rows.size
        for channel, row in enumerate(rows):
            full = np.abs(row) >= np.float32(FULL_SCALE)
            if full.any():
                self._count(channel, full)
            else:
                self._close(channel)

    def _count(self, channel: int, full: Array) -> None:
        edges = np.flatnonzero(np.diff(np.concatenate([[False], full, [False]]).astype(np.int8)))
        starts, ends = edges[::2], edges[1::2]
        lengths = ends - starts
        if starts[0] == 0:
            lengths[0] += self._open[channel]
        else:
            self._close(channel)
        goes_on = ends[-1] == len(full)
        self._open[channel] = int(lengths[-1]) if goes_on else 0
        done = lengths[:-1] if goes_on else lengths
        self.clipped[channel] += int(done[done >= SHORTEST_CLIP].sum())

    def _close(self, channel: int) -> None:
        if self._open[channel] >= SHORTEST_CLIP:
            self.clipped[channel] += self._open[channel]
        self._open[channel] = 0

    def cut(self) -> None:
        """What comes next, if anything, does not follow on what came before."""
        for channel in range(len(self._open)):
            self._close(channel)


def _share(state: ClippedRuns | None) -> float:
    if state is None:
        return float("nan")
    state.cut()
    return float(state.clipped.sum() / state.seen)


@clip(native_samples, finish=_share)
def share_at_full_scale(state: ClippedRuns | None, samples: Array) -> ClippedRuns:
    """Share of the samples of all channels that are in runs at full scale."""
    state = ClippedRuns(samples.shape[1]) if state is None else state
    state.push(samples.T)
    return state
