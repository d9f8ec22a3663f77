"""numpy, by hand, on all samples."""

from collections.abc import Sequence

import numpy as np

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import SIGNALS, Case, Settings, Tolerance
from tests.reference import _loudness

TOLERANCE = Tolerance(1e-5, 1e-5, "float32 of the largest sample", absolute=True)


def full_sine(rate: int) -> Array:
    return signals.sine(rate, 1, 1000.0, 1.0)


def two_channels(rate: int) -> Array:
    """The peak in one channel, most of the energy in the other."""
    return np.stack([signals.clicks(rate, 1), 0.3 * signals.square(rate, 1)], axis=1)


CASES: Sequence[Case] = (
    *(Case({}, {}, name) for name in SIGNALS),
    *(Case({}, {}, made) for made in (two_channels, _loudness.surround)),
    Case({}, {"sample_rate": 48000}, full_sine, published=10 * np.log10(2)),
    Case({}, {}, "square", published=0.0),
    Case({}, {}, "dc", published=0.0),
    Case({}, {}, "speech/vowels.wav"),
)


def expected(samples: Array, settings: Settings) -> float:
    every = samples.ravel().astype(np.float64)
    if not every.any():
        return np.nan
    return float(20 * np.log10(np.abs(every).max() / np.sqrt(np.mean(every**2))))
