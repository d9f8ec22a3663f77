"""The partials of `_partials`, by the definition."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Settings, Tolerance
from tests.reference import _partials

TOLERANCE = Tolerance(1e-4, 1e-3, "peaks of librosa's complex64; what is left of them is small")
DEFINED_ON = _partials.DEFINED_ON
CASES = _partials.CASES


def expected(samples: Array, settings: Settings, **given: Any) -> Array:
    out = []
    for hertz, heights in zip(*_partials.partials(samples, settings, **given), strict=True):
        first, away, energy = hertz[0], 0.0, 0.0
        for h, (f, a) in enumerate(zip(hertz, heights, strict=True), start=1):
            away += 0.0 if np.isnan(f) else abs(f - h * first) * a**2
            energy += a**2
        out.append(np.nan if np.isnan(first) else away / (first * energy))
    return np.array(out)
