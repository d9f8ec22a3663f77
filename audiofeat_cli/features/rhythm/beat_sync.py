"""Features pooled between beats."""

from collections.abc import Sequence

import numpy as np

from audiofeat_cli.reach import Reach, Span
from audiofeat_cli.step import Array, chosen, feature
from audiofeat_cli.steps.beatsync import Intervals, beat_intervals


@feature(
    chosen("of"),
    beat_intervals,
    reach=Reach(located=True),
    unit=lambda *, source_unit: source_unit,
    gain=lambda *, source_gain: source_gain,
    reference="librosa.util.sync 0.11 between the beats of librosa.beat.beat_track",
    width=lambda *, source_width: source_width,
    labels=lambda *, source_labels: source_labels,
    suffix=lambda: "beat_sync",
)
def beat_sync(
    values: Array, intervals: Sequence[Intervals | None], span: Span, *, of: str
) -> Array:
    r"""Another feature over the interval between two beats that the frame lies in.

    .. math:: \operatorname{mean}_{b_i \le t' < b_{i+1}} x_{t'}, \quad b_i \le t < b_{i+1}

    (frames, channels, values): each frame has the `statistic` of its interval, so all frames of one
    have the same; a beat of the events table is frame round(time sample_rate / hop_length). The
    first interval begins with the clip, the last ends with it. Takes what `beats` takes. Nulls are
    passed over. Silence: null, as wherever a clip has no beats. The beats take one pass over the
    clip more than `of`, the statistics another. Keeps one row for each beat.
    Source: Ellis and Poliner 2007.
    """
    del of  # chose the input
    out = np.full(values.T.shape, np.nan, np.float32)
    frames = np.arange(span.first, span.first + span.count)
    for channel, mine in enumerate(intervals):
        if mine is not None:
            out[:, channel] = mine.values[np.searchsorted(mine.beats, frames, side="right")].T
    return out.T
