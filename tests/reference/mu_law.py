"""librosa.mu_compress 0.11 of each frame, its codes counted."""

import numpy as np
import scipy.stats

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import EDGES, GRIDS, Case, Settings, Tolerance, heard, over
from tests.reference import _samples

TOLERANCE = Tolerance(1e-6, 1e-6, "rounded to float32", absolute=True)


def too_loud(rate: int) -> Array:
    return signals.noise(rate, 0.5, 0.8)


CASES = (
    *over(GRIDS),
    *over(EDGES),
    *heard(),
    *(Case({"mu": mu}) for mu in (1, 100, 65535)),
    Case({}, {}, too_loud),
    Case({"n_fft": 301}),
)


def expected(samples: Array, settings: Settings, *, mu: int = 255) -> Array:
    import librosa

    rows = []
    for frame in _samples.frames(samples, settings):
        inside = np.clip(frame, -1, 1)
        level = np.mean(np.abs(librosa.mu_compress(inside, mu=mu, quantize=False)))
        _, counts = np.unique(librosa.mu_compress(inside, mu=mu), return_counts=True)
        rows.append([level, scipy.stats.entropy(counts, base=2)])
    return np.array(rows)
