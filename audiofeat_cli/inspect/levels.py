"""Levels of a signal that comes in blocks: peak, true peak, RMS, DC, clipping, silence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiofeat_cli.step import Array
from audiofeat_cli.steps.totals import ClippedRuns
from audiofeat_cli.steps.truepeak import PeakMeter

PIECES_PER_SECOND = 10
"""Silence is judged on pieces of 100 ms."""

SILENCE_DBFS = -60.0
"""A piece is silent when its RMS is below this."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ChannelLevels:
    """Levels of one channel. 0 dBFS is an amplitude, and an RMS, of 1; None is digital silence.

    Attributes
    ----------
    true_peak_dbtp : of the signal between the samples, too (BS.1770 annex 2, 4 x oversampled).
    dc : mean of the samples.
    clipped, silent : shares from 0 to 1 of the samples, and of the time.
    """

    peak_dbfs: float | None
    true_peak_dbtp: float | None
    rms_dbfs: float | None
    dc: float
    clipped: float
    silent: float


def decibels(amplitude: float) -> float | None:
    """20 log10 of it; None for 0."""
    return float(20 * np.log10(amplitude)) if amplitude > 0 else None


class LevelMeter:
    """Levels of a signal that comes in blocks of (samples, channels)."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self.samples = 0
        self._piece = max(1, sample_rate // PIECES_PER_SECOND)
        self._rest = np.zeros((channels, 0))
        self._sum = np.zeros(channels)
        self._energy = np.zeros(channels)
        self._peak = np.zeros(channels)
        self._silent = np.zeros(channels)
        self._clipped = ClippedRuns(channels)
        self._true_peak = PeakMeter(channels)

    def add(self, block: Array) -> None:
        """Take the next block."""
        self.samples += len(block)
        rows = np.ascontiguousarray(block.T)
        absolute = np.abs(rows)
        self._peak = np.maximum(self._peak, absolute.max(axis=1))
        self._true_peak.push(rows)
        self._clipped.push(rows)
        exact = rows.astype(np.float64)
        self._sum += exact.sum(axis=1)
        self._add_pieces(np.concatenate([self._rest, exact], axis=1))

    def cut(self) -> None:
        """What comes next does not follow on what came before."""
        self._true_peak.cut()
        self._clipped.cut()

    def _add_pieces(self, joined: Numbers) -> None:
        whole = joined.shape[1] // self._piece * self._piece
        self._rest = joined[:, whole:].copy()
        if whole:
            pieces = joined[:, :whole].reshape(len(joined), -1, self._piece)
            self._weigh(np.einsum("cpn,cpn->cp", pieces, pieces), self._piece)

    def _weigh(self, energies: Numbers, length: int) -> None:
        """Take (channels, pieces) sums of squares of pieces of `length`."""
        self._energy += energies.sum(axis=1)
        quiet = energies < length * 10 ** (SILENCE_DBFS / 10)
        self._silent += length * quiet.sum(axis=1)

    def levels(self) -> list[ChannelLevels]:
        """The levels of each channel; the signal is over."""
        self.cut()
        if self._rest.shape[1]:
            self._weigh(np.square(self._rest).sum(axis=1, keepdims=True), self._rest.shape[1])
            self._rest = self._rest[:, :0]
        true_peaks = self._true_peak.highest
        return [
            ChannelLevels(
                peak_dbfs=decibels(float(self._peak[c])),
                true_peak_dbtp=decibels(float(true_peaks[c])),
                rms_dbfs=decibels(float(np.sqrt(self._energy[c] / self.samples))),
                dc=float(self._sum[c] / self.samples),
                clipped=float(self._clipped.clipped[c] / self.samples),
                silent=float(self._silent[c] / self.samples),
            )
            for c in range(len(self._peak))
        ]
