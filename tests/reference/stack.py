"""A loop over frames; within the clip, librosa.feature.stack_memory 0.11 with its order turned."""

import numpy as np

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import GRIDS, Case, Settings, Tolerance, heard, over
from tests.reference import _sources

TOLERANCE = Tolerance(3e-7, 3e-7, "that of the feature: rms in float32")
LEVELS = Tolerance(2e-4, 2e-4, "that of the feature: levels to -1131", absolute=True)
CENTRES = Tolerance(6e-6, 6e-6, "that of the feature: float32 sums over bins")


def two_frames(rate: int) -> Array:
    return signals.noise(rate, 600 / rate)


CASES = (
    Case({"of": "rms"}),
    *over(GRIDS[1:3], {"of": "rms"}),
    *heard({"of": "rms", "before": 3, "after": 1}),
    Case({"of": "rms", "before": 0, "after": 4}),
    Case({"of": "rms", "before": 60, "after": 0}),
    Case({"of": "mel"}, tolerance=LEVELS),
    Case({"of": "mfcc", "before": 1, "after": 2}, tolerance=LEVELS),
    Case({"of": "spectral_centroid", "before": 2, "after": 2}, tolerance=CENTRES),
    Case({"of": "mfcc"}, {}, two_frames, LEVELS),
)


def expected(
    samples: Array, settings: Settings, *, of: str, before: int = 5, after: int = 5
) -> Array:
    import librosa

    values = _sources.values_of(of, samples, settings)
    last = len(values) - 1
    naive = np.stack(
        [
            np.concatenate([values[min(max(t + n, 0), last)] for n in range(-before, after + 1)])
            for t in range(last + 1)
        ]
    )
    size = before + 1 + after
    if len(values) > size:
        latest_first = librosa.feature.stack_memory(values.T, n_steps=size)
        turned = latest_first.reshape(size, -1, len(values))[::-1].reshape(-1, len(values)).T
        np.testing.assert_array_equal(naive[before : last + 1 - after], turned[size - 1 :])
    return naive
