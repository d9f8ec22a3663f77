"""A loop over frames in float64."""

import warnings
from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import GRIDS, Case, Settings, Tolerance, heard, over
from tests.reference import _sources

TOLERANCE = Tolerance(6e-7, 6e-7, "float32 of the feature")
LEVELS = Tolerance(1e-4, 1e-4, "float32 of levels to -1131", absolute=True)
SPREADS = Tolerance(2e-6, 2e-6, "squares of levels to -1131 in float32")
CENTRES = Tolerance(6e-6, 2e-5, "float32 sums over bins, squared")
CASES = (
    Case({"of": "rms"}, start_bound=True),
    *over(GRIDS[1:3], {"of": "rms"}),
    *heard({"of": "rms", "length": 10}),
    *(Case({"of": "rms", "length": length}) for length in (1, 2, 3, 100)),
    *(Case({"of": "rms", "statistic": statistic}) for statistic in ("var", "std")),
    Case({"of": "mfcc"}, tolerance=LEVELS),
    *(Case({"of": "mfcc", "statistic": each}, tolerance=SPREADS) for each in ("var", "std")),
    *(Case({"of": "stft", "length": 4, "statistic": each}) for each in ("mean", "std")),
    Case({"of": "spectral_centroid", "length": 5}, tolerance=CENTRES),
    Case({"of": "spectral_centroid", "length": 13, "statistic": "std"}, tolerance=CENTRES),
)


def expected(
    samples: Array, settings: Settings, *, of: str, length: int = 43, statistic: str = "mean"
) -> Array:
    values = _sources.values_of(of, samples, settings)
    over_frames: Any = {"mean": np.nanmean, "var": np.nanvar, "std": np.nanstd}[statistic]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's, where all frames of a window are null
        rows = [
            over_frames(values[max(0, t + 1 - length) : t + 1], axis=0) for t in range(len(values))
        ]
    return np.stack(rows)
