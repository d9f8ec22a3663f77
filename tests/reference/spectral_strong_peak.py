"""The strongest peak of |librosa.stft| over its width, frame by frame."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference._spectra import spectra

TOLERANCE = Tolerance(1e-6, 1e-6, "float32 bins")
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *heard(),
    *heard({"power": 2.0}),
    Case({"power": 0.5}),
    Case({"n_fft": 1024}),
)


def expected(samples: Array, settings: Settings, *, power: float = 1.0) -> Array:
    return np.asarray([_strength(frame) for frame in spectra(samples, settings, power).T])


def _strength(frame: Array) -> float:
    top = int(np.argmax(frame))
    height = float(frame[top])
    if height == 0:
        return float("nan")
    left, right = top, top + 1
    while left > 0 and frame[left - 1] >= height / 2:
        left -= 1
    while right < len(frame) and frame[right] >= height / 2:
        right += 1
    return height / np.log10(right / left) if left > 0 else 0.0
