"""librosa.autocorrelate 0.11 of each frame."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, Case, Settings, Tolerance, heard, over
from tests.reference import _samples

TOLERANCE = Tolerance(2e-7, 2e-7, "rounded to float32")
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *heard(),
    *(Case({"max_size": size}) for size in (1, 100, 2048)),
    Case({"n_fft": 601, "max_size": 601}),
)


def expected(samples: Array, settings: Settings, *, max_size: int = 512) -> Array:
    import librosa

    frames = list(_samples.frames(samples, settings))
    found = [librosa.autocorrelate(frame, max_size=max_size) for frame in frames]
    return np.array(
        [
            row / row[0] if frame.any() else np.full(max_size, np.nan)
            for row, frame in zip(found, frames, strict=True)
        ]
    )
