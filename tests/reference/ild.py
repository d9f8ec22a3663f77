"""Levels of the channels of each frame, one after the other, in float64."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Case, Settings, Tolerance
from tests.reference import _pairs

DEFINED_ON = "stereo"
TOLERANCE = Tolerance(1e-5, 1e-5, "float32 of up to 60 dB", absolute=True)
CASES = (*_pairs.CASES, Case({"n_fft": 500}, {}, _pairs.scenes))


def expected(samples: Array, settings: Settings) -> Array:
    levels = []
    for left, right in _pairs.frames(samples, settings):
        rms = [np.sqrt(np.mean(channel**2)) for channel in (left, right)]
        levels.append(20 * np.log10(rms[0] / rms[1]) if min(rms) > 0 else np.nan)
    return np.array(levels)
