"""librosa.yin 0.11, undefined where a frame has no trough at all."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Case, Settings, Tolerance, heard, over

TOLERANCE = Tolerance(1e-5, 1e-4, "librosa correlates in float32, which moves the trough a little")
CASES = (
    *over(({}, {"sample_rate": 16000, "hop_length": 256}, {"sample_rate": 44100}), {}, "chirp"),
    Case(
        {"fmin": 100.0, "frame_length": 512}, {"sample_rate": 8000, "hop_length": 80}, "harmonics"
    ),
    Case({}, {"center": False}),
    Case({"fmin": 80.0, "fmax": 400.0}, {}, "speech/vowels.wav"),
    Case({"trough_threshold": 0.3}, {}, "noise"),
    *(case for case in heard() if case.signal != "clicks"),  # there librosa reads rounding
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    fmin: float = 440 * 2 ** (-33 / 12),
    fmax: float = 440 * 2 ** (27 / 12),
    frame_length: int = 2048,
    **more: Any,
) -> Array:
    import librosa

    found = librosa.yin(
        samples,
        fmin=fmin,
        fmax=fmax,
        sr=settings.sample_rate,
        frame_length=frame_length,
        hop_length=settings.hop_length,
        center=settings.center,
        **more,
    )
    return np.where(_has_trough(samples, settings, fmin, fmax, frame_length), found, np.nan)


def _has_trough(
    samples: Array, settings: Settings, fmin: float, fmax: float, frame_length: int
) -> Array:
    """Whether the lag that YIN falls back on is a minimum, by a plain loop over the lags."""
    import librosa

    padded = samples.astype(np.float64)
    if settings.center:
        padded = np.pad(padded, frame_length // 2)
    frames = librosa.util.frame(padded, frame_length=frame_length, hop_length=settings.hop_length).T
    longest = min(int(np.ceil(settings.sample_rate / fmin)), frame_length - 1)
    shortest = int(settings.sample_rate // fmax)
    total = np.zeros(len(frames))
    curves = []
    for lag in range(1, longest + 1):
        ahead, behind = frames[:, lag:], frames[:, :-lag]
        difference = np.square(ahead - behind).sum(axis=1) + np.square(frames[:, -lag:]).sum(axis=1)
        total += difference
        curves.append(difference * lag / np.where(total > 0, total, 1))
    curve = np.array(curves)[shortest - 1 :].T
    left = np.pad(curve, ((0, 0), (1, 0)), constant_values=np.inf)[:, :-1]
    right = np.pad(curve, ((0, 0), (0, 1)), constant_values=np.inf)[:, 1:]
    return np.asarray(((curve < left) & (curve < right)).any(axis=1))
