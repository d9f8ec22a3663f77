"""Compression of spectra: decibels and logarithms, and the floor below a clip's maximum."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from audiofeat_cli.step import (
    Array,
    Decibels,
    Exponent,
    Gain,
    Positive,
    Problem,
    Step,
    Use,
    clip,
    local,
)
from audiofeat_cli.steps.sums import at_least

Scale = Literal["linear", "db", "log10", "ln", "log1p", "log10_1p"]


@local()
def compressed(
    values: Array, *, scale: Scale = "linear", power: Exponent = 2.0, amin: Positive = 1e-10
) -> Array:
    """Values of |X|^power on the scale asked for.

    `db` is (20 / power) log10 max(x, amin^(power / 2)), so magnitudes and energies of one signal
    read the same; `log10` and `ln` have the same floor; `log1p` is ln(1 + x) and
    `log10_1p` is log10(1 + x).
    Reference for db: librosa.power_to_db(ref=1, amin=1e-10, top_db=None).
    """
    if scale == "linear":
        return values
    if scale == "log1p":
        return np.log1p(values)
    if scale == "log10_1p":
        return np.log1p(values) * np.float32(1 / np.log(10))
    out = at_least(values, amin ** (power / 2))
    if scale == "ln":
        return np.log(out, out=out)
    np.log10(out, out=out)
    if scale == "db":
        out *= np.float32(20 / power)
    return out


@local()
def frame_peak(levels: Array) -> Array:
    """(frames, channels, 1): the largest value of each frame, a small stream for `clip_peak`."""
    return np.asarray(levels.max(axis=-1, keepdims=True))


@clip()
def clip_peak(frame_peaks: Array) -> Array:
    """(channels, 1): the largest value of the clip."""
    return np.asarray(frame_peaks.max(axis=0))


def _floor_needs_db(
    *, scale: Scale = "linear", top_db: Decibels | None = None
) -> Sequence[Problem]:
    if top_db is not None and scale != "db":
        return [Problem("top_db", f"is a floor in decibels; with scale {scale!r} it means nothing")]
    return []


@local(check=_floor_needs_db)
def floored(levels: Array, peak: Array, *, top_db: Decibels | None = None) -> Array:
    """Levels not lower than the clip's largest less `top_db`. Reference: librosa.power_to_db."""
    floor = peak - np.float32(top_db or 0)
    return np.maximum(levels.T, floor.T[..., np.newaxis]).T


def limited(levels: Step | Use) -> Step:
    """`levels` above the floor that `top_db` sets below the clip's maximum: a second pass."""
    return floored.reading(levels, clip_peak.reading(frame_peak.reading(levels)))


def gain_of(*, scale: Scale, power: float) -> Gain:
    """The gain law of |X|^power on a scale."""
    if scale == "linear":
        return "linear" if power == 1 else "power" if power == 2 else "none"
    return "decibel" if scale == "db" else "none"


def unit_of(*, scale: Scale, power: float) -> str:
    """Unit of |X|^power of full-scale samples on a scale."""
    if scale == "linear":
        return "FS" if power == 1 else f"FS^{power:g}"
    names = {"db": "dB", "log10": "log10", "ln": "ln", "log1p": "ln", "log10_1p": "log10"}
    return names[scale]
