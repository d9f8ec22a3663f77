"""A loop over frames of samples."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, Case, Settings, Tolerance, heard, over
from tests.reference import _librosa, _samples

TOLERANCE = Tolerance(0.0, 0.0, "a maximum is one of the samples: no rounding")
LEVELS = Tolerance(1e-5, 1e-5, "float32 of levels down to -100 dB", absolute=True)
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *heard(),
    Case({"n_fft": 300}),
    *(Case({"scale": scale}, tolerance=LEVELS) for scale in ("db", "log10", "ln", "log1p")),
    Case({"scale": "db"}, {}, "clicks", LEVELS),
    Case({"scale": "db", "amin": 1e-4}, tolerance=LEVELS, level_bound=True),
)


def expected(
    samples: Array, settings: Settings, *, scale: str = "linear", amin: float = 1e-10
) -> Array:
    peaks = np.array([np.abs(frame).max() for frame in _samples.frames(samples, settings)])
    return _librosa.compressed(peaks, scale=scale, power=1.0, amin=amin)
