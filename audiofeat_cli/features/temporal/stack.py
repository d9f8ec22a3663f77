"""Frames with their neighbours."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from annotated_types import Interval

from audiofeat_cli.reach import Reach
from audiofeat_cli.step import Array, Problem, Unit, chosen, feature

Neighbours = Annotated[int, Interval(ge=0, le=4096), Unit("frames")]


def _around(*, before: Neighbours = 5, after: Neighbours = 5) -> Reach:
    return Reach(1, before, after + 1, edges="edge")


def _something_is_stacked(*, before: Neighbours = 5, after: Neighbours = 5) -> Sequence[Problem]:
    if before + after == 0:
        return [Problem("before", "expected before or after above 0: nothing would be stacked")]
    return []


def _width(*, source_width: int, before: int, after: int) -> int:
    return max(1, source_width) * (before + after + 1)


def _labels(*, source_labels: Sequence[float], before: int, after: int) -> Sequence[float]:
    return tuple(source_labels) * (before + after + 1)


@feature(
    chosen("of"),
    reach=_around,
    check=_something_is_stacked,
    unit=lambda *, source_unit: source_unit,
    gain=lambda *, source_gain: source_gain,
    reference="naive loop over frames; librosa.feature.stack_memory 0.11 within the clip",
    width=_width,
    labels=_labels,
    suffix=lambda: "stack",
)
def stack(values: Array, *, of: str, before: Neighbours = 5, after: Neighbours = 5) -> Array:
    r"""Values of another feature together with those of the frames around.

    .. math:: (c_{t-b}, \dots, c_t, \dots, c_{t+a})

    b is `before`, a is `after`. All values of the earliest frame come first, as Kaldi's
    splice-feats has it (librosa.feature.stack_memory begins with the latest). Beyond its ends the
    clip goes on with its first and last frame. (frames, channels, (b + 1 + a) values).
    Silence: that of the feature, 0, its floor or null.
    Source: Povey et al. 2011 (Kaldi).
    """
    del of
    frames = len(values) - before - after
    flat = values.T
    parts = [flat[..., at : at + frames] for at in range(before + after + 1)]
    return np.concatenate(parts).T
