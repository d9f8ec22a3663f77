"""Probabilistic YIN: the likely pitches of each frame, and the best path through them."""

import math
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from annotated_types import Interval

from audiofeat_cli.kernels import kernels
from audiofeat_cli.reach import Reach, Span
from audiofeat_cli.step import Array, Count, Fraction, Hertz, Positive, clip, local
from audiofeat_cli.steps.yin import C2_HZ, C7_HZ, lag_range, normalized_difference, parabolic_shift

STRETCH = 2048
"""Frames between those whose probabilities are kept, 10 MB of them: see `best_path`."""

Resolution = Annotated[float, Interval(gt=0, lt=1)]
Probability = Annotated[float, Interval(gt=0, lt=1)]


def bins_per_semitone(resolution: float) -> int:
    """Pitch bins of a semitone."""
    return math.ceil(1 / resolution)


def pitch_bins(*, fmin: float, fmax: float, resolution: float) -> int:
    """Number of pitch bins from `fmin` to `fmax`."""
    return math.floor(12 * bins_per_semitone(resolution) * math.log2(fmax / fmin)) + 1


@local(normalized_difference)
def pitch_probabilities(
    difference: Array,
    *,
    sample_rate: float,
    frame_length: Count = 2048,
    fmin: Hertz = C2_HZ,
    fmax: Hertz = C7_HZ,
    n_thresholds: Count = 100,
    beta_parameters: tuple[Positive, Positive] = (2.0, 18.0),
    boltzmann_parameter: Positive = 2.0,
    no_trough_prob: Fraction = 0.01,
    resolution: Resolution = 0.1,
) -> Array:
    """(frames, channels, bins) float64: how likely each pitch is, by troughs under thresholds.

    Source: Mauch and Dixon 2014, section 2.1. Reference: librosa.pyin.
    """
    from scipy.special import betainc

    thresholds = np.linspace(0, 1, n_thresholds + 1)
    prior = np.diff(betainc(*beta_parameters, thresholds))
    frames, channels, lags = difference.shape
    flat = np.ascontiguousarray(difference).reshape(-1, lags)
    chances = np.zeros_like(flat)
    decay = np.exp(-boltzmann_parameter * np.arange(lags + 1))
    kernels("pitch").trough_probabilities(
        flat, thresholds[1:], prior, decay, n_thresholds, no_trough_prob, chances
    )
    at, lag = np.nonzero(chances)
    shift = np.zeros(len(lag))
    inner = (lag > 0) & (lag < lags - 1)
    row, column = at[inner], lag[inner]
    shift[inner] = parabolic_shift(flat[row, column - 1], flat[row, column], flat[row, column + 1])
    shortest, _ = lag_range(
        sample_rate=sample_rate, frame_length=frame_length, fmin=fmin, fmax=fmax
    )
    octaves = np.log2(sample_rate / (shortest + lag + shift) / fmin)
    n_bins = pitch_bins(fmin=fmin, fmax=fmax, resolution=resolution)
    index = np.round(12 * bins_per_semitone(resolution) * octaves)
    index = np.clip(index, 0, n_bins).astype(np.intp)
    out = np.zeros((len(flat), n_bins + 1))
    out[at, index] = chances[at, lag]  # of two in one bin the longer period stays, as in librosa
    return out[:, :n_bins].reshape(frames, channels, n_bins)


@local(pitch_probabilities)
def voiced_probability(probabilities: Array) -> Array:
    """(frames, channels, 1): how likely it is that there is a pitch at all."""
    return np.asarray(np.clip(probabilities.sum(axis=-1, keepdims=True), 0, 1))


@dataclass
class _Candidates:
    """The likely pitches of each frame of a channel: 12 bytes each, some 30 MB per hour."""

    counts: list[Array] = field(default_factory=list)
    bins: list[Array] = field(default_factory=list)
    chances: list[Array] = field(default_factory=list)
    voiced: list[Array] = field(default_factory=list)

    def add(self, probabilities: Array, voiced: Array) -> None:
        """Take the next frames, (frames, bins)."""
        frame, index = np.nonzero(probabilities)
        self.counts.append(np.bincount(frame, minlength=len(probabilities)).astype(np.int32))
        self.bins.append(index.astype(np.int32))
        self.chances.append(probabilities[frame, index])
        self.voiced.append(voiced)


def _paths(
    state: list[_Candidates] | None,
    *,
    sample_rate: float,
    hop_length: int,
    fmin: Hertz = C2_HZ,
    fmax: Hertz = C7_HZ,
    resolution: Resolution = 0.1,
    max_transition_rate: Positive = 35.92,
    switch_prob: Probability = 0.01,
) -> Array:
    """(channels, frames) pitch bin of each frame, -1 where unvoiced."""
    if not state:
        return np.empty((1, 0), np.int32)
    n_bins = pitch_bins(fmin=fmin, fmax=fmax, resolution=resolution)
    semitones = round(max_transition_rate * 12 * hop_length / sample_rate)
    width = semitones * bins_per_semitone(resolution) + 1
    weights, first, rows = _transitions(n_bins, width)
    switch = np.log([1 - switch_prob, switch_prob])
    return np.stack([_path(found, weights, first, rows, switch) for found in state])


def _path(found: _Candidates, weights: Array, first: int, rows: Array, switch: Array) -> Array:
    tiny = np.finfo(np.float64).tiny
    counts = np.concatenate(found.counts)
    silent = np.log((1 - np.concatenate(found.voiced)) / len(rows) + tiny)
    path: Array = kernels("pitch").best_path(
        np.concatenate([[0], np.cumsum(counts)]),
        np.concatenate(found.bins),
        np.log(np.concatenate(found.chances) + tiny),
        silent,
        weights,
        first,
        rows,
        switch,
        STRETCH,
    )
    return path


def _transitions(n_bins: int, width: int) -> tuple[Array, int, Array]:
    """Triangular steps of pitch: log weights by offset, the first offset, log norm of each row.

    Reference: librosa.sequence.transition_local(n_bins, width, window="triangle").
    """
    half = (width + 1) // 2
    rise = np.arange(1, half + 1) / half if width % 2 else (np.arange(1, half + 1) - 0.5) / half
    triangle = np.concatenate([rise, rise[::-1][width % 2 :]])
    first = (n_bins - width) // 2 + n_bins // 2 + 1 - n_bins
    reach = np.cumsum(np.concatenate([[0], triangle]))
    at = np.arange(n_bins)
    low = np.clip(-at - first, 0, width)
    high = np.clip(n_bins - at - first, 0, width)
    return np.log(triangle), first, -np.log(reach[high] - reach[low])


@clip(pitch_probabilities, voiced_probability, finish=_paths)
def pitch_path(
    state: list[_Candidates] | None, probabilities: Array, voiced: Array
) -> list[_Candidates]:
    """The most likely path through pitch and voicing.

    Keeps some 30 MB per hour and channel, and takes three times that to find it.
    Source: Mauch and Dixon 2014, section 2.2. Reference: librosa.pyin.
    """
    found = state or [_Candidates() for _ in range(probabilities.shape[1])]
    for channel, mine in enumerate(found):
        mine.add(probabilities[:, channel], voiced[:, channel, 0])
    return found


@local(voiced_probability, pitch_path, reach=Reach(located=True))
def pitch_track(
    voiced: Array,
    path: Array,
    span: Span,
    *,
    fmin: Hertz = C2_HZ,
    resolution: Resolution = 0.1,
) -> Array:
    """(frames, channels, 3): f0 in Hz (NaN where unvoiced), whether voiced, and how likely."""
    states = path[:, span.first : span.first + span.count]
    is_voiced = states >= 0
    steps = 12 * bins_per_semitone(resolution)
    f0 = np.where(is_voiced, fmin * 2 ** (states / steps), np.nan)
    return np.stack([f0, is_voiced, voiced[:, :, 0].T]).astype(np.float32).T
