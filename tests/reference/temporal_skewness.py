"""Sums over samples in float64."""

from audiofeat_cli.step import Array
from tests.cases import Settings, Tolerance
from tests.reference import _time

TOLERANCE = Tolerance(1e-6, 1e-6, "rounded to float32", absolute=True)
CASES = _time.CASES


def expected(samples: Array, settings: Settings, **times: float) -> float:
    return _time.standardised(samples, settings, 3, **times)
