"""The mean of comparisons with the levels of a loop over frames."""

import numpy as np

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import EDGES, GRIDS, Case, Settings, Tolerance, heard, over
from tests.reference import energy

TOLERANCE = Tolerance(1e-7, 1e-7, "a quotient of counts", absolute=True)


def fading(rate: int) -> Array:
    """A tone that falls by 60 dB a second."""
    return np.float32(10) ** (-3 * signals.times(rate, 2)).astype(np.float32) * signals.sine(
        rate, 2
    )


CASES = (
    *over(GRIDS),
    *over(EDGES),
    *heard(),
    Case({"n_fft": 300}),
    Case({}, {}, fading),
)


def expected(samples: Array, settings: Settings) -> Array:
    with np.errstate(divide="ignore"):
        levels = 10 * np.log10(energy.expected(samples, settings))
    return np.array([np.mean(levels < limit) for limit in (-20, -30, -60, -90)])
