"""The amplitudes of `_partials`, by the definition."""

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
    total = np.where(heights.sum(axis=1) > 0, heights.sum(axis=1), np.nan)
    first, next_three = heights[:, 0], heights[:, 1] + heights[:, 2] + heights[:, 3]
    return np.stack([first, next_three, total - first - next_three], axis=1) / total[:, np.newaxis]
