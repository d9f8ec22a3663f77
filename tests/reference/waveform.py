"""A loop over frames of samples in float64, with scipy.stats."""

import numpy as np
import scipy.stats

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import EDGES, GRIDS, Case, Settings, Tolerance, heard, over
from tests.reference import _samples

TOLERANCE = Tolerance(3e-7, 3e-7, "rounded to float32; kurtosis is a difference from 3")


def offset_noise(rate: int) -> Array:
    """Faint noise on a large DC offset: sums of powers would cancel."""
    return np.asarray(signals.dc(rate, 0.5, 0.9) + signals.noise(rate, 0.5, 1e-4))


CASES = (
    *over(GRIDS),
    *over(EDGES),
    *heard(),
    Case({"n_fft": 300}),
    Case({}, {"center": False}, offset_noise),
)


def expected(samples: Array, settings: Settings) -> Array:
    return np.array([_statistics(frame) for frame in _samples.frames(samples, settings)])


def _statistics(frame: Array) -> list[float]:
    varies = bool(np.ptp(frame) > 0)
    skewness = scipy.stats.skew(frame) if varies else np.nan
    kurtosis = scipy.stats.kurtosis(frame) if varies else np.nan
    return [frame.min(), frame.max(), frame.mean(), frame.std(), skewness, kurtosis]
