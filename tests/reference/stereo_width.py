"""Squares of difference and sum of the channels of each frame, in float64."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Settings, Tolerance
from tests.reference import _pairs

DEFINED_ON = "stereo"
TOLERANCE = Tolerance(1e-6, 1e-6, "float32")
CASES = _pairs.CASES


def expected(samples: Array, settings: Settings) -> Array:
    widths = []
    for left, right in _pairs.frames(samples, settings):
        mid, side = np.sum((left + right) ** 2), np.sum((left - right) ** 2)
        widths.append(side / mid if mid > 0 else np.nan)
    return np.array(widths)
