"""Statistics over frames: streaming, mergeable, blind to nulls (NaN inside the engine)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from audiofeat_cli.step import Array

STATISTICS = ("mean", "var", "std", "min", "max", "n_valid")

UNITS: Mapping[str, str] = {"var": "({unit})^2", "n_valid": "frames"}


def unit_of(statistic: str, unit: str) -> str:
    """Unit of a statistic of values in `unit`."""
    return UNITS.get(statistic, "{unit}").format(unit=unit)


@dataclass
class Pool:
    """Count, mean, squared deviations, least and largest of each value, over the frames so far.

    Arrays are (values, channels) float64. Merging is Chan, Golub and LeVeque 1983, eq. 2.1, so a
    clip's statistics do not depend on how many frames came at a time beyond rounding.
    """

    count: Array
    mean: Array
    deviation: Array
    least: Array
    largest: Array

    @classmethod
    def of(cls, block: Array) -> "Pool":
        """The statistics of a block of (frames, channels, values)."""
        values = block.T.astype(np.float64)
        valid = np.isfinite(values)
        if valid.all():
            count = np.full(values.shape[:2], float(values.shape[2]))
            low, high, kept = values, values, values
            mean = values.mean(axis=-1)
            off = values - mean[..., np.newaxis]
        else:
            count = valid.sum(axis=-1).astype(np.float64)
            kept = np.where(valid, values, 0)
            mean = kept.sum(axis=-1) / np.maximum(count, 1)
            off = np.where(valid, values - mean[..., np.newaxis], 0)
            low, high = np.where(valid, values, np.inf), np.where(valid, values, -np.inf)
        deviation = np.einsum("vct,vct->vc", off, off)
        return cls(count, mean, deviation, low.min(axis=-1), high.max(axis=-1))

    def merge(self, other: "Pool") -> "Pool":
        """The statistics of both parts together."""
        count = self.count + other.count
        share = other.count / np.maximum(count, 1)
        shift = other.mean - self.mean
        return Pool(
            count,
            self.mean + shift * share,
            self.deviation + other.deviation + shift**2 * self.count * share,
            np.minimum(self.least, other.least),
            np.maximum(self.largest, other.largest),
        )

    def statistic(self, name: str) -> Array:
        """(values, channels) of one statistic; NaN where no frame had a value."""
        if name == "n_valid":
            return self.count
        counted = np.maximum(self.count, 1)
        found = {
            "mean": self.mean,
            "var": self.deviation / counted,
            "std": np.sqrt(self.deviation / counted),
            "min": self.least,
            "max": self.largest,
        }[name]
        return np.where(self.count > 0, found, np.nan)
