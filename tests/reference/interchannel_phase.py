"""The direction of a sum of unit vectors, each as long as its bin's energy, in float64."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Settings, Tolerance
from tests.reference import _pairs

DEFINED_ON = "stereo"
TOLERANCE = Tolerance(1e-5, 2e-5, "bins are rounded to float32", absolute=True, period=2 * np.pi)
CASES = _pairs.CASES


def expected(samples: Array, settings: Settings) -> Array:
    found = []
    for left, right in _pairs.spectra(samples, settings):
        lead = np.angle(left) - np.angle(right)
        total = np.sum(np.abs(left) * np.abs(right) * np.exp(1j * lead))
        found.append(np.angle(total) if abs(total) > 0 else np.nan)
    return np.array(found)
