"""Sums over samples in float64."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Settings, Tolerance
from tests.reference import _time

TOLERANCE = Tolerance(3e-7, 3e-7, "rounded to float32")
CASES = _time.CASES


def expected(samples: Array, settings: Settings, **times: float) -> float:
    share, at = _time.weights(samples, settings, **times)
    return float(np.sqrt(share @ (at - share @ at) ** 2))
