"""A loop over frames in float64; windows as in Kaldi's apply-cmvn-sliding --center=true."""

import warnings
from dataclasses import replace

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import GRIDS, Case, Settings, Tolerance, heard, over
from tests.reference import _sources

TOLERANCE = Tolerance(2e-6, 2e-6, "float32 of the feature, over its deviation")
LEVELS = Tolerance(3e-4, 3e-4, "float32 of levels to -1131, less their mean", absolute=True)
STEADY = Tolerance(5e-4, 5e-4, "float32 of the feature, over the deviation of a steady tone")
SPREADS = Tolerance(2e-5, 2e-5, "float32 of levels to -1131, over their deviation", absolute=True)
CENTRES = Tolerance(2e-5, 2e-5, "float32 sums over bins, over their deviation")
CASES = (
    Case({"of": "rms"}, start_bound=True),
    *over(GRIDS[1:3], {"of": "rms"}),
    Case({"of": "rms", "variance": False}),
    *(replace(case, tolerance=STEADY) for case in heard({"of": "rms", "length": 20})),
    *(Case({"of": "rms", "length": n}, tolerance=STEADY) for n in (2, 3, 15)),
    Case({"of": "rms", "length": 600}),
    Case({"of": "rms", "length": 9, "variance": False}),
    Case({"of": "mfcc"}, tolerance=SPREADS),
    Case({"of": "mfcc", "length": 30}, tolerance=SPREADS),
    Case({"of": "mfcc", "variance": False}, tolerance=LEVELS),
    Case({"of": "mel", "length": 31}, tolerance=SPREADS),
    Case({"of": "spectral_centroid"}, tolerance=CENTRES),
    Case({"of": "spectral_centroid", "length": 16}, tolerance=CENTRES),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    of: str,
    length: int | None = None,
    variance: bool = True,
) -> Array:
    values = _sources.values_of(of, samples, settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's, where all frames of a window are null
        rows = [_row(values, t, length, variance) for t in range(len(values))]
    return np.stack(rows)


def _row(values: Array, t: int, length: int | None, variance: bool) -> Array:
    first, last = 0, len(values)
    if length is not None:
        first, last = t - length // 2, t - length // 2 + length
        if first < 0:
            first, last = 0, last - first
        if last > len(values):
            first, last = max(0, first - (last - len(values))), len(values)
    window = values[first:last]
    mean = np.nanmean(window, axis=0)
    if not variance:
        return np.asarray(values[t] - mean)
    deviation = np.nanstd(window, axis=0)
    deviation[deviation <= 1e-6 * np.abs(mean)] = np.nan
    return np.asarray((values[t] - mean) / deviation)
