"""Onsets: when, how many, how often."""

import numpy as np

from audiofeat_cli.step import Array, analysis_samples, clip, feature
from audiofeat_cli.steps.onsets import Events, event_counts, event_times, onset_frames


def _seconds(count: int | None, *, sample_rate: float) -> Array:
    return np.array([[(count or 0) / sample_rate]])


@clip(analysis_samples, finish=_seconds)
def clip_seconds(count: int | None, samples: Array) -> int:
    """(1, 1) length of the clip in s. Keeps one number."""
    return (count or 0) + len(samples)


@feature(
    onset_frames,
    kind="clip",
    level="event",
    unit="dB",
    gain="invariant",
    reference="librosa.onset.onset_detect 0.11",
)
def onsets(frames: Events, *, sample_rate: float, hop_length: int) -> Events:
    r"""Onsets of notes: peaks of the onset strength that stand out from what is around.

    .. math:: o_t = \max_{-a \le j < b} o_{t+j}, \quad
        o_t \ge \operatorname{mean}_{-c \le j < d} o_{t+j} + \delta, \quad t - t_{prev} > w

    Events: time in s of the frame, and the onset strength there. o is the onset strength of the
    clip from 0 to 1; a is `pre_max`, b `post_max`, c `pre_avg`, d `post_avg`, w `wait`, all in
    frames, null for librosa's: 30 ms, the frame itself, 100 ms, 100 ms and 30 ms; delta is `delta`.
    Takes what `onset_strength` takes. Silence: null, no event.
    Source: Boeck, Krebs and Schedl 2012.
    """
    return event_times(frames, sample_rate=sample_rate, hop_length=hop_length)


@feature(
    onset_frames,
    kind="clip",
    unit="1",
    gain="invariant",
    dtype="int32",
    reference="length of librosa.onset.onset_detect 0.11",
)
def onset_count(frames: Events) -> Array:
    r"""Number of onsets of the clip.

    .. math:: N = |\{t : t \text{ is an onset}\}|

    One value per clip; takes what `onsets` takes. Silence: 0.
    Source: Boeck, Krebs and Schedl 2012.
    """
    return event_counts(frames)


@feature(
    onset_frames,
    clip_seconds,
    kind="clip",
    unit="1/s",
    gain="invariant",
    reference="length of librosa.onset.onset_detect 0.11",
)
def onset_rate(frames: Events, seconds: Array) -> Array:
    r"""Onsets per second.

    .. math:: N / T

    One value per clip: the number of onsets over the length of the clip; takes what `onsets` takes.
    Silence: 0.
    Source: Boeck, Krebs and Schedl 2012.
    """
    return event_counts(frames) / seconds
