"""Loops over the outline, piece by piece."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import GRIDS, Case, Settings, Tolerance
from tests.reference import _envelope, single_event

DEFINED_ON = _envelope.note
TOLERANCE = Tolerance(1e-6, 1e-6, "rounded to float32")
MADE = ("plucked", "organ", "cut_off", "two_notes", "click", "short", "long")
SIGNALS = ("sine", "noise", "silence", "dc", "square", "clicks", "scene", "harmonics", "chirp")
FILES = ("notes/bowed/bowed_d4.flac", "notes/plucked_222hz.wav", "speech/vowels.wav")
CASES = (
    *(Case({}, settings, _envelope.note) for settings in GRIDS),
    *(Case({}, {}, getattr(_envelope, name)) for name in MADE),
    *(Case({}, {}, name) for name in (*SIGNALS, *FILES)),
    Case({"max_duration": 10.0}, {}, _envelope.long),
)


def expected(samples: Array, settings: Settings, *, max_duration: float = 7.0) -> Array:
    level, piece = _envelope.outline(samples, settings.sample_rate)
    if single_event.events(level) != 1 or len(level) * piece > max_duration:
        return np.full((1, 4), np.nan)
    e = (level / level.max()).tolist()
    top = e.index(1.0)
    attack = first(e, 0.9) - first(e, 0.2) if e[0] < 0.5 else np.nan
    stays = plateau(e[top : 1 + max(i for i, v in enumerate(e) if v >= 0.1)])
    end = last(e, 0.1)
    if stays is None:
        return np.array([[attack * piece, (end - top) * piece, 0, np.nan]])
    done = stays + 0.05 * (1 - stays)
    decay = top + first([-v for v in e[top:]], -done) - top if stays * 10**0.05 < 1 else 0
    return np.array([[attack * piece, decay * piece, stays, (end - last(e, 0.95 * stays)) * piece]])


def first(e: list[float], level: float) -> float:
    """Where a straight line between pieces first reaches the level."""
    i = next(i for i, v in enumerate(e) if v >= level)
    return i - (e[i] - level) / (e[i] - e[i - 1]) if i else 0.0


def last(e: list[float], level: float) -> float:
    """Where it is there for the last time; NaN where it still is in the end."""
    i = max(i for i, v in enumerate(e) if v >= level)
    return i + (e[i] - level) / (e[i] - e[i + 1]) if i + 1 < len(e) else np.nan


def plateau(e: list[float]) -> float | None:
    """Median of the fullest band of 2 dB, the lowest of those; None if it has under 30 %."""
    bands = [[v for v in e if low <= v <= low * 10**0.1] for low in sorted(e)]
    best = max(bands, key=len)
    return float(np.median(best)) if len(best) >= 0.3 * len(e) else None
