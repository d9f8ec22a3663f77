"""What two channels have to do with each other."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from audiofeat_cli.inspect.levels import decibels
from audiofeat_cli.step import Array

ANTI_PHASE = -0.3
"""A correlation below: a mono mix loses much of the sound."""

SAME = 0.9999
"""A correlation above: the channels differ in level only."""

FAINT_DB = -60.0
"""A channel so far below the other carries nothing."""

Kind = Literal["stereo", "identical", "scaled", "anti_phase", "one_sided", "silent"]


@dataclass(frozen=True, slots=True)
class StereoFacts:
    """Two channels compared, over all that was measured.

    Attributes
    ----------
    kind : `identical` (every sample of left and right is the same), `scaled` (the same but for the
        level), `anti_phase`, `one_sided` (a channel is silent or nearly), `silent`, or `stereo`.
    correlation : from -1 to 1; None where a channel is constant.
    balance_db : RMS of left over right; positive: left is louder. None where a channel is silent.
    mid_dbfs, side_dbfs : RMS of half the sum, and of half the difference. None is digital silence.
    side_share : of the energy of mid and side together, from 0 (mono) to 1.
    mono_change_db : RMS of the mono mix against the mean of the channels; 0 for identical ones, -3
        for unrelated ones, None (all is lost) for opposite ones.
    """

    kind: Kind
    correlation: float | None
    balance_db: float | None
    mid_dbfs: float | None
    side_dbfs: float | None
    side_share: float | None
    mono_change_db: float | None

    @property
    def text(self) -> str:
        """The kind in words."""
        return {
            "stereo": "",
            "identical": "false stereo: both channels are the same, sample by sample",
            "scaled": "false stereo: both channels are the same but for their level",
            "anti_phase": "anti-phase: a mono mix loses much of the sound",
            "one_sided": "one channel is (nearly) silent",
            "silent": "both channels are silent",
        }[self.kind]


class StereoMeter:
    """Sums over a signal that comes in blocks of (samples, 2)."""

    def __init__(self) -> None:
        self._count = 0
        self._sums = np.zeros(2)
        self._products = np.zeros((2, 2))
        self._mid = 0.0
        self._side = 0.0
        self._identical = True

    def add(self, block: Array) -> None:
        """Take the next block."""
        rows = block.T.astype(np.float64)
        self._count += len(block)
        self._sums += rows.sum(axis=1)
        self._products += rows @ rows.T
        mid, side = rows[0] + rows[1], rows[0] - rows[1]
        # Summed by themselves: as differences of large sums they would lose their digits.
        self._mid += float(mid @ mid) / 4
        self._side += float(side @ side) / 4
        self._identical = self._identical and not side.any()

    def facts(self) -> StereoFacts:
        """The facts; the signal is over."""
        left, right = (float(v) / self._count for v in np.diag(self._products))
        mid, side = self._mid / self._count, self._side / self._count
        total, mean = mid + side, (left + right) / 2
        correlation = self._correlation()
        balance = _level(left / right) if left > 0 and right > 0 else None
        return StereoFacts(
            kind=self._kind(correlation, balance, total),
            correlation=correlation,
            balance_db=balance,
            mid_dbfs=_level(mid),
            side_dbfs=_level(side),
            side_share=side / total if total else None,
            mono_change_db=_level(mid / mean) if mean else None,
        )

    def _correlation(self) -> float | None:
        covariance = self._products / self._count - np.outer(self._sums, self._sums) / (
            self._count**2
        )
        spread = float(covariance[0, 0] * covariance[1, 1])
        if covariance[0, 0] <= 0 or covariance[1, 1] <= 0 or spread <= 0:
            return None
        return min(1.0, max(-1.0, float(covariance[0, 1]) / math.sqrt(spread)))

    def _kind(self, correlation: float | None, balance: float | None, total: float) -> Kind:
        if total == 0:
            return "silent"
        if self._identical:
            return "identical"
        if balance is None or abs(balance) > -FAINT_DB:
            return "one_sided"
        if correlation is None:
            return "stereo"
        if correlation < ANTI_PHASE:
            return "anti_phase"
        return "scaled" if correlation > SAME else "stereo"


def _level(energy: float) -> float | None:
    """Decibels of an energy; None for 0."""
    return decibels(math.sqrt(energy))
