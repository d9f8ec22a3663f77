"""Mean and variance over frames, merged from parts: nothing is a difference of running sums."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from audiofeat_cli.step import Array

FLAT = 1e-6
"""A deviation under this share of the mean is what float32 makes of a constant."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Of values along an axis that is gone: how many, their mean, and their squares about it.

    `count` is a number, or an array where some values are null.
    """

    count: Any
    mean: Array
    squares: Array

    def __getitem__(self, index: Any) -> "Moments":
        """Those at an index of the last axis."""
        count = self.count[..., index] if isinstance(self.count, np.ndarray) else self.count
        return Moments(count, self.mean[..., index], self.squares[..., index])

    @property
    def variance(self) -> Array:
        """Population variance: 0 where it is rounding only, NaN where there is no value."""
        variance = _per(self.squares, self.count)
        return np.where(variance <= (FLAT * self.mean) ** 2, 0, variance)

    @property
    def average(self) -> Array:
        """Mean, NaN where there is no value."""
        return np.where(np.equal(self.count, 0), np.nan, self.mean)


def _per(total: Array, count: Any) -> Array:
    empty = np.equal(count, 0)
    return np.where(empty, np.nan, total / np.where(empty, 1, count))


def merged(one: Moments, other: Moments) -> Moments:
    """Moments of all values of two parts. Source: Chan, Golub and LeVeque 1979."""
    count = one.count + other.count
    share = other.count / np.maximum(count, 1)
    step = other.mean - one.mean
    mean = one.mean + step * share
    return Moments(count, mean, one.squares + other.squares + step * step * (one.count * share))


def _singles(values: Array) -> Moments:
    known = ~np.isnan(values)
    if known.all():
        return Moments(1, values.astype(np.float64), np.zeros(values.shape))
    return Moments(known.astype(int), np.where(known, values, 0.0), np.zeros(values.shape))


def windowed(values: Array, length: int) -> Moments:
    """Moments of each `length` values that follow each other on the last axis, nulls left out.

    Windows of 1, 2, 4... values are merged in pairs, and what `length` consists of in turn: some
    2 log2(length) operations for each value.
    """
    power, size = _singles(values), 1
    found: Moments | None = None
    done = 0
    while True:
        if length & size:
            part = power[done : power.mean.shape[-1] - (length - done - size)]
            found = part if found is None else merged(found, part)
            done += size
        if done == length:
            assert found is not None
            return found
        power = merged(power[:-size], power[size:])
        size *= 2


def whole(values: Array) -> Moments:
    """Moments along the last axis, nulls left out."""
    known = ~np.isnan(values)
    count = known.sum(axis=-1)
    filled = np.where(known, values, 0.0)
    mean = filled.sum(axis=-1) / np.maximum(count, 1)
    off = np.where(known, filled - mean[..., np.newaxis], 0.0)
    return Moments(count, mean, np.square(off).sum(axis=-1))
