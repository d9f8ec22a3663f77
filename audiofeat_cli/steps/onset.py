"""Onset strength: how much louder a spectrum is than a moment before."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from audiofeat_cli.reach import Reach, Span
from audiofeat_cli.step import Array, Count, Problem, local, scan, when
from audiofeat_cli.steps.mel import limited_mel, log_mel
from audiofeat_cli.steps.neighbours import band_maximum
from audiofeat_cli.steps.smooth import one_pole

Aggregate = Literal["mean", "median"]

_LEAK = 0.99
"""Of the filter that takes out the mean, librosa's."""


def window_delay(*, n_fft: int, hop_length: int, center: bool) -> int:
    """Frames by which a centred window sees an event early: half a window, librosa's rule."""
    return n_fft // (2 * hop_length) if center else 0


def rise_reach(*, n_fft: int, hop_length: int, center: bool, lag: Count = 1) -> Reach:
    """From `lag` frames before to the frame itself, all of it earlier by the window's delay."""
    delay = window_delay(n_fft=n_fft, hop_length=hop_length, center=center)
    return Reach(1, delay + lag, 1, edges="edge", located=True)


def bands_exist(*, max_size: Count = 1, n_mels: Count = 128) -> Sequence[Problem]:
    """Complain of a maximum over more bands than there are."""
    if max_size > n_mels:
        return [Problem("max_size", f"expected at most n_mels ({n_mels}), got {max_size}")]
    return []


@local(
    when(
        "top_db",
        limited_mel.using(top_db=80.0).pinned(scale="db", power=2.0),
        log_mel.pinned(scale="db", power=2.0),
    ),
    reach=rise_reach,
    check=bands_exist,
)
def rise(
    levels: Array,
    span: Span,
    *,
    n_fft: int,
    hop_length: int,
    center: bool,
    lag: Count = 1,
    max_size: Count = 1,
    aggregate: Aggregate = "mean",
) -> Array:
    """(frames, channels, 1) dB: rise of the mel levels in `lag` frames, over the bands.

    Falls count as 0. Where nothing came `lag` frames before, it is 0.
    Reference: librosa.onset.onset_strength_multi 0.11.
    """
    empty = lag + window_delay(n_fft=n_fft, hop_length=hop_length, center=center)
    found = over_bands(rises(levels, span, lag=lag, max_size=max_size), aggregate)
    found[..., : max(0, empty - span.first)] = 0
    return found.T


def rises(levels: Array, span: Span, *, lag: int, max_size: int) -> Array:
    """(bands, channels, frames) dB: how much louder than `lag` frames before, at least 0."""
    past = band_maximum(levels[: span.count], max_size)
    return np.asarray(np.maximum(levels[lag : lag + span.count].T - past.T, 0))


def over_bands(rises: Array, aggregate: Aggregate) -> Array:
    """(1, channels, frames) float32: mean or median of the bands."""
    over = np.mean if aggregate == "mean" else np.median
    return np.asarray(over(rises, axis=0, keepdims=True), dtype=np.float32)


@scan(rise)
def onset_envelope(
    state: tuple[Array, Array] | None, rises: Array, *, detrend: bool = False
) -> tuple[tuple[Array, Array] | None, Array]:
    """(frames, channels, 1) dB: the rise; with `detrend` less its mean, by a leaky difference."""
    if not detrend:
        return None, rises
    flat = rises.T.astype(np.float64)
    last, before = state or (np.zeros(flat.shape[:-1]), np.zeros(flat.shape[:-1]))
    steps = np.diff(flat, axis=-1, prepend=last[..., np.newaxis])
    out = one_pole(steps, before, keep=_LEAK)
    return (flat[..., -1], out[..., -1]), out.T.astype(np.float32)
