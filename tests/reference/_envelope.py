"""The envelope, sample by sample; and the outline of what may be one sound."""

import numpy as np
import scipy.ndimage

from audiofeat_cli.step import Array
from tests.signals import times


def follower(
    samples: Array, rate: int, attack_time: float = 0.01, release_time: float = 1.5
) -> Array:
    """(n,) as Essentia's documentation of Envelope has it, rounded to float32."""
    attack, release = (np.exp(-1 / (rate * t)) for t in (attack_time, release_time))
    level, out = 0.0, []
    for x in np.abs(samples.astype(np.float64)).tolist():
        k = attack if level < x else release
        level = (1 - k) * x + k * level
        out.append(level)
    return np.array(out, dtype=np.float32).astype(np.float64)


def outline(samples: Array, rate: int, merge_gap: float = 0.05) -> tuple[Array, float]:
    """Largest magnitude of each ms or so, gaps closed, and the length of a piece in s."""
    size = max(1, round(rate / 1000))
    count = len(samples) // size
    pieces = np.array([np.abs(samples[i * size : (i + 1) * size]).max() for i in range(count)])
    if count == 0:
        return np.zeros(0), size / rate
    width = max(1, round(merge_gap * rate / size))
    return scipy.ndimage.grey_closing(pieces.astype(np.float64), width), size / rate


def shaped(rate: int, seconds: float, corners: list[tuple[float, float]]) -> Array:
    """A 440 Hz tone whose amplitude goes straight from corner to corner, (s, amplitude) each."""
    t = times(rate, seconds)
    at, amplitude = zip(*corners, strict=True)
    tone = np.interp(t, at, amplitude) * np.sin(2 * np.pi * 440 * t)
    return np.asarray(tone, dtype=np.float32)


def note(rate: int) -> Array:
    """All four stages: 50 ms up, 100 ms down to 0.5, which stays for 0.5 s, 200 ms to 0."""
    return shaped(rate, 1.1, [(0.1, 0), (0.15, 0.8), (0.25, 0.4), (0.75, 0.4), (0.95, 0)])


def plucked(rate: int) -> Array:
    """Up in 5 ms, then down by the exponential function."""
    t = times(rate, 1.5) - 0.1
    amplitude = np.where(t < 0, 0, np.minimum(t / 0.005, np.exp(-(t - 0.005) / 0.15)))
    return np.asarray(0.9 * amplitude * np.sin(2 * np.pi * 220 * t), dtype=np.float32)


def organ(rate: int) -> Array:
    """Up, stay, down: no decay."""
    return shaped(rate, 1, [(0.1, 0), (0.15, 0.8), (0.7, 0.8), (0.8, 0)])


def cut_off(rate: int) -> Array:
    """A note without its beginning and its end."""
    return note(rate)[round(0.14 * rate) : round(0.8 * rate)]


def two_notes(rate: int) -> Array:
    return np.concatenate([note(rate), note(rate)])


def click(rate: int) -> Array:
    out = np.zeros(rate // 2, np.float32)
    out[rate // 5] = 0.9
    return out


def short(rate: int) -> Array:
    """Less than a piece."""
    return np.ones(round(rate / 3000), np.float32)


def long(rate: int) -> Array:
    return np.concatenate([note(rate), np.zeros(6 * rate, np.float32)])
