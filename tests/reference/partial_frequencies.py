"""The partials of `_partials`, one by one."""

from typing import Any

from audiofeat_cli.step import Array
from tests.cases import Settings
from tests.reference import _partials

TOLERANCE = _partials.TOLERANCE
DEFINED_ON = _partials.DEFINED_ON
CASES = _partials.CASES


def expected(samples: Array, settings: Settings, **given: Any) -> Array:
    hertz, _ = _partials.partials(samples, settings, **given)
    return hertz
