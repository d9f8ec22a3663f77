"""A count of samples of a float64 loop."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import GRIDS, Case, Settings, Tolerance, heard, over
from tests.reference import _envelope

TOLERANCE = Tolerance(1e-6, 1e-6, "counts of samples, rounded to float32")
CASES = (
    *over(GRIDS),
    *heard(),
    *(Case({}, {}, made) for made in (_envelope.note, _envelope.plucked, _envelope.click)),
    Case({"threshold": 0.4}, {}, _envelope.note),
    Case({"release_time": 0.05}, {}, _envelope.plucked),
)


def expected(
    samples: Array, settings: Settings, *, threshold: float = 0.1, release_time: float = 1.5
) -> float:
    level = _envelope.follower(samples, settings.sample_rate, release_time=release_time)
    return float(np.sum(level > threshold * level.max()) / settings.sample_rate)
