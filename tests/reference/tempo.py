"""librosa.feature.tempo 0.11, and its runners-up found by a loop."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import Case, Settings, Tolerance
from tests.reference import _onsets


def one_click(rate: int) -> Array:
    return signals.clicks(rate, 1.2, 2.0)


TOLERANCE = Tolerance(1e-5, 1e-5, "the envelope is float32; peaks lie between the same lags")
DEFINED_ON = _onsets.pulse
CASES = (
    *(Case({}, {}, signal) for signal in (_onsets.pulse, _onsets.LOOP, _onsets.DRUMS)),
    *(Case({}, {}, name) for name in ("silence", "dc", "sine", "scene", "square", "noise")),
    Case({}, {}, one_click),
    Case({}, {}, lambda rate: signals.sine(rate, 0.002, 500.0)),
    Case({"refine": False}, {}, _onsets.LOOP),
    Case({"refine": False, "max_tempo": 90.0}, {}, _onsets.LOOP),
    Case(
        {"refine": False, "start_bpm": 240.0, "std_bpm": 0.4, "max_tempo": None}, {}, _onsets.pulse
    ),
    Case({"ac_size": 3.0, "n_mels": 40}, {"sample_rate": 8000, "n_fft": 512, "hop_length": 80}),
    Case(
        {"ac_size": 2.5, "aggregate": "median"},
        {"sample_rate": 16000, "hop_length": 250},
        _onsets.pulse,
    ),
    Case({"ac_size": 4.0}, {"center": False}, _onsets.pulse),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    ac_size: float = 8.0,
    start_bpm: float = 120.0,
    std_bpm: float = 1.0,
    max_tempo: float | None = 320.0,
    refine: bool = True,
    **onset: Any,
) -> Array:
    """Null without three onsets. What we take must be librosa's tempo, where that is a peak."""
    import librosa

    grid = _onsets.grid(settings)
    envelope = _onsets.envelope(samples, settings, **onset)
    if not _onsets.has_rhythm(envelope, settings):
        return np.full(4, np.nan)
    length = _onsets.tempogram_lags(ac_size, settings)
    mean = librosa.feature.tempogram(onset_envelope=envelope, win_length=length, **grid).mean(-1)
    tempi = librosa.tempo_frequencies(length, **grid)
    score = np.log1p(1e6 * mean) - 0.5 * (np.log2(tempi / start_bpm) / std_bpm) ** 2
    peaks = [
        lag
        for lag in range(2, length - 1)
        if score[lag] == score[lag - 1 : lag + 2].max()
        and (max_tempo is None or tempi[lag] < max_tempo)
        and mean[lag] > 1e-3 * mean[0]
    ]
    ranked = sorted(peaks, key=lambda lag: -score[lag])
    theirs = librosa.feature.tempo(
        onset_envelope=envelope,
        ac_size=ac_size,
        start_bpm=start_bpm,
        std_bpm=std_bpm,
        max_tempo=max_tempo,
        **grid,
    )
    assert not ranked or tempi[ranked[0]] == theirs[0]
    shares = np.exp(score[ranked]) / np.exp(score[peaks]).sum()
    out = np.full(4, np.nan)
    for i, lag in enumerate(ranked[:2]):
        exact = lag + (_top(mean, lag) if refine else 0)
        out[i], out[2 + i] = 60 * settings.sample_rate / settings.hop_length / exact, shares[i]
    return out


def _top(mean: Array, lag: int) -> float:
    """Where the parabola through three logarithms has its top, from its coefficients."""
    near = mean[lag - 1 : lag + 2]
    if near[1] < near.max():
        return 0.0
    square, slope, _ = np.polyfit([-1, 0, 1], np.log(near), 2)
    return float(-slope / (2 * square))
