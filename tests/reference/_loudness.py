"""Loudness by scipy.signal and loops, from the filters that BS.1770-5 tabulates."""

import numpy as np
import scipy.signal

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import Settings, Tolerance

TOLERANCE = Tolerance(2e-5, 2e-5, "float32 of levels down to -120 LUFS", absolute=True)
VALUE = Tolerance(1e-6, 1e-6, "the same filters in float64", absolute=True)
PUBLISHED = Tolerance(0.1, 0.1, "the tolerance of EBU Tech 3341", absolute=True)
STUDIO = {"sample_rate": 48000, "hop_length": 480}


def weighed(samples: Array, rate: int) -> Array:
    """(n,) K-weighted energy of all channels."""
    import pyloudnorm

    meter = pyloudnorm.Meter(rate, filter_class="DeMan")
    rows = samples.reshape(len(samples), -1).T.astype(np.float64)
    for one in meter._filters.values():
        rows = scipy.signal.lfilter(one.passband_gain * np.asarray(one.b), one.a, rows)
    weights = [1.0, 1.0, 1.0, 1.41, 1.41] if len(rows) == 5 else [1.0] * len(rows)
    return np.asarray(np.array(weights) @ rows**2)


def level(energy: float, floor: float = -120.0) -> float:
    """LUFS of a mean energy; NaN for silence."""
    if energy <= 0:
        return np.nan
    found = -0.691 + 10 * np.log10(energy)
    return float(found) if found > floor else np.nan


def windows(samples: Array, rate: int, seconds: float) -> list[float]:
    """LUFS of the windows that begin every 10 ms."""
    energies = weighed(samples, rate)
    steps, size = round(100 * seconds), seconds * rate
    found = []
    for first in range(1 + 100 * len(samples) // rate):
        start, stop = (k * rate // 100 for k in (first, first + steps))
        if stop <= len(samples):
            found.append(level(float(energies[start:stop].sum() / size)))
    return found


def at_frames(samples: Array, settings: Settings, seconds: float) -> Array:
    """(frames,) of the windows, the one whose centre is nearest."""
    found = windows(samples, settings.sample_rate, seconds)
    centres = seconds / 2 + 0.01 * np.arange(len(found))
    early = 0 if settings.center else settings.n_fft
    frames = 1 + (len(samples) - early) // settings.hop_length
    times = (np.arange(frames) * settings.hop_length + early / 2) / settings.sample_rate
    if not found:
        return np.full(frames, np.nan)
    nearest = [np.flatnonzero(np.abs(centres - t) < 0.005 + 1e-9) for t in times]
    # Half way between two the later one; at the ends the first or the last.
    ends = [0 if t < centres[0] else len(found) - 1 for t in times]
    return np.array([found[n[-1] if len(n) else e] for n, e in zip(nearest, ends, strict=True)])


def loud_and_quiet(rate: int) -> Array:
    """5 s in steps of some decibels, two channels."""
    parts = [signals.noise(rate, 0.5, 0.1 * 10 ** (-x / 20), seed=x) for x in range(0, 40, 4)]
    left = np.concatenate(parts)
    return np.stack([left, 0.3 * signals.scene(rate, len(left) / rate)], axis=1)


def surround(rate: int) -> Array:
    """3.3 s of five channels."""
    channels = [signals.noise(rate, 3.3, 0.02 * (c + 1), seed=c) for c in range(5)]
    return np.stack(channels, axis=1)


def long_noise(rate: int) -> Array:
    """Long enough for a window of 3 s."""
    return signals.noise(rate, 3.3)
