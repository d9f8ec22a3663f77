"""Mean and variance normalisation of other features."""

from collections.abc import Sequence

import numpy as np

from audiofeat_cli.reach import Reach, Span
from audiofeat_cli.step import (
    Array,
    Count,
    Gain,
    Problem,
    chosen,
    clip,
    feature,
    local,
    when,
)
from audiofeat_cli.steps.ratio import ratio_or_nan
from audiofeat_cli.steps.variance import Moments, merged, whole, windowed


def _mean_and_deviation(moments: Moments) -> Array:
    """(2 values, ...): the means of all values, then their standard deviations."""
    return np.concatenate([moments.average, np.sqrt(moments.variance)])


def _value(state: Moments | None) -> Array:
    """(channels, 2 values)."""
    return np.full((1, 2), np.nan) if state is None else _mean_and_deviation(state).T


@clip(chosen("of"), finish=_value)
def clip_moments(state: Moments | None, values: Array) -> Moments:
    """Mean and standard deviation of each value over the clip. Keeps three numbers for each."""
    found = whole(values.T)
    return found if state is None else merged(state, found)


def _whole_window(*, length: Count | None = None) -> Reach:
    size = length or 1  # it is only asked where there is one
    return Reach(1, size - 1, size, edges="cut")


@local(chosen("of"), reach=_whole_window)
def window_moments(values: Array, span: Span, *, length: Count | None = None) -> Array:
    """(frames, channels, 2 values): the same over the window around each frame, float64."""
    wanted = length or 1
    size = min(wanted, len(values))
    starts = np.arange(span.offset, span.offset + span.count) - wanted // 2
    starts = np.clip(starts, 0, len(values) - size)
    first, last = starts[0], starts[-1] + size
    moments = windowed(values.T[..., first:last], size)
    return _mean_and_deviation(moments[starts - first]).T


def _more_than_one(*, length: Count | None = None) -> Sequence[Problem]:
    if length is not None and length < 2:
        return [Problem("length", f"expected at least 2 frames, got {length}: one has no spread")]
    return []


def _gain(*, source_gain: Gain, variance: bool) -> Gain:
    if source_gain == "none" or (not variance and source_gain != "decibel"):
        return source_gain
    return "invariant"


@feature(
    chosen("of"),
    when("length", window_moments, clip_moments),
    check=_more_than_one,
    unit=lambda *, source_unit, variance: "1" if variance else source_unit,
    gain=_gain,
    reference="naive float64 loop over frames; windows as Kaldi's apply-cmvn-sliding --center",
    width=lambda *, source_width: source_width,
    labels=lambda *, source_labels: source_labels,
    suffix=lambda: "cmvn",
)
def cmvn(
    values: Array, moments: Array, *, of: str, length: Count | None = None, variance: bool = True
) -> Array:
    r"""Another feature less its mean, divided by its standard deviation.

    .. math:: (c_t - \mu_t) / \sigma_t

    Both are those of the whole clip, for each channel, or with `length` of that many frames around
    the current one. Near the ends of the clip the window is moved inwards, as Kaldi does; a shorter
    clip is one window. `variance: false` takes out the mean only. (frames, channels, values).
    Silence: null, as where a value does not vary by more than 1e-6 of its mean, or 0 with
    `variance: false`. Nulls stay, and are passed over in the means.
    Source: Viikki and Laurila 1998; Povey et al. 2011 (Kaldi).
    """
    del of, length  # chose the inputs
    mean, deviation = np.split(moments.T, 2)
    if deviation.ndim < values.ndim:
        mean, deviation = mean[..., np.newaxis], deviation[..., np.newaxis]
    centred = values.T - mean
    out = ratio_or_nan(centred, deviation) if variance else centred
    return np.asarray(out.T, dtype=np.float32)
