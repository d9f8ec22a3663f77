"""Moments of time weighted by the envelope, from plain sums in float64."""

import numpy as np

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import GRIDS, Case, Settings, heard, over
from tests.reference import _envelope


def one_sample(rate: int) -> Array:
    return signals.noise(rate, 1 / rate)


CASES = (
    *over(GRIDS),
    *heard(),
    *(Case({}, {}, made) for made in (_envelope.note, _envelope.plucked, _envelope.click)),
    Case({"attack_time": 0.001, "release_time": 0.05}, {}, _envelope.plucked),
    Case({}, {}, one_sample),
)


def weights(
    samples: Array, settings: Settings, attack_time: float = 0.01, release_time: float = 1.5
) -> tuple[Array, Array]:
    """Share of each sample in the envelope, and its time in s."""
    level = _envelope.follower(samples, settings.sample_rate, attack_time, release_time)
    at = np.arange(len(level)) / settings.sample_rate
    return (level / level.sum() if level.sum() > 0 else np.full_like(level, np.nan)), at


def standardised(samples: Array, settings: Settings, power: int, **times: float) -> float:
    """A standardised moment; NaN where time does not vary."""
    share, at = weights(samples, settings, **times)
    off = at - share @ at
    spread = np.sqrt(share @ off**2)
    return float(share @ off**power / spread**power) if spread > 0 else float("nan")
