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
    odd = [sum(a**2 for h, a in enumerate(frame, 1) if h % 2) for frame in heights]
    even = [sum(a**2 for h, a in enumerate(frame, 1) if h % 2 == 0) for frame in heights]
    return np.array([o / e if e > 0 else np.nan for o, e in zip(odd, even, strict=True)])
