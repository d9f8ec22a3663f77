"""numpy.angle(librosa.stft) 0.11, of signals that leave no bin to rounding.

A bin that is 1e-12 of the loudest is rounding, and its angle is anybody's: these are what is left
out where only all but one value in a thousand are compared.
"""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import (
    EDGES,
    GRIDS,
    MUSIC,
    SPEECH,
    TELEPHONE,
    WINDOWS,
    Case,
    Settings,
    Tolerance,
    over,
)
from tests.reference import _librosa

TOLERANCE = Tolerance(
    2e-6, np.pi, "float32 of angles up to pi; bins of rounding", absolute=True, period=2 * np.pi
)
CLEAR = Tolerance(2e-6, 2e-5, "float32 of angles up to pi", absolute=True, period=2 * np.pi)
FLOAT32 = Tolerance(0.1, np.pi, "a float32 FFT spoils quiet bins", absolute=True, period=2 * np.pi)
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *(Case({}, {}, name, CLEAR) for name in ("noise", "silence")),
    *(Case({}, {}, name) for name in (MUSIC, SPEECH, TELEPHONE)),
    Case({"n_fft": 512, "window": "hamming"}),
    Case({}, {"precision": "float32"}, "noise", FLOAT32),
)


def expected(samples: Array, settings: Settings) -> Array:
    transform = _librosa.complex_spectrum(samples, settings).T
    return np.where(transform == 0, np.nan, np.angle(transform))
