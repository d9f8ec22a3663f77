"""GCC-PHAT in float64: a sum of cosines over the bins, its maximum refined by scipy.optimize."""

import numpy as np
from scipy.optimize import minimize_scalar

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import Case, Settings, Tolerance
from tests.reference import _pairs

DEFINED_ON = "stereo"
TOLERANCE = Tolerance(0.2, 0.5, "a parabola through a sampled peak, us", absolute=True)


def delayed(rate: int, seconds: float, later_s: float) -> Array:
    """(n, 2) of noise up to 0.45 of the rate; right comes `later_s` after left, exactly."""
    n = round(rate * seconds)
    spectrum = np.fft.rfft(signals.noise(rate, seconds))
    hz = np.fft.rfftfreq(n, 1 / rate)
    spectrum[hz > 0.45 * rate] = 0
    right = np.fft.irfft(spectrum * np.exp(-2j * np.pi * hz * later_s), n)
    return np.stack([np.fft.irfft(spectrum, n), right], axis=1).astype(np.float32)


def third_of_a_ms(rate: int) -> Array:
    return delayed(rate, 0.3, 1e-3 / 3)


def earlier(rate: int) -> Array:
    return delayed(rate, 0.3, -617.3e-6)


def too_late(rate: int) -> Array:
    """More than 1 ms."""
    return delayed(rate, 0.3, 1.3e-3)


RATES = (8000, 44100, 96000)
GRID = {"n_fft": 1024, "hop_length": 1024}
CASES = (
    *(
        Case({}, {"sample_rate": r, **GRID}, made)
        for r in RATES
        for made in (third_of_a_ms, earlier)
    ),
    *(Case({}, {}, made) for made in _pairs.MADE if made not in (_pairs.tones, _pairs.scenes)),
    *(Case({}, {}, name) for name in ("stereo", "noise")),
    Case({}, {}, too_late),
)


def expected(samples: Array, settings: Settings) -> Array:
    hz = _pairs.frequencies(settings)
    padded = 2 * (len(hz) - 1) / settings.n_fft
    return np.array([_lag(pair, hz, padded) for pair in _pairs.spectra(samples, settings)])


def _lag(pair: Array, hz: Array, padded: float) -> float:
    cross = pair[0] * np.conj(pair[1])
    size = np.abs(cross)
    heard = size > 1e-6 * size.max()
    if not heard.any():
        return float("nan")
    phase, hz = np.angle(cross[heard]), hz[heard]

    def correlation(lag: float) -> float:
        return float(np.mean(np.cos(phase - 2 * np.pi * hz * lag)))

    step = 1 / (16 * hz.max())
    grid = np.arange(-1e-3 - step, 1e-3 + 1.5 * step, step)
    values = np.array([correlation(lag) for lag in grid])
    best = int(np.argmax(values))
    chance = 6 * np.sqrt(1.5 * padded / (2 * len(hz)))
    if best in (0, len(grid) - 1) or values[best] < max(-values.min(), chance):
        return float("nan")
    around = (float(grid[best - 1]), float(grid[best + 1]))
    found = minimize_scalar(
        lambda lag: -correlation(lag), bounds=around, method="bounded", options={"xatol": 1e-10}
    )
    return float(1e6 * found.x) if abs(found.x) <= 1e-3 else float("nan")
