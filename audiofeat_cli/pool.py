"""Statistics over frames: streaming, mergeable, blind to nulls (NaN inside the engine).

Arrays are (frames, channels, values) blocks with time contiguous, as everywhere; sums are float64
of shape (values, channels).  Order statistics need the values themselves: who keeps them is not
this module's business, `percentiles` computes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from audiofeat_cli.step import Array

PERCENTS: Mapping[str, int] = MappingProxyType(
    {"median": 50} | {f"p{percent:02d}": percent for percent in range(1, 100)}
)
"""The statistics that need the values, and the share of values (in %) that lies below each."""

DEFINITIONS: Mapping[str, str] = MappingProxyType(
    {
        "mean": "mean",
        "var": "population variance",
        "std": "population standard deviation",
        "min": "smallest",
        "max": "largest",
        "median": "median",
        "skew": "skewness",
        "kurtosis": "excess kurtosis",
        "dmean": "mean of the absolute difference from frame to frame",
        "dvar": "population variance of the absolute difference from frame to frame",
        "n_valid": "number of frames that have a value",
    }
)
"""What each statistic is over the frames; percentiles aside."""

_STREAMED = tuple(name for name in DEFINITIONS if name not in PERCENTS)
STATISTICS = ("mean", "var", "std", "min", "max", *PERCENTS, *_STREAMED[5:])
"""All that `pooling` may name."""

_UNITS: Mapping[str, str] = MappingProxyType(
    {"var": "({unit})^2", "dvar": "({unit})^2", "skew": "1", "kurtosis": "1", "n_valid": "frames"}
)
_ORDERS: Mapping[str, int] = MappingProxyType(
    {"mean": 1, "var": 2, "std": 2, "skew": 3, "kurtosis": 4, "dmean": 1, "dvar": 2}
)
_CHANGES = ("dmean", "dvar")

CHUNK = 2**17
"""Values worked on at a time, so that what is made of them stays in cache."""


def unit_of(statistic: str, unit: str) -> str:
    """Unit of a statistic of values in `unit`."""
    return _UNITS.get(statistic, "{unit}").format(unit=unit)


def definition_of(statistic: str) -> str:
    """What a statistic is, in a few words."""
    if statistic in DEFINITIONS:
        return DEFINITIONS[statistic]
    return f"percentile {PERCENTS[statistic]}"


@dataclass(frozen=True, slots=True)
class Demand:
    """What has to be gathered for the statistics that are asked for.

    Attributes
    ----------
    order : highest moment of the values; 0 only counts them.
    change_order : the same of the absolute first difference; 0 for none.
    extremes : whether the smallest and the largest are wanted.
    percents : order statistics, in %, in the order asked for.
    """

    order: int
    change_order: int
    extremes: bool
    percents: tuple[int, ...]

    @classmethod
    def of(cls, statistics: Sequence[str]) -> "Demand":
        """The demand of some statistics."""

        def order(names: Sequence[str]) -> int:
            return max((_ORDERS.get(name, 0) for name in names), default=0)

        return cls(
            order=order([name for name in statistics if name not in _CHANGES]),
            change_order=order([name for name in statistics if name in _CHANGES]),
            extremes=not {"min", "max"}.isdisjoint(statistics),
            percents=tuple(PERCENTS[name] for name in statistics if name in PERCENTS),
        )


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, mean and sums of powers of the deviations from it, of each value and channel.

    Attributes
    ----------
    count, mean : (values, channels); the mean of no value is 0.
    powers : sums of the second, third and fourth power of the deviations, as far as asked for.
    """

    count: Array
    mean: Array
    powers: tuple[Array, ...]

    @classmethod
    def of(cls, values: Array, order: int) -> "Moments":
        """The moments up to `order` of (values, channels, frames), blind to what is not finite.

        Deviations are taken from the first value before they are taken from the mean, so a large
        offset costs no digits, and values that are all the same deviate by exactly nothing. Squares
        about the mean are those about the first value less `count * shift**2`; as the first is one
        of the values, they are no less than `shift**2`, so not more digits go than `count` has.
        """
        valid = np.isfinite(values)
        whole = values.size > 0 and bool(valid.all())
        if whole:
            count = np.full(values.shape[:-1], float(values.shape[-1]))
        else:
            count = valid.sum(axis=-1, dtype=np.float64)
        if order == 0:
            return cls(count, np.zeros_like(count), ())
        pivot = values[..., :1].astype(np.float64) if whole else _first_valid(values, valid)
        off = values.astype(np.float64, order="C")
        off -= pivot
        if not whole:
            off[~valid] = 0
        shift = np.vecdot(off, np.ones(off.shape[-1])) / np.maximum(count, 1)
        mean = pivot[..., 0] + shift
        if order == 1:
            return cls(count, mean, ())
        squares = np.maximum(np.vecdot(off, off) - count * shift**2, 0)
        if order == 2:
            return cls(count, mean, (squares,))
        off -= shift[..., np.newaxis]
        if not whole:
            off[~valid] = 0
        return cls(count, mean, (squares, *_higher_sums(off, order)))

    @classmethod
    def merged(cls, parts: Sequence["Moments"]) -> "Moments":
        """The moments of all parts together.

        Each part's sums are moved from its own mean to the common one and added: the formulas of
        Chan, Golub and LeVeque 1983 and, for the third and fourth power, Pebay 2008 (SAND2008-6212,
        section 2), for any number of parts at once.
        """
        if len(parts) == 1:
            return parts[0]
        counts = np.stack([part.count for part in parts])
        means = np.stack([part.mean for part in parts])
        count = counts.sum(axis=0)
        first = (counts > 0).argmax(axis=0)[np.newaxis]
        pivot = np.take_along_axis(means, first, axis=0)
        shifts = np.where(counts > 0, means - pivot, 0)
        shift = (counts * shifts).sum(axis=0) / np.maximum(count, 1)
        powers = [np.stack(sums) for sums in zip(*(part.powers for part in parts), strict=True)]
        moved = _moved(counts, shifts - shift, powers)
        return cls(count, pivot[0] + shift, tuple(sums.sum(axis=0) for sums in moved))

    def mean_or_nan(self) -> Array:
        """The mean; NaN where there is no value."""
        return np.where(self.count > 0, self.mean, np.nan)

    def central(self, order: int) -> Array:
        """The mean of a power of the deviations; NaN where there is no value."""
        return np.where(self.count > 0, self.powers[order - 2] / np.maximum(self.count, 1), np.nan)

    def standardised(self, order: int) -> Array:
        """A central moment in units of the standard deviation; NaN where that is 0.

        0 is what rounding would make of it, too: a deviation of less than one part in 2**52.
        """
        spread = self.central(2)
        flat = ~(spread > (np.finfo(np.float64).eps * self.mean) ** 2)
        scale = np.where(flat, 1, spread) ** (order / 2)
        return np.where(flat, np.nan, self.central(order) / scale)


def _first_valid(values: Array, valid: Array) -> Array:
    """(values, channels, 1): the first value of each; 0 where there is none."""
    if values.shape[-1] == 0:
        return np.zeros((*values.shape[:2], 1))
    first = valid.argmax(axis=-1)[..., np.newaxis]
    found = np.take_along_axis(values, first, axis=-1).astype(np.float64)
    return np.where(np.isfinite(found), found, 0)


def _higher_sums(off: Array, order: int) -> list[Array]:
    """Sums over the last axis of its third and, if `order` is 4, fourth power."""
    square = off * off
    sums = [np.vecdot(square, off)]
    if order > 3:
        sums.append(np.vecdot(square, square))
    return sums


def _moved(count: Array, by: Array, powers: Sequence[Array]) -> list[Array]:
    """Sums of powers about a point that lies `by` below each mean."""
    moved = []
    if powers:
        moved.append(powers[0] + count * by**2)
    if len(powers) > 1:
        moved.append(powers[1] + 3 * by * powers[0] + count * by**3)
    if len(powers) > 2:
        moved.append(powers[2] + 4 * by * powers[1] + 6 * by**2 * powers[0] + count * by**4)
    return moved


@dataclass(frozen=True, slots=True)
class Pool:
    """What some frames in a row come to; parts in a row make the whole.

    Attributes
    ----------
    values : of the values themselves.
    changes : of the absolute first difference, which two neighbours make that both have a value.
    least, largest : (values, channels); NaN where there is no value.
    first, last : (values, channels) of the first and last frame, for the difference between parts.
    """

    values: Moments
    changes: Moments | None = None
    least: Array | None = None
    largest: Array | None = None
    first: Array | None = None
    last: Array | None = None

    @classmethod
    def of(cls, block: Array, demand: Demand) -> "Pool":
        """What a block of (frames, channels, values) comes to; it may have no frames."""
        values = block.T
        rows = max(1, CHUNK // max(1, values[:1].size))
        pieces = [
            cls._of(values[start : start + rows], demand)
            for start in range(0, max(1, len(values)), rows)
        ]
        return pieces[0] if len(pieces) == 1 else _beside(pieces)

    @classmethod
    def _of(cls, values: Array, demand: Demand) -> "Pool":
        moments = Moments.of(values, demand.order)
        changes = least = largest = first = last = None
        if demand.extremes:
            finite = np.where(np.isfinite(values), values, np.nan)
            least = np.fmin.reduce(finite, axis=-1, initial=np.nan).astype(np.float64)
            largest = np.fmax.reduce(finite, axis=-1, initial=np.nan).astype(np.float64)
        if demand.change_order:
            wide = values.astype(np.float64, order="C")
            wide[~np.isfinite(wide)] = np.nan
            changes = Moments.of(np.abs(np.diff(wide)), demand.change_order)
            if wide.shape[-1]:
                first, last = wide[..., 0].copy(), wide[..., -1].copy()
        return cls(moments, changes, least, largest, first, last)

    @classmethod
    def merged(cls, parts: Sequence["Pool"]) -> "Pool":
        """What parts that follow each other come to together; at least one."""
        if len(parts) == 1:
            return parts[0]
        changes = least = largest = first = last = None
        if parts[0].changes is not None:
            changes = Moments.merged(_changes(parts))
            ends = [part for part in parts if part.first is not None]
            first, last = (ends[0].first, ends[-1].last) if ends else (None, None)
        if parts[0].least is not None:
            least = np.fmin.reduce(np.stack(_there([part.least for part in parts])))
            largest = np.fmax.reduce(np.stack(_there([part.largest for part in parts])))
        values = Moments.merged([part.values for part in parts])
        return cls(values, changes, least, largest, first, last)

    def statistic(self, name: str) -> Array:
        """(values, channels) of a statistic that was asked for; NaN where it is undefined."""
        if name == "n_valid":
            return self.values.count
        if name in {"min", "max"}:
            return np.asarray(self.least if name == "min" else self.largest)
        moments = self.changes if name in _CHANGES and self.changes else self.values
        order = _ORDERS[name]
        if order == 1:
            return moments.mean_or_nan()
        if order == 2:
            return np.sqrt(moments.central(2)) if name == "std" else moments.central(2)
        return moments.standardised(order) - (3 if order == 4 else 0)


def _changes(parts: Sequence[Pool]) -> list[Moments]:
    """The differences within the parts and, of one frame each, those between neighbours."""
    found: list[Moments] = []
    last: Array | None = None
    for part in parts:
        if part.changes is None or part.first is None:
            continue
        if last is not None:
            between = np.abs(part.first - last)[..., np.newaxis]
            found.append(Moments.of(between, len(part.changes.powers) + 1))
        found.append(part.changes)
        last = part.last
    return found or [part.changes for part in parts if part.changes is not None]


def _there(arrays: Sequence[Array | None]) -> list[Array]:
    return [array for array in arrays if array is not None]


def _beside(pools: Sequence[Pool]) -> Pool:
    """The pools of other values of the same frames as one."""

    def joined(arrays: Sequence[Array | None]) -> Array | None:
        there = _there(arrays)
        return np.concatenate(there) if there else None

    def moments(found: Sequence[Moments]) -> Moments:
        powers = zip(*(m.powers for m in found), strict=True)
        return Moments(
            np.concatenate([m.count for m in found]),
            np.concatenate([m.mean for m in found]),
            tuple(np.concatenate(sums) for sums in powers),
        )

    changes = [pool.changes for pool in pools if pool.changes is not None]
    return Pool(
        moments([pool.values for pool in pools]),
        moments(changes) if changes else None,
        joined([pool.least for pool in pools]),
        joined([pool.largest for pool in pools]),
        joined([pool.first for pool in pools]),
        joined([pool.last for pool in pools]),
    )


def percentiles(values: Array, percents: Sequence[int]) -> Array:
    """Percentiles over the frames that have a value, as `numpy.percentile` has them in float64.

    Parameters
    ----------
    values : (columns, frames); what is not finite is passed over.
    percents : from 0 to 100.

    Returns
    -------
    (percents, columns), linear between the two values that are nearest; NaN without any value.
    """
    valid = np.isfinite(values)
    count = valid.sum(axis=-1)
    if values.shape[-1] == 0:
        return np.full((len(percents), len(values)), np.nan)
    ordered = np.sort(values if valid.all() else np.where(valid, values, np.nan), axis=-1)
    top = np.maximum(count - 1, 0)
    rank = (np.asarray(percents) / 100)[:, np.newaxis] * top
    below = np.floor(rank).astype(np.intp)
    share = rank - below

    def at(index: Array) -> Array:
        return np.asarray(np.take_along_axis(ordered, index.T, axis=-1).T, dtype=np.float64)

    low, high = at(below), at(np.minimum(below + 1, top))
    # numpy's own form: exact at both ends, and never past them.
    step = high - low
    found: Array = np.where(share < 0.5, low + step * share, high - step * (1 - share))
    return found
