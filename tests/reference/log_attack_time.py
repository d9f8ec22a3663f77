"""A loop over samples in float64, as Essentia documents LogAttackTime."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import GRIDS, Case, Settings, Tolerance, heard, over
from tests.reference import _envelope

TOLERANCE = Tolerance(1e-6, 1e-6, "counts of samples, rounded to float32", absolute=True)
CASES = (
    *over(GRIDS),
    *heard(),
    *(Case({}, {}, made) for made in (_envelope.note, _envelope.plucked, _envelope.click)),
    Case({"attack_time": 0.001, "release_time": 0.05}, {}, _envelope.plucked),
    Case({"attack_time": 1e-6}, {}, _envelope.click, published=-5.0),
    Case({}, {}, "silence", published=np.nan),
)


def expected(
    samples: Array, settings: Settings, *, attack_time: float = 0.01, release_time: float = 1.5
) -> float:
    rate = settings.sample_rate
    level = _envelope.follower(samples, rate, attack_time, release_time).tolist()
    peak = max(level)
    if peak == 0:
        return float("nan")
    start = next(n for n, e in enumerate(level) if e >= 0.2 * peak)
    stop = next(n for n, e in enumerate(level) if e >= 0.9 * peak)
    seconds = (stop - start) / rate
    return float(np.log10(seconds)) if seconds > 1e-4 else -5.0
