"""A loop over frames of samples in float64; pyAudioAnalysis's formula where its blocks fit."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, Case, Settings, Tolerance, heard, over
from tests.reference import _samples

TOLERANCE = Tolerance(1e-6, 1e-6, "shares rounded to float32", absolute=True)
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *heard(),
    Case({"n_fft": 2000}, {"hop_length": 500}),
    Case({"n_fft": 301}),
    Case({"n_blocks": 1}, {}, "noise"),
    Case({"n_blocks": 64}),
)


def expected(samples: Array, settings: Settings, *, n_blocks: int = 10) -> Array:
    return np.array([_entropy(f, n_blocks) for f in _samples.frames(samples, settings)])


def _entropy(frame: Array, n_blocks: int) -> float:
    size = len(frame) // n_blocks
    energies = [np.sum(frame[i * size : (i + 1) * size] ** 2) for i in range(n_blocks)]
    if sum(energies) == 0:
        return float("nan")
    found = -sum(e / sum(energies) * np.log2(e / sum(energies)) for e in energies if e > 0)
    if len(frame) == n_blocks * size:
        eps = 1e-8  # theirs, which keeps a logarithm of 0 away and costs digits of quiet frames
        shares = np.array(energies) / (np.sum(frame**2) + eps)
        if np.sum(frame**2) > 1:
            assert abs(-np.sum(shares * np.log2(shares + eps)) - found) < 1e-6
    return float(found)
