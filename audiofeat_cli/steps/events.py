"""How many sounds an outline has, and the stages of one: attack, decay, sustain, release."""

import math
from collections.abc import Sequence

import numpy as np

from audiofeat_cli.step import Array, Decibels, Problem, constant
from audiofeat_cli.steps.envelope import event_outline, piece_samples

START, STOP = 0.2, 0.9
"""Shares of the maximum between which the attack is."""

END = 0.1
"""Share of the maximum at which a sound is over."""

UNDERWAY = 0.5
"""Share of the maximum from which on a sound that is there in the first ms began before it."""

SETTLED = 0.05
"""Share of a fall that may be missing where it is called done."""

_BAND = 10 ** (1 / 20)
_LEAST_SHARE = 0.3
"""A plateau stays within 1 dB for this share of the time after the maximum. A straight fall has
23 % within such a band, an exponential one 10 %."""


def events_in(outline: Array, *, ratio: float, floor: float) -> int:
    """How many times the outline rises by `ratio`, having fallen by as much in between.

    Before the clip there is silence, and what is below `floor` of the maximum is no quieter.
    """
    if outline.size == 0 or outline.max() <= 0:
        return 0
    levels = np.maximum(outline, floor * outline.max())
    turns = np.flatnonzero(np.diff(levels, append=np.nan) != 0)  # ends of what is level
    count, rising, extreme = 0, True, floor * outline.max()
    for level in levels[turns]:
        beyond = level / extreme if rising else extreme / level
        if beyond >= ratio:
            count += rising
            rising, extreme = not rising, level
        elif beyond < 1:
            extreme = level
    return count


def _range_holds_a_drop(
    *, min_drop: Decibels = 6.0, range_db: Decibels = 20.0
) -> Sequence[Problem]:
    if range_db < min_drop:
        return [Problem("range_db", f"expected at least min_drop ({min_drop:g}), got {range_db:g}")]
    return []


@constant(event_outline, check=_range_holds_a_drop)
def event_counts(outline: Array, *, min_drop: Decibels = 6.0, range_db: Decibels = 20.0) -> Array:
    """(channels,) how many sounds the outline has; 0 for silence and clips that are too long."""
    ratio, floor = 10 ** (min_drop / 20), 10 ** (-range_db / 20)
    return np.array([events_in(row, ratio=ratio, floor=floor) for row in outline])


@constant(event_outline, event_counts)
def stages(outline: Array, counts: Array, *, sample_rate: float | None) -> Array:
    """(channels, 4) attack in s, decay in s, sustain, release in s; null unless a single event."""
    found = [
        stages_of(row) if count == 1 else (math.nan,) * 4
        for row, count in zip(outline, counts, strict=True)
    ]
    piece = piece_samples(sample_rate) / (sample_rate or 1)
    return np.array(found) * [piece, piece, 1, piece]


def stages_of(outline: Array) -> Sequence[float]:
    """Attack, decay, sustain and release of an outline that is one sound, times in pieces."""
    top = int(outline.argmax())
    peak = outline[top]
    attack = math.nan
    if outline[0] < UNDERWAY * peak:
        stop = _rise(outline, STOP * peak)
        attack = stop - _rise(outline, START * peak)
    last = int(np.flatnonzero(outline >= END * peak)[-1])
    over = _fall(outline, last, END * peak) if last + 1 < len(outline) else math.nan
    sustain = _plateau(outline[top : last + 1])
    if sustain is None:
        return attack, over - top, 0.0, math.nan
    done = sustain + SETTLED * (peak - sustain)
    settled = int(np.argmax(outline[top:] <= done)) if sustain * _BAND < peak else 0
    decay = _fall(outline, top + settled - 1, done) - top if settled else 0.0
    left = (1 - SETTLED) * sustain
    release = over - _fall(outline, int(np.flatnonzero(outline >= left)[-1]), left)
    return attack, decay, sustain / peak, release


def _rise(outline: Array, level: float) -> float:
    """Where the outline first reaches the level, between two pieces."""
    after = int(np.argmax(outline >= level))
    if after == 0:
        return 0.0
    low, high = outline[after - 1 : after + 1]
    return float(after - (high - level) / (high - low))


def _fall(outline: Array, before: int, level: float) -> float:
    """Where the outline passes the level between a piece and the one after it."""
    if before + 1 >= len(outline):
        return float(before)
    high, low = outline[before : before + 2]
    return float(before + (high - level) / (high - low)) if high > low else float(before)


def _plateau(outline: Array) -> float | None:
    """Median of the most common level, if the outline stays with it long enough."""
    ordered = np.sort(outline)
    ends = np.searchsorted(ordered, ordered * _BAND**2, side="right")
    counts = ends - np.arange(len(ordered))
    lowest = int(counts.argmax())
    if counts[lowest] < _LEAST_SHARE * len(outline):
        return None
    return float(np.median(ordered[lowest : ends[lowest]]))
