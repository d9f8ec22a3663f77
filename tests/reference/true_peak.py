"""Exact interpolation, by Fourier transform, of signals whose spectrum ends below half the rate."""

from collections.abc import Callable, Sequence

import numpy as np
import scipy.signal

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import Case, Settings, Tolerance

TOLERANCE = Tolerance(0.1, 0.1, "a quarter of a sample apart, ripple of the filter", absolute=True)
NEAR_THE_TOP = Tolerance(0.7, 0.7, "cos(pi / 8): the peak lies between the quarters", absolute=True)
FROM_SAMPLES = Tolerance(1e-5, 1e-5, "rounding", absolute=True)


def limited(share: float, seed: int) -> Callable[[int], Array]:
    """Noise up to a share of the rate, periodic."""

    def band_noise(rate: int) -> Array:
        spectrum = np.fft.rfft(signals.noise(rate, 0.5, seed=seed))
        spectrum[int(share * rate * 0.5) :] = 0
        return np.asarray(np.fft.irfft(spectrum), np.float32)

    return band_noise


def sine(phase: float, period: float, amplitude: float) -> Callable[[int], Array]:
    """So many samples a period."""

    def tone(rate: int) -> Array:
        turn = 2 * np.pi * np.arange(rate // 2) / period + np.deg2rad(phase)
        return np.asarray(amplitude * np.sin(turn), np.float32)

    return tone


def short(rate: int) -> Array:
    """Samples without surroundings."""
    return signals.noise(rate, 1)[:20]


def one_high(rate: int) -> Array:
    """One sample over full scale, as a float file may have it, is its own true peak."""
    signal = signals.silence(rate, 0.2)
    signal[2000] = 2
    return signal


CASES: Sequence[Case] = (
    *(Case({}, {}, limited(0.25, seed)) for seed in range(3)),
    *(Case({}, {"sample_rate": rate}, limited(0.2, 5)) for rate in (8000, 44100, 96000)),
    *(Case({}, {}, limited(0.45, seed), NEAR_THE_TOP) for seed in range(3)),
    *(Case({}, {}, sine(phase, 7.3, 0.4), published=20 * np.log10(0.4)) for phase in (0, 30, 77)),
    Case({}, {}, one_high, FROM_SAMPLES, published=20 * np.log10(2)),
    Case({}, {}, short, FROM_SAMPLES, published=20 * np.log10(np.abs(short(22050)).max())),
    Case({}, {}, "silence", published=np.nan),
    Case({}, {}, "dc", FROM_SAMPLES, published=20 * np.log10(0.25)),
)


def expected(samples: Array, settings: Settings) -> float:
    between = scipy.signal.resample(samples.astype(np.float64), 32 * len(samples))
    inside = between[32 * 16 : -32 * 16]
    return float(20 * np.log10(np.abs(inside).max()))
