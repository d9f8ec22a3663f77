"""The amplitudes of `_partials`, over the first."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Settings
from tests.reference import _partials

TOLERANCE = _partials.TOLERANCE
DEFINED_ON = _partials.DEFINED_ON
CASES = _partials.CASES


def expected(samples: Array, settings: Settings, **given: Any) -> Array:
    _, heights = _partials.partials(samples, settings, **given)
    first = np.where(heights[:, :1] > 0, heights[:, :1], np.nan)
    return heights / first
