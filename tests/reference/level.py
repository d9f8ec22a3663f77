"""Ten times the logarithm of the mean square of each frame; and what AES17's sine reads."""

import numpy as np

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import EDGES, GRIDS, Case, Settings, Tolerance, heard, over
from tests.reference import energy

TOLERANCE = Tolerance(2e-5, 2e-5, "float32 of levels down to -100 dB", absolute=True)
READING = Tolerance(0.01, 0.01, "997 Hz does not fit the frame", absolute=True)


def sine_997_hz(rate: int) -> Array:
    return signals.sine(rate, 2048 / rate, 997.0, 1.0)


def full_square(rate: int) -> Array:
    return signals.square(rate, 2048 / rate)


CASES = (
    *over(GRIDS),
    *over(EDGES),
    *heard(),
    Case({"n_fft": 300}),
    Case({"amin": 1e-6}, level_bound=True),
    Case({}, {"center": False}, sine_997_hz, READING, published=-3.01),
    Case({}, {"center": False}, full_square, published=0.0),
)


def expected(samples: Array, settings: Settings, *, amin: float = 1e-10) -> Array:
    return np.asarray(10 * np.log10(np.maximum(energy.expected(samples, settings), amin)))
