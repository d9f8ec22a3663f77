"""Beats: the path through onsets that are strong and come at even intervals."""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from audiofeat_cli.step import Array, Positive, Problem, constant, when
from audiofeat_cli.steps.onsets import Events, has_frames, whole_envelope
from audiofeat_cli.steps.tempo import BPM, tempo_estimate, tempo_of_lags

_FIRST = 0.01
"""Share of the largest score under which no first beat is."""

_SPREAD = 32.0
"""Beat periods of which one is the standard deviation of the smoothing, librosa's."""


def _frames_between(
    *, sample_rate: float | None, hop_length: int, bpm: BPM | None = None
) -> Sequence[Problem]:
    if sample_rate is None or bpm is None:
        return []
    most = 30 * sample_rate / hop_length
    if bpm > most:
        return [Problem("bpm", f"expected at most {most:.4g}, 2 frames a beat, got {bpm:g}")]
    return []


@constant(check=_frames_between)
def given_lag(*, sample_rate: float, hop_length: int, bpm: BPM | None = None) -> Array:
    """(1, 1) frames per beat of a tempo that is known."""
    known = np.full((1, 1), np.nan if bpm is None else bpm)
    return tempo_of_lags(known, sample_rate=sample_rate, hop_length=hop_length)


@constant(tempo_estimate.using(aggregate="median").pinned(refine=False))
def estimated_lag(estimate: Array) -> Array:
    """(channels, 1) frames per beat, NaN where there is no tempo."""
    return estimate[:, 4:]


@constant(whole_envelope.using(aggregate="median"), when("bpm", given_lag, estimated_lag))
def beat_frames(
    envelope: Array,
    lags: Array,
    *,
    bpm: BPM | None = None,
    tightness: Positive = 100.0,
    trim: bool = True,
) -> Events:
    """For each channel (beats, 2) float64: frame, and onset strength there in dB.

    Dynamic programming over the whole envelope; some 60 bytes a frame while it runs.
    Reference: librosa.beat.beat_track 0.11. Source: Ellis 2007.
    """
    del bpm  # chose the input
    if not has_frames(envelope):
        return envelope
    found = []
    for channel, row in enumerate(envelope):
        lag = float(lags[min(channel, len(lags) - 1), 0])
        at = _beats(row, lag, tightness, trim=trim) if np.isfinite(lag) else np.zeros(0, np.intp)
        found.append(np.stack([at, row[at]], axis=1).astype(np.float64))
    return found


def _beats(envelope: Array, lag: float, tightness: float, *, trim: bool) -> Array:
    """(beats,) frames."""
    if len(envelope) < 3 or not envelope.any():
        return np.zeros(0, np.intp)
    period = max(2, round(lag))
    score = _local_score(envelope, period)
    total, before = _best_chain(score, period, tightness)
    at = [_last_beat(total)]
    while before[at[-1]] >= 0:
        at.append(int(before[at[-1]]))
    return _trimmed(score, np.array(at[::-1]), trim=trim)


def _local_score(envelope: Array, period: int) -> Array:
    """(frames,) float64: the envelope over its standard deviation, smoothed."""
    deviation = envelope.std(ddof=1)
    scaled = envelope / (deviation + np.finfo(np.float32).tiny)
    smooth = np.exp(-0.5 * (np.arange(-period, period + 1) * _SPREAD / period) ** 2)
    return np.convolve(scaled.astype(np.float64), smooth)[period : period + len(scaled)]


def _best_chain(score: Array, period: int, tightness: float) -> tuple[Array, Array]:
    """The best sum of scores that ends at each frame, and the beat before (-1: none).

    A beat comes half a period to two periods after the one before, so half a period of frames is
    found at a time from those before it.
    """
    near, far = max(1, round(period / 2)), 2 * period
    gaps = np.arange(near, far + 1)
    cost = tightness * np.log(gaps / period) ** 2
    total = np.full(far + len(score), -np.inf)  # with frames before the first, as bad as can be
    before = np.full(len(score), -1)
    for start in range(0, len(score), near):
        here = score[start : start + near]
        frames = np.arange(len(here))
        past = sliding_window_view(total[start : start + len(here) + far - near], len(gaps))
        sums = past[:, ::-1] - cost
        best = sums.argmax(axis=1)
        found = sums[frames, best]
        linked = np.isfinite(found)
        total[far + start : far + start + len(here)] = here + np.where(linked, found, 0)
        before[start : start + len(here)] = np.where(linked, start + frames - gaps[best], -1)
    before[: int(np.argmax(score >= _FIRST * score.max()))] = -1
    return total[far:], before


def _last_beat(total: Array) -> int:
    """The last peak of the sums that is at least half as high as the median peak."""
    is_peak = np.zeros(len(total), bool)
    is_peak[1:] = total[1:] > total[:-1]
    is_peak[1:-1] &= total[1:-1] >= total[2:]
    if not is_peak.any():
        return len(total) - 1
    high = is_peak & (total >= 0.5 * np.median(total[is_peak]))
    return int(np.flatnonzero(high)[-1]) if high.any() else len(total) - 1


def _trimmed(score: Array, at: Array, *, trim: bool) -> Array:
    """The beats less those at both ends where nothing sounds, or with `trim` little."""
    smooth = np.convolve(score[at], np.hanning(5))[2 : len(score) + 2]
    least = 0.5 * np.sqrt(np.mean(smooth**2)) if trim else 0.0
    loud = np.flatnonzero(score > least)
    if len(loud) == 0:
        return at[:0]
    return np.asarray(at[(at >= loud[0]) & (at <= loud[-1])])
