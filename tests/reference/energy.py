"""A loop over frames of samples in float64."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, Case, Settings, Tolerance, heard, over
from tests.reference import _samples

TOLERANCE = Tolerance(6e-8, 6e-8, "rounded to float32")
CASES = (*over(GRIDS), *over(EDGES), *heard(), Case({"n_fft": 300}))


def expected(samples: Array, settings: Settings) -> Array:
    return np.array([np.mean(frame**2) for frame in _samples.frames(samples, settings)])
