"""A loop over samples in float64, as Essentia documents its Envelope."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, Case, Settings, Tolerance, heard, over
from tests.reference import _envelope

TOLERANCE = Tolerance(2e-7, 2e-7, "rounded to float32")
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *heard(),
    Case({"attack_time": 0.001, "release_time": 0.05}),
    Case({"n_fft": 301}, {"center": False}),
)


def expected(
    samples: Array, settings: Settings, *, attack_time: float = 0.01, release_time: float = 1.5
) -> Array:
    level = _envelope.follower(samples, settings.sample_rate, attack_time, release_time)
    n, hop = len(level), settings.hop_length
    if settings.center:
        return level[np.minimum(np.arange(0, n + 1, hop), n - 1)]
    return level[np.arange(0, n - settings.n_fft + 1, hop) + settings.n_fft // 2]
