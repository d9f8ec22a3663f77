"""Slope of scipy.stats.linregress over |librosa.stft|, divided by the frame's sum."""

import numpy as np
from scipy.stats import linregress

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference._spectra import frequencies, spectra, unless_silent

TOLERANCE = Tolerance(3e-7, 4e-7, "bins are float32 in both, rounded at other places")
FLOAT32 = Tolerance(3e-6, 3e-6, "a float32 FFT adds a floor of rounding to all bins")
FLAT = Tolerance(1e-12, 1e-12, "a click has a flat spectrum and slope 0", absolute=True)
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *(c for c in heard() if c.signal != "clicks"),
    *(c for c in heard({"power": 2.0}) if c.signal != "clicks"),
    Case({}, {}, "clicks", FLAT),
    *over(GRIDS, {"norm": False}),
    Case({"norm": False, "power": 2.0}),
    Case({"power": 0.5}),
    Case({"n_fft": 1024}),
    *(Case({}, {"precision": "float32"}, name, FLOAT32) for name in ("scene", "sine")),
)


def expected(samples: Array, settings: Settings, *, norm: bool = True, power: float = 1.0) -> Array:
    weights = spectra(samples, settings, power).astype(np.float64)
    hertz = frequencies(settings)
    slopes = np.asarray([linregress(hertz, frame).slope for frame in weights.T])
    if not norm:
        return slopes
    sums = weights.sum(axis=0)
    return unless_silent(slopes / np.where(sums > 0, sums, 1), weights)
