"""numpy.corrcoef of the channels of each frame."""

import numpy as np

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import Case, Settings, Tolerance
from tests.reference import _pairs

DEFINED_ON = "stereo"
TOLERANCE = Tolerance(1e-6, 1e-6, "float32", absolute=True)


def constant(rate: int) -> Array:
    """Left steps from one constant to the next: some frames have a step, some do not."""
    levels = np.linspace(0.07, 0.93, 6)
    left = np.concatenate([signals.dc(rate, 0.2, level) for level in levels])
    return np.stack([left, signals.noise(rate, 1.2)[: len(left)]], axis=1)


def faint_over_constant(rate: int) -> Array:
    """80 dB under a constant."""
    return (_pairs.unrelated(rate) * 1e-3 + 0.9).astype(np.float32)


CASES = (
    *_pairs.CASES,
    *(Case({}, {"center": False}, made) for made in (constant, faint_over_constant)),
)


def expected(samples: Array, settings: Settings) -> Array:
    found = []
    for left, right in _pairs.frames(samples, settings):
        varies = np.ptp(left) > 0 and np.ptp(right) > 0
        found.append(np.corrcoef(left, right)[0, 1] if varies else np.nan)
    return np.array(found)
