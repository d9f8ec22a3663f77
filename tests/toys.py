"""Small steps whose right answer is plain, one for each thing that the engine can do."""

import itertools
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NoReturn

import numpy as np

from audiofeat_cli.errors import ClipError
from audiofeat_cli.reach import Reach, Span
from audiofeat_cli.step import (
    Array,
    Count,
    Feature,
    Named,
    analysis_samples,
    clip,
    constant,
    feature,
    local,
    native_samples,
    scan,
)


def _window(*, stride: Any, left: int, right: int, edges: str, count: Any) -> Reach:
    return Reach(stride, left, right, edges=edges, count=count)


@feature(
    analysis_samples,
    reach=_window,
    unit="1",
    gain="none",
    reference="numpy.pad",
    width=lambda *, left, right: left + right,
)
def gather(
    samples: Array,
    *,
    stride: int = 1,
    left: int = 0,
    right: int = 1,
    edges: str = "constant",
    count: str = "same",
) -> Array:
    """All items that each output reads."""
    views = np.lib.stride_tricks.sliding_window_view(samples, left + right, axis=0)
    return views[::stride]


def _hop(*, hop_length: int) -> Reach:
    return Reach(hop_length, 0, hop_length, edges="constant", count="centered")


def _cut(*, stride: Any, left: int, right: int, count: Any) -> Reach:
    return Reach(stride, left, right, edges="cut", count=count)


@feature(analysis_samples, reach=_cut, unit="1", gain="none", reference="a loop", width=4)
def surroundings(
    samples: Array,
    span: Span,
    *,
    stride: Any = 1,
    left: int = 0,
    right: int = 1,
    count: str = "same",
) -> Array:
    """Its number, the item it stands at (-1 beyond the end), sum and number of those near."""
    rows = []
    for t in range(span.first, span.first + span.count):
        at = span.offset + round(t * stride) - round(span.first * stride)
        near = samples[max(0, at - left) : at + right]
        here = samples[at] if at < len(samples) else np.full(samples.shape[1], -1)
        told = [np.full_like(here, t), here, near.sum(axis=0), np.full_like(here, len(near))]
        rows.append(np.stack(told, axis=1))
    return np.stack(rows).astype(np.float32)


@feature(
    analysis_samples,
    reach=lambda *, left, right: Reach(1, left, right, edges="cut"),
    unit="1",
    gain="none",
    reference="a loop",
    width=4,
)
def ends(samples: Array, span: Span, *, left: int = 0, right: int = 1) -> Array:
    """First and last item given, and whether the span says that they are the stream's."""
    told = [samples[0, 0], samples[-1, 0], span.at_start, span.at_end]
    return np.broadcast_to(np.asarray(told, np.float32), (span.count, samples.shape[1], 4))


def _located(*, stride: Any) -> Reach:
    return Reach(stride, 0, int(np.ceil(float(stride))), count="valid", located=True)


@feature(analysis_samples, reach=_located, unit="1", gain="none", reference="a loop")
def bins(samples: Array, span: Span, *, stride: Fraction = Fraction(5, 2)) -> Array:
    """Sums from one rounded multiple of the stride to the next."""
    at = [round((span.first + t) * stride) for t in range(span.count + 1)]
    sums = [samples[a - at[0] : b - at[0]].sum(axis=0) for a, b in itertools.pairwise(at)]
    return np.stack(sums)[..., np.newaxis]


@scan(analysis_samples)
def every_other(state: tuple[int, Array] | None, samples: Array) -> tuple[tuple[int, Array], Array]:
    """(items / 2, channels, 1): the running sum, at every other item."""
    seen, total = (0, np.zeros(samples.shape[1])) if state is None else state
    sums = total + np.cumsum(samples.astype(np.float64), axis=0)
    return (seen + len(samples), sums[-1]), sums[seen % 2 :: 2, :, np.newaxis]


@feature(every_other, unit="1", gain="linear", reference="numpy.cumsum")
def halved(sums: Array) -> Array:
    """The running sum, at every other item."""
    return sums


def _held(state: Array) -> Array:
    return state[:, :, np.newaxis]


@feature(
    analysis_samples, unit="FS", gain="linear", reference="the samples", kind="scan", finish=_held
)
def holds_back(state: Array | None, samples: Array, *, items: int = 100) -> tuple[Array, Array]:
    """The samples; the last of those that came are held until more come or the clip ends."""
    known = samples if state is None else np.concatenate([state, samples])
    ready = max(0, len(known) - items)
    return known[ready:], known[:ready, :, np.newaxis]


@feature(holds_back.step, unit="FS", gain="linear", reference="numpy.diff", reach=Reach(1, 1, 1))
def after_held(samples: Array) -> Array:
    """Difference of neighbours of a stream that ends late, the first from 0."""
    return np.diff(samples, axis=0)


def _mean(state: tuple[int, Array] | None) -> Array:
    return np.zeros((1, 1)) if state is None else (state[1] / state[0])[:, np.newaxis]


@clip(analysis_samples, finish=_mean)
def mean_sample(state: tuple[int, Array] | None, samples: Array) -> tuple[int, Array]:
    """(channels, 1): the mean of the clip, by a fold."""
    count, total = state or (0, np.zeros(samples.shape[1]))
    return count + len(samples), total + samples.sum(axis=0, dtype=np.float64)


@feature(
    analysis_samples, unit="1", gain="linear", reference="numpy.mean", kind="clip", finish=_mean
)
def mean(state: tuple[int, Array] | None, samples: Array) -> tuple[int, Array]:
    """The mean of the clip."""
    return mean_sample(state, samples)  # type: ignore[no-any-return]


@local(analysis_samples, mean_sample)
def centred(samples: Array, mean: Array) -> Array:
    """(items, channels, 1): samples less the mean of their clip; a second pass."""
    return (samples - mean[:, 0])[..., np.newaxis]


@clip(centred)
def peak(values: Array) -> Array:
    """(channels, 1): the largest magnitude, from the whole stream."""
    return np.asarray(np.abs(values).max(axis=0, initial=0))


@feature(centred, unit="1", gain="linear", reference="numpy", kind="clip")
def peak_of_centred(values: Array) -> Array:
    """The largest magnitude about the mean: a value that takes two passes."""
    return np.asarray(np.abs(values).max(axis=0, initial=0))


@feature(centred, unit="1", gain="linear", reference="numpy")
def without_mean(values: Array) -> Array:
    """Samples less the mean of their clip."""
    return values


@feature(centred, peak, unit="1", gain="invariant", reference="numpy")
def normalised(values: Array, peak: Array) -> Array:
    """The same, divided by the largest of the clip: a third pass."""
    return values / peak


@feature(peak, unit="1", gain="linear", reference="numpy", kind="clip")
def doubled_peak(peak: Array) -> Array:
    """A value of the clip made of another one, and of nothing else."""
    return 2 * peak


@feature(analysis_samples, unit="1", gain="linear", reference="numpy.median", kind="clip", width=2)
def quartiles(samples: Array) -> Array:
    """(channels, 2): of the whole stream."""
    return np.asarray(np.quantile(samples, [0.25, 0.75], axis=0).T)


@local(analysis_samples, reach=Reach(1, 0, 6))
def ahead(samples: Array) -> Array:
    """The item five later: known late."""
    return samples[5:, :, np.newaxis]


@local(analysis_samples, reach=Reach(1, 7, 1))
def behind(samples: Array) -> Array:
    """The item seven before: known at once."""
    return samples[:-7, :, np.newaxis]


@feature(
    ahead, behind, analysis_samples, reach=Reach(1, 1, 2), unit="1", gain="none", reference="numpy"
)
def three_streams(ahead: Array, behind: Array, samples: Array) -> Array:
    """Aligned whatever each of its inputs lags: x[t+6] + 10 x[t-7] + 100 x[t-1]."""
    return np.asarray(ahead[2:] + 10 * behind[1:-1] + 100 * samples[:-2, :, np.newaxis])


@constant()
def taps(*, size: Count = 3) -> Array:
    """Ones."""
    return np.ones(size)


@constant(taps)
def taps_twice(taps: Array) -> Array:
    """A constant made of a constant."""
    return 2 * taps


@constant(taps_twice, mean_sample)
def late_taps(taps: Array, mean: Array) -> Array:
    """A constant of each clip."""
    return np.outer(mean[:, 0], taps)


@feature(analysis_samples, taps_twice, unit="1", gain="linear", reference="numpy")
def tapped(samples: Array, taps: Array) -> Array:
    """Samples times the sum of the taps."""
    return np.asarray(samples[..., np.newaxis] * np.float32(taps.sum()))


@feature(analysis_samples, late_taps, unit="1", gain="power", reference="numpy")
def late_tapped(samples: Array, taps: Array) -> Array:
    """Samples times a constant of their clip."""
    return np.asarray(samples[..., np.newaxis] * taps.sum(axis=-1)[:, np.newaxis])


@feature(native_samples, unit="1", gain="linear", reference="numpy.sum", kind="clip")
def native_sum(samples: Array) -> Array:
    """The sum over all items and channels of the other root."""
    return np.asarray(samples.sum())


@feature(analysis_samples, unit="1", gain="none", reference="none")
def raises(samples: Array, *, depth: float = 1.5) -> NoReturn:
    """A defect."""
    raise ValueError(f"too deep: {depth}")


@feature(analysis_samples, unit="1", gain="none", reference="none")
def refuses(samples: Array) -> NoReturn:
    """A failure that says what it is itself."""
    raise ClipError("compute", "too_odd", "the clip is too odd")


@feature(analysis_samples, unit="1", gain="none", reference="none")
def starves(samples: Array) -> NoReturn:
    """No memory."""
    raise MemoryError


@feature(analysis_samples, unit="1", gain="none", reference="none")
def loses_one(samples: Array) -> Array:
    """Fewer items than it should give."""
    return samples[1:, :, np.newaxis]


@feature(analysis_samples, unit="1", gain="none", reference="none")
def flat(samples: Array) -> Array:
    """No axis for channels."""
    return samples[:, 0]


@feature(analysis_samples, unit="1", gain="none", reference="none")
def listed(samples: Array) -> Any:
    """No array at all."""
    return samples.tolist()


@feature(analysis_samples, unit="1", gain="none", reference="none", kind="clip")
def clip_raises(samples: Array) -> NoReturn:
    """A defect in the end."""
    raise KeyError("gone")


def _finish_raises(state: Any) -> NoReturn:
    raise IndexError("no end")


@feature(
    analysis_samples,
    unit="1",
    gain="none",
    reference="none",
    kind="clip",
    finish=_finish_raises,
)
def fold_raises(state: Any, samples: Array) -> Any:
    """A defect where a fold is made a value."""
    return 0


@feature(analysis_samples, unit="1", gain="none", reference="none", kind="scan")
def scan_raises(state: Any, samples: Array) -> NoReturn:
    """A defect in a recursion."""
    raise ZeroDivisionError("by zero")


@constant()
def broken_constant() -> NoReturn:
    """A defect before any clip."""
    raise ArithmeticError("no such constant")


@feature(analysis_samples, broken_constant, unit="1", gain="none", reference="none")
def reads_broken(samples: Array, broken: Array) -> Array:
    """Reads it."""
    return samples


@feature(
    analysis_samples,
    reference="none",
    reach=_hop,
    outputs=[
        Named("first", "FS", "linear"),
        Named("positive", "1", "invariant", "bool", summary="Whether the first is over 0."),
        Named("side", "", "invariant", "string", categories=("down", "up")),
    ],
)
def trio(samples: Array, *, hop_length: int) -> Array:
    """The first sample of each hop, whether it is positive, and a word for it."""
    first = samples[::hop_length].T
    positive = np.where(first == 0, np.nan, first > 0)
    return np.stack([first, positive, positive]).astype(np.float32).T


@feature(
    analysis_samples,
    reference="none",
    reach=_hop,
    outputs=[Named("", "FS", "linear"), Named("square", "FS^2", "power", summary="Its square.")],
)
def couple(samples: Array, *, hop_length: int) -> Array:
    """The first sample of each hop, and its square."""
    first = samples[::hop_length].T
    return np.concatenate([first[np.newaxis], first[np.newaxis] ** 2]).T


@feature(
    analysis_samples,
    kind="clip",
    reference="none",
    outputs=[
        Named("largest", "FS", "linear"),
        Named("word", "", "invariant", "string", categories=("quiet", "loud")),
    ],
)
def verdict(samples: Array) -> Array:
    """(channels, 2): the largest sample of the clip, and a word for it."""
    largest = np.abs(samples).max(axis=0)
    return np.stack([largest, np.where(largest == 0, np.nan, largest > 0.5)], axis=1)


@feature(analysis_samples, kind="clip", level="event", unit="FS", gain="linear", reference="none")
def jumps(samples: Array, *, sample_rate: float) -> list[Array]:
    """Where a sample is over 0.5, and what it is."""
    found = []
    for channel in samples.T:
        at = np.flatnonzero(channel > 0.5)
        found.append(np.stack([at / sample_rate, channel[at]], axis=1))
    return found


def _at_hops(*, hop_length: int | Fraction) -> Reach:
    return Reach(hop_length, 0, 1, count="centered", located=True)


@feature(native_samples, reach=_at_hops, unit="FS", gain="linear", reference="none")
def loudest(samples: Array, span: Span, *, hop_length: int | Fraction) -> Array:
    """The largest sample at each hop over all channels of the file: one value for all."""
    at = [round(t * hop_length) for t in range(span.first, span.first + span.count)]
    found = np.abs(samples[np.array(at) - at[0]]).max(axis=1)
    return np.asarray(found[:, np.newaxis, np.newaxis], dtype=np.float32)


TOYS: Mapping[str, Feature] = MappingProxyType(
    {value.name: value for value in list(globals().values()) if isinstance(value, Feature)}
)
