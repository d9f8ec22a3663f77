"""scipy.signal.lfilter and loops, as Essentia's DynamicComplexity goes about it."""

from collections.abc import Sequence

import numpy as np
import scipy.signal

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import Case, Settings, Tolerance
from tests.reference import _loudness

TOLERANCE = Tolerance(1e-8, 1e-8, "recursions in another order", absolute=True)


def padded(rate: int) -> Array:
    """Silence before and after does not count; silence between does."""
    parts = [signals.silence(rate, 1), signals.noise(rate, 1), signals.silence(rate, 1.5)]
    return np.concatenate([*parts, 0.1 * signals.noise(rate, 1), signals.silence(rate, 2)])


def barely(rate: int) -> Array:
    return signals.noise(rate, 0.2)


def too_short(rate: int) -> Array:
    return signals.noise(rate, 0.2)[:-1]


CASES: Sequence[Case] = (
    *(Case({}, {}, name) for name in ("scene", "noise", "sine", "clicks", "silence")),
    *(Case({}, {}, made) for made in (padded, barely, too_short)),
    Case({}, {"sample_rate": 44100}, _loudness.loud_and_quiet),
    Case({}, {"sample_rate": 8000}, _loudness.loud_and_quiet),
    Case({}, {}, "music/chords/c_minor.mp3"),
)


def expected(samples: Array, settings: Settings) -> float:
    rate = settings.sample_rate
    pole = 0.9719 ** (44100 / rate)  # Essentia states it at 44.1 kHz, with this gain of 0.98595
    rows = samples.reshape(len(samples), -1).T.astype(np.float64)
    heard = scipy.signal.lfilter([(1 + pole) / 2, -(1 + pole) / 2], [1, -pole], rows)
    energies = np.mean(heard**2, axis=0)
    keep = np.exp(-1 / (0.035 * rate))
    remembered = scipy.signal.lfilter([1 - keep], [1, -keep], energies)
    size = int(0.2 * rate)
    levels = 10 * np.log10(np.maximum(remembered[size - 1 :: size], 1e-10))
    while len(levels) and levels[0] <= -100:
        levels = levels[1:]
    while len(levels) and levels[-1] <= -100:
        levels = levels[:-1]
    if len(levels) == 0:
        return np.nan
    overall = np.average(levels, weights=[0.9**-v for v in levels])
    return float(np.mean(np.abs(levels - overall)))
