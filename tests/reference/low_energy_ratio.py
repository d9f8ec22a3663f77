"""A loop over frames in float64."""

import numpy as np

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import GRIDS, Case, Settings, Tolerance, heard, over
from tests.reference import _samples

TOLERANCE = Tolerance(3e-7, 3e-7, "rounded to float32")


def steady(rate: int) -> Array:
    """Each frame has 29 periods, and another phase: their levels differ by rounding only."""
    return signals.sine(rate, 1.2, 29 * rate / 2048)


CASES = (
    Case({}, {"center": False}, steady),
    Case({}, start_bound=True),
    *over(GRIDS[1:]),
    *heard(),
    *(Case({"length": length}) for length in (1, 2, 10, 1000)),
)


def expected(samples: Array, settings: Settings, *, length: int = 43) -> Array:
    rms = [float(np.sqrt(np.mean(f**2))) for f in _samples.frames(samples, settings)]
    windows = [np.array(rms[max(0, t + 1 - length) : t + 1]) for t in range(len(rms))]
    return np.array([np.mean(w < np.mean(w) * (1 - 1e-6)) for w in windows])
