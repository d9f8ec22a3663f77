"""Beats: when, how many, how even."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.beats import beat_frames
from audiofeat_cli.steps.onsets import Events, event_counts, event_times


@feature(
    beat_frames,
    kind="clip",
    level="event",
    unit="dB",
    gain="invariant",
    reference="librosa.beat.beat_track 0.11",
)
def beats(frames: Events, *, sample_rate: float, hop_length: int) -> Events:
    r"""Beats: the chain of frames with the strongest onsets at the most even intervals.

    .. math:: \max_{t_1 < \dots < t_N} \sum_i s_{t_i} -
        \alpha \sum_i \left(\ln \frac{t_i - t_{i-1}}{p}\right)^2

    Events: time in s of the frame, and the onset strength there. s is the onset strength over its
    standard deviation, smoothed; p is the beat's period, of `bpm` if given, else of the tempo;
    alpha is `tightness`. `trim` leaves out beats before and after the music. As in librosa, the
    onset strength is the median over bands here (`aggregate`). Silence: null, no event; none, too,
    where there is no tempo.
    Source: Ellis 2007.
    """
    return event_times(frames, sample_rate=sample_rate, hop_length=hop_length)


@feature(
    beat_frames,
    kind="clip",
    unit="1",
    gain="invariant",
    dtype="int32",
    reference="length of librosa.beat.beat_track 0.11",
)
def beat_count(frames: Events) -> Array:
    r"""Number of beats of the clip.

    .. math:: N = |\{t : t \text{ is a beat}\}|

    One value per clip; takes what `beats` takes. Silence: 0.
    Source: Ellis 2007.
    """
    return event_counts(frames)


@feature(
    beat_frames,
    kind="clip",
    unit="1",
    gain="invariant",
    reference="numpy on librosa.beat.beat_track 0.11",
)
def beat_irregularity(frames: Events) -> Array:
    r"""How uneven the beats are: coefficient of variation of the intervals between them.

    .. math:: \sigma(d) / \bar{d}, \quad d_i = t_{i+1} - t_i

    One value per clip, with the population's standard deviation: 0 is a metronome. Beats lie on
    frames, which alone makes up to 0.5 / (frames per beat), 0.023 at 120 BPM and 43 frames/s. Takes
    what `beats` takes. Silence: null, as with fewer than three beats.
    Source: Ellis 2007 for the beats.
    """
    if isinstance(frames, np.ndarray):
        return frames
    out = np.full((len(frames), 1), np.nan)
    for row, found in zip(out, frames, strict=True):
        intervals = np.diff(found[:, 0])
        if len(intervals) >= 2:
            row[:] = intervals.std() / intervals.mean()
    return out
