"""Mean squares of half the sum and half the difference of the channels, in float64."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Settings, Tolerance
from tests.reference import _pairs

DEFINED_ON = "stereo"
TOLERANCE = Tolerance(1e-6, 1e-6, "float32")
CASES = _pairs.CASES


def expected(samples: Array, settings: Settings) -> Array:
    return np.array(
        [
            (np.mean(((left + right) / 2) ** 2), np.mean(((left - right) / 2) ** 2))
            for left, right in _pairs.frames(samples, settings)
        ]
    )
