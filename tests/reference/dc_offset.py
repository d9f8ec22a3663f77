"""numpy.mean of each channel."""

from collections.abc import Sequence

import numpy as np

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import SIGNALS, Case, Settings, Tolerance
from tests.reference import _loudness

TOLERANCE = Tolerance(1e-9, 1e-9, "sums in another order", absolute=True)


def opposite(rate: int) -> Array:
    """Offsets that a mixdown would hide."""
    return np.stack([signals.dc(rate, 1, 0.1), signals.dc(rate, 1, -0.2)], axis=1)


def faint(rate: int) -> Array:
    """A small offset under a loud sound."""
    return (signals.noise(rate, 2, 0.3) + np.float32(1e-4)).astype(np.float32)


CASES: Sequence[Case] = (
    *(Case({}, {}, name) for name in SIGNALS),
    *(Case({}, {}, made) for made in (opposite, faint, _loudness.surround)),
    Case({}, {}, opposite, published=float(np.float32(-0.2))),
    Case({}, {}, "speech/vowels.wav"),
)


def expected(samples: Array, settings: Settings) -> float:
    means = samples.reshape(len(samples), -1).astype(np.float64).mean(axis=0)
    return float(max(means, key=abs))
