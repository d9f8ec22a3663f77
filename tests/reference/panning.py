"""Weighted averages over the bins of each frame (numpy.average), in float64."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Settings, Tolerance
from tests.reference import _pairs

DEFINED_ON = "stereo"
TOLERANCE = Tolerance(1e-6, 1e-6, "bins are rounded to float32", absolute=True)
CASES = _pairs.CASES


def expected(samples: Array, settings: Settings) -> Array:
    rows = []
    for spectra in _pairs.spectra(samples, settings):
        left, right = np.abs(spectra) ** 2
        weights = left + right
        if not weights.sum() > 0:
            rows.append((np.nan, np.nan))
            continue
        position = (right - left) / np.where(weights > 0, weights, 1)
        mean = np.average(position, weights=weights)
        rows.append((mean, np.sqrt(np.average((position - mean) ** 2, weights=weights))))
    return np.array(rows)
