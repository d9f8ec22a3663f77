"""librosa.feature.zero_crossing_rate 0.11."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, Case, Settings, Tolerance, heard, over

TOLERANCE = Tolerance(1e-7, 1e-7, "counts divided by a power of two, rounded to float32")
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *heard(),
    *(Case({"threshold": value}, level_bound=True) for value in (1e-3, 0.05, 2.0)),
    Case({"n_fft": 255}),
)


def expected(samples: Array, settings: Settings, *, threshold: float = 1e-10) -> Array:
    import librosa

    theirs = librosa.feature.zero_crossing_rate(
        samples,
        frame_length=settings.n_fft,
        hop_length=settings.hop_length,
        center=settings.center,
        threshold=threshold,
    )
    return np.asarray(theirs.T)
