"""Partials one by one: peaks of numpy.abs(librosa.stft) around multiples of librosa.pyin's f0."""

from functools import lru_cache
from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import MUSIC, SECONDS, SPEECH, Case, Settings, Tolerance
from tests.reference import _librosa, pyin

TOLERANCE = Tolerance(1e-5, 1e-4, "peaks of librosa's complex64 lie elsewhere in the 7th digit")


def many(rate: int) -> Array:
    """A tone of more partials than are asked for."""
    return signals.harmonics(rate, SECONDS, 196.0, 24)


DEFINED_ON = many
CASES = (
    Case(),
    Case({}, {}, "square"),
    Case({}, {"sample_rate": 16000, "n_fft": 1024, "hop_length": 256}, SPEECH),
    Case({}, {"center": False}, "harmonics"),
    Case({"n_partials": 6, "threshold": 0.01}, {}, MUSIC),
    Case({"n_partials": 20, "n_fft": 4096, "window": "blackmanharris"}, {}, many),
    Case({"fmin": 80.0, "fmax": 400.0}, {}, SPEECH),
)


def f0_of(samples: Array, settings: Settings, **given: Any) -> Array:
    """(frames,) Hz."""
    return _tracked(samples.tobytes(), settings, tuple(sorted(given.items())))


def partials(samples: Array, settings: Settings, **given: Any) -> tuple[Array, Array]:
    """(frames, n_partials) Hz and amplitudes: NaN and 0 where there is none."""
    return _found(samples.tobytes(), settings, tuple(sorted(given.items())))


Given = tuple[tuple[str, Any], ...]


@lru_cache(maxsize=32)
def _tracked(samples: bytes, settings: Settings, given: Given) -> Array:
    """The same for every feature of partials, as what follows."""
    return pyin.expected(np.frombuffer(samples, np.float32), settings, **dict(given))[:, 0]


@lru_cache(maxsize=32)
def _found(samples: bytes, settings: Settings, given: Given) -> tuple[Array, Array]:
    parameters = {"n_partials": 10, "threshold": 0.001} | dict(given)
    n_partials, threshold = parameters.pop("n_partials"), parameters.pop("threshold")
    signal = np.frombuffer(samples, np.float32)
    magnitudes = np.abs(_librosa.complex_spectrum(signal, settings)).T.astype(np.float64)
    bin_hz = settings.sample_rate / settings.n_fft
    tracked = f0_of(signal, settings, **parameters)[: len(magnitudes)]
    hertz = np.full((len(tracked), n_partials), np.nan)
    heights = np.where(np.isnan(tracked)[:, np.newaxis], np.nan, np.zeros((1, n_partials)))
    for t, f0 in enumerate(tracked):
        for at, height in [] if np.isnan(f0) else _peaks(magnitudes[t], threshold):
            for h in range(1, n_partials + 1):
                if abs(at * bin_hz - h * f0) <= 0.2 * f0 and height > heights[t, h - 1]:
                    hertz[t, h - 1], heights[t, h - 1] = at * bin_hz, height
    return hertz, heights


def _peaks(spectrum: Array, threshold: float) -> list[tuple[float, float]]:
    """Place in bins, and height, by parabola in decibels."""
    found, floor = [], threshold * spectrum.max()
    for k in range(1, len(spectrum) - 1):
        if spectrum[k - 1] < spectrum[k] >= spectrum[k + 1] and spectrum[k] > floor:
            left, here, right = 20 * np.log10(np.maximum(spectrum[k - 1 : k + 2], 1e-38))
            shift = 0.5 * (left - right) / (left - 2 * here + right)
            found.append((k + shift, 10 ** ((here - 0.25 * (left - right) * shift) / 20)))
    return found
