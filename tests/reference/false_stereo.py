"""numpy.allclose of the channels of the whole clip."""

import numpy as np

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import Case, Settings, Tolerance
from tests.reference import _pairs

DEFINED_ON = "stereo"
TOLERANCE = Tolerance(0, 0, "yes or no", absolute=True)
STEP = 2.0**-15


def dithered(rate: int) -> Array:
    """The same sound in 16 bits, each channel rounded by itself."""
    dither = np.random.default_rng(0).uniform(-0.5, 0.5, (rate // 2, 2))
    return (np.rint(_pairs.same(rate) / STEP + dither) * STEP).astype(np.float32)


def two_steps(rate: int) -> Array:
    """One sample of right is two steps of 16 bits off."""
    out = _pairs.same(rate).copy()
    out[rate // 4, 1] += 2 * STEP
    return out


def faint(rate: int) -> Array:
    """All of it under one step."""
    return _pairs.unrelated(rate) * np.float32(1e-5)


def opposite_halves(rate: int) -> Array:
    """The first half the same, the second not."""
    return np.concatenate([_pairs.same(rate), signals.wide(signals.noise(rate, 0.5))])


CASES = (
    *(Case({}, {}, made) for made in _pairs.MADE),
    *(Case({}, {}, made) for made in (dithered, two_steps, faint, opposite_halves)),
    Case({"largest_difference": 0.0}, {}, dithered),
    Case({"largest_difference": 0.0}, {}, _pairs.same),
    *(Case({}, {}, name) for name in ("stereo", "noise")),
)


def expected(samples: Array, settings: Settings, *, largest_difference: float = STEP) -> float:
    del settings
    if samples.ndim == 1 or np.abs(samples[:, :2]).max() <= largest_difference:
        return np.nan
    left, right = samples[:, :2].T
    return float(np.allclose(left, right, rtol=0, atol=largest_difference))
