"""Energies of bins, added up band by band and frame by frame in float64."""

from collections.abc import Sequence

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Case, Settings, Tolerance
from tests.reference import _pairs

DEFINED_ON = "stereo"
TOLERANCE = Tolerance(1e-4, 1e-3, "bins are rounded to float32", absolute=True)
TWO_BANDS = {"edges": (0.0, 1000.0, 8000.0)}
CASES = (
    *(case for case in _pairs.CASES if case.signal != _pairs.tones),
    Case(TWO_BANDS, {}, _pairs.tones),  # else bands hold rounding only
    Case(TWO_BANDS, {}, _pairs.scenes),
    # 504 samples and 1 ms make 512: the edges are bins.
    Case({"edges": (0.0, 1000.0, 4000.0)}, {"sample_rate": 8000, "n_fft": 504}, _pairs.scenes),
    Case({**TWO_BANDS, "n_fft": 1024}, {}, _pairs.unrelated),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    edges: Sequence[float] = (20.0, 150.0, 800.0, 4000.0, 20000.0),
) -> Array:
    hz = _pairs.frequencies(settings)
    rows = []
    for left, right in _pairs.spectra(samples, settings):
        row = []
        for band in range(len(edges) - 1):
            last = band == len(edges) - 2
            inside = (hz >= edges[band]) & ((hz < edges[band + 1]) | (last & (hz == edges[-1])))
            sums = [np.sum(np.abs(channel[inside]) ** 2) for channel in (left, right)]
            row.append(10 * np.log10(sums[0] / sums[1]) if min(sums) > 0 else np.nan)
        rows.append(row)
    return np.array(rows)
