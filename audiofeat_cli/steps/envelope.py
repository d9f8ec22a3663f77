"""Envelopes: the follower of Essentia, what is summed over it, and the outline of one event."""

import math
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from annotated_types import Gt

from audiofeat_cli.kernels import kernels
from audiofeat_cli.reach import Reach
from audiofeat_cli.step import Array, Unit, analysis_samples, clip, local, scan

Seconds = Annotated[float, Gt(0), Unit("s")]

PIECES_PER_SECOND = 1000
"""Of the outline: pieces of about 1 ms."""


@scan(analysis_samples)
def follower(
    state: Array | None,
    samples: Array,
    *,
    sample_rate: float,
    attack_time: Seconds = 0.01,
    release_time: Seconds = 1.5,
) -> tuple[Array, Array]:
    """(samples, channels) float32, FS: |x| through a one-pole filter that rises and falls apart.

    Essentia's Envelope, times as there. They are time constants: 63 % of a step is then done.
    """
    magnitudes = np.abs(samples.T, order="C", dtype=np.float32)
    levels = np.zeros(len(magnitudes)) if state is None else state
    attack, release = (math.exp(-1 / (sample_rate * t)) for t in (attack_time, release_time))
    out = np.empty_like(magnitudes)
    follow = kernels("envelope").follow
    after = [
        follow(*each, attack, release, to)
        for *each, to in zip(magnitudes, levels, out, strict=True)
    ]
    return np.array(after), out.T


def _as_it_is(state: Array | None) -> Array:
    return np.zeros(1) if state is None else state


@clip(follower, finish=_as_it_is)
def follower_peak(state: Array | None, envelope: Array) -> Array:
    """(channels,) largest value of the follower. Keeps one value."""
    peak = envelope.max(axis=0)
    return np.asarray(peak if state is None else np.maximum(state, peak))


@dataclass(frozen=True, slots=True)
class TimeMoments:
    """Of sample positions weighted by an envelope: weight, mean, and power sums about the mean."""

    count: int
    weight: Array
    mean: Array
    second: Array
    third: Array
    fourth: Array

    def central(self, sums: Array) -> Array:
        """Mean power, of sums about the mean; NaN where there is no weight."""
        return np.asarray(sums / np.where(self.weight > 0, self.weight, np.nan))


def _of_block(envelope: Array, start: int) -> TimeMoments:
    weights = envelope.T.astype(np.float64)
    at = np.arange(len(envelope), dtype=np.float64)
    weight = weights.sum(axis=-1)
    mean = weights @ at / np.where(weight > 0, weight, 1)
    off = at - mean[:, np.newaxis]
    sums = []
    for _ in range(3):
        weights = weights * off
        sums.append(weights)
    second, third, fourth = ((each * off).sum(axis=-1) for each in sums)
    return TimeMoments(len(envelope), weight, start + mean, second, third, fourth)


def _joined(one: TimeMoments, two: TimeMoments) -> TimeMoments:
    """Source: Pebay 2008, equations 2.1 with weights in place of counts."""
    a, b = one.weight, two.weight
    total = a + b
    share, step = b / np.where(total > 0, total, 1), two.mean - one.mean
    rest = 1 - share
    both = a * share
    return TimeMoments(
        one.count + two.count,
        total,
        one.mean + step * share,
        one.second + two.second + step**2 * both,
        one.third
        + two.third
        + step**3 * both * (rest - share)
        + 3 * step * (rest * two.second - share * one.second),
        one.fourth
        + two.fourth
        + step**4 * both * (rest**2 - rest * share + share**2)
        + 6 * step**2 * (rest**2 * two.second + share**2 * one.second)
        + 4 * step * (rest * two.third - share * one.third),
    )


def _shape(state: TimeMoments | None, *, sample_rate: float) -> Array:
    """(channels, 5): centroid as a share of the clip, and in s, spread in s, skewness, kurtosis."""
    if state is None:
        return np.full((1, 5), np.nan)
    variance = state.central(state.second)
    centroid = np.where(state.weight > 0, state.mean, np.nan)
    spreads = np.where(variance > 0, variance, np.nan)
    last = state.count - 1
    return np.stack(
        [
            centroid / last if last else np.full(len(centroid), np.nan),
            centroid / sample_rate,
            np.sqrt(variance) / sample_rate,
            state.central(state.third) / spreads**1.5,
            state.central(state.fourth) / spreads**2 - 3,
        ],
        axis=1,
    )


@clip(follower, finish=_shape)
def envelope_shape(state: TimeMoments | None, envelope: Array) -> TimeMoments:
    """Where in time the follower has its weight: see `_shape`. Keeps a few sums."""
    if state is None:
        return _of_block(envelope, 0)
    return _joined(state, _of_block(envelope, state.count))


def piece_samples(sample_rate: float | None) -> int:
    """Samples of a piece of the outline."""
    return max(1, round((sample_rate or PIECES_PER_SECOND) / PIECES_PER_SECOND))


def _pieces(*, sample_rate: float | None) -> Reach:
    size = piece_samples(sample_rate)
    return Reach(size, 0, size, count="valid")


@local(analysis_samples, reach=_pieces)
def outline(samples: Array, *, sample_rate: float) -> Array:
    """(pieces, channels) float32, FS: largest magnitude of each 1 ms or so."""
    rows = np.abs(samples.T)
    return np.asarray(rows.reshape(len(rows), -1, piece_samples(sample_rate)).max(axis=-1).T)


@dataclass
class _Kept:
    """Pieces of a clip that is not too long."""

    pieces: int = 0
    blocks: list[Array] = field(default_factory=list)


def _bridged(
    state: _Kept | None,
    *,
    sample_rate: float,
    max_duration: Seconds = 7.0,
    merge_gap: Seconds = 0.05,
) -> Array:
    if state is None:
        return np.zeros((1, 0))
    rate = sample_rate / piece_samples(sample_rate)
    whole = np.concatenate(state.blocks).T.astype(np.float64)
    if state.pieces > max_duration * rate:
        return whole[:, :0]
    return closed(whole, max(1, round(merge_gap * rate)))


@clip(outline, finish=_bridged)
def event_outline(
    state: _Kept | None, pieces: Array, *, sample_rate: float, max_duration: Seconds = 7.0
) -> _Kept:
    """(channels, pieces) float64, FS: the outline, valleys shorter than `merge_gap` filled.

    Nothing of a clip longer than `max_duration`. Keeps 28 kB of 7 s.
    """
    kept = state or _Kept()
    if not kept.blocks or kept.pieces <= max_duration * sample_rate / piece_samples(sample_rate):
        kept.blocks.append(pieces)
    kept.pieces += len(pieces)
    return kept


def closed(values: Array, length: int) -> Array:
    """Morphological closing of the last axis: valleys of less than `length` values are filled.

    Rises and falls stay where they are, which no smoothing can say of itself.
    Reference: scipy.ndimage.grey_closing with a window cut at both ends.
    """
    after = length // 2
    raised = _highest(values, length - 1 - after, after)
    return -_highest(-raised, after, length - 1 - after)


def _highest(values: Array, before: int, after: int) -> Array:
    """Largest of each value, the `before` ahead of it and the `after` behind it."""
    widths = [(0, 0)] * (values.ndim - 1) + [(before, after)]
    found = np.pad(values, widths, constant_values=-np.inf)
    size, wanted = 1, before + 1 + after
    while size < wanted:  # windows of 1, 2, 4... overlap to one of any length
        step = min(size, wanted - size)
        found = np.maximum(found[..., :-step], found[..., step:])
        size += step
    return found
