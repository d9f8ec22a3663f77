"""Sums over samples in float64."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Settings, Tolerance
from tests.reference import _time

TOLERANCE = Tolerance(3e-7, 3e-7, "rounded to float32")
CASES = _time.CASES


def expected(samples: Array, settings: Settings, **times: float) -> Array:
    share, at = _time.weights(samples, settings, **times)
    seconds = share @ at
    ratio = seconds / at[-1] if len(at) > 1 else np.nan
    return np.array([[ratio, seconds]])
