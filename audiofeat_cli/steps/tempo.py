"""Tempo: the lag at which the onset envelope of a clip repeats, as listeners would feel it."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from annotated_types import Gt, Interval

from audiofeat_cli.step import Array, Positive, Problem, Unit, constant
from audiofeat_cli.steps.onsets import Events, has_frames, librosa_onsets, whole_envelope
from audiofeat_cli.steps.tempogram import mean_autocorrelation

BPM = Annotated[float, Gt(0), Unit("BPM")]
Seconds = Annotated[float, Interval(gt=0, le=600), Unit("s")]

_FEWEST_ONSETS = 3
"""Two onsets make one interval, which nothing repeats."""

_FAINT = 1e-3
"""Share of lag 0 under which a peak of the autocorrelation is rounding."""

_GAIN = 1e6
"""Of tempograms before their logarithm, librosa's."""


def lag_count(*, sample_rate: float, hop_length: int, ac_size: float) -> int:
    """Frames of the autocorrelation's window. Reference: librosa.time_to_frames."""
    return int(ac_size * sample_rate) // hop_length


def tempo_of_lags(lags: Array, *, sample_rate: float, hop_length: int) -> Array:
    """BPM of lags in frames; the other way round as well."""
    return np.asarray(60.0 * sample_rate / (hop_length * lags))


def _lags_exist(
    *,
    sample_rate: float | None,
    hop_length: int,
    ac_size: Seconds = 8.0,
    max_tempo: BPM | None = 320.0,
) -> Sequence[Problem]:
    if sample_rate is None:
        return []
    length = lag_count(sample_rate=sample_rate, hop_length=hop_length, ac_size=ac_size)
    if length < 4:
        seconds = 4 * hop_length / sample_rate
        return [Problem("ac_size", f"expected at least 4 frames ({seconds:g} s), got {ac_size:g}")]
    return tempo_in_range(max_tempo, length, sample_rate, hop_length)


def tempo_in_range(
    max_tempo: float | None, length: int, sample_rate: float, hop_length: int
) -> Sequence[Problem]:
    """Complain of a highest tempo that is under the lowest that so many lags can tell."""
    lowest = 60 * sample_rate / (hop_length * (length - 1))
    if max_tempo is not None and max_tempo <= lowest:
        message = f"expected more than {lowest:.3g} BPM, that of the longest lag, got {max_tempo:g}"
        return [Problem("max_tempo", message)]
    return []


def log_prior(tempi: Array, *, start_bpm: float, std_bpm: float) -> Array:
    """How likely tempi are, the likeliest 0: a normal distribution of octaves."""
    return np.asarray(-0.5 * (np.log2(tempi / start_bpm) / std_bpm) ** 2)


def scores(tempogram: Array, prior: Array) -> Array:
    """Log of the weighted tempogram, lags on the first axis. Reference: librosa.feature.tempo."""
    return np.asarray((np.log1p(_GAIN * np.maximum(tempogram, 0)).T + prior).T)


@constant(whole_envelope, check=_lags_exist, version=2)
def mean_tempogram(
    envelope: Array, *, sample_rate: float, hop_length: int, ac_size: Seconds = 8.0
) -> Array:
    """(channels, lags) float64: mean autocorrelation of the onset envelope around each frame."""
    if not has_frames(envelope):
        return envelope
    length = lag_count(sample_rate=sample_rate, hop_length=hop_length, ac_size=ac_size)
    return np.stack([mean_autocorrelation(row, length) for row in envelope])


@constant(mean_tempogram, librosa_onsets)
def tempo_estimate(
    tempogram: Array,
    onsets: Events,
    *,
    sample_rate: float,
    hop_length: int,
    start_bpm: BPM = 120.0,
    std_bpm: Positive = 1.0,
    max_tempo: BPM | None = 320.0,
    refine: bool = True,
) -> Array:
    """(channels, 5): best tempo, second best (BPM), their weights, the best one's lag in frames.

    NaN where there is none. Reference: librosa.feature.tempo.
    """
    out = np.full((len(tempogram), 5), np.nan)
    if isinstance(onsets, np.ndarray):
        return out
    lags = np.arange(1, tempogram.shape[1])
    tempi = tempo_of_lags(lags, sample_rate=sample_rate, hop_length=hop_length)
    prior = log_prior(tempi, start_bpm=start_bpm, std_bpm=std_bpm)
    highest = np.inf if max_tempo is None else max_tempo
    for row, curve, found in zip(out, tempogram, onsets, strict=True):
        if len(found) < _FEWEST_ONSETS:
            continue
        at, weights = _peaks(curve, prior, tempi < highest)
        for i, (lag, weight) in enumerate(zip(at[:2], weights[:2], strict=True)):
            exact = lag + (_shift(curve, lag) if refine else 0)
            row[i] = tempo_of_lags(exact, sample_rate=sample_rate, hop_length=hop_length)
            row[2 + i] = weight
        row[4] = at[0] if len(at) else np.nan
    return out


def _peaks(curve: Array, prior: Array, allowed: Array) -> tuple[Array, Array]:
    """Lags of the peaks of the weighted tempogram, the highest first, and their shares of all."""
    found = scores(curve[1:], prior)
    is_peak = np.zeros(len(found), bool)
    is_peak[1:-1] = (found[1:-1] > found[:-2]) & (found[1:-1] >= found[2:])
    at = np.flatnonzero(is_peak & allowed & (curve[1:] > _FAINT * curve[0]))
    at = at[np.argsort(-found[at], kind="stable")]
    weights = np.exp(found[at] - found[at].max(initial=-np.inf))
    return at + 1, weights / max(weights.sum(), 1)


def _shift(curve: Array, lag: int) -> float:
    """How far from a lag the peak lies, by the parabola through logarithms."""
    around = curve[lag - 1 : lag + 2]
    if around.min() <= 0 or around.argmax() != 1:
        return 0.0
    left, here, right = np.log(around)
    return float(0.5 * (left - right) / (left - 2 * here + right))
