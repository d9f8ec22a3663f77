"""Gammatone filters of Glasberg and Moore's bandwidths over |librosa.stft|, a loop in float64."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference._librosa import compressed
from tests.reference._spectra import frequencies, spectra

TOLERANCE = Tolerance(1e-6, 1e-6, "float32 weights and sums")
LEVELS = Tolerance(3e-5, 3e-5, "float32 of levels down to -100 dB", absolute=True)
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *heard(),
    *over(GRIDS, {"n_bands": 10, "fmin": 100.0, "fmax": 3800.0}),
    Case({"power": 1.0}),
    *(Case({"scale": scale}, tolerance=LEVELS) for scale in ("db", "log10", "ln", "log1p")),
    Case({"scale": "db", "power": 1.0}, tolerance=LEVELS),
    Case({"n_fft": 1024}),
)


def erb_rate(frequency: float) -> float:
    return float(21.4 * np.log10(4.37 * frequency / 1000 + 1))


def expected(
    samples: Array,
    settings: Settings,
    *,
    n_bands: int = 40,
    fmin: float = 50.0,
    fmax: float | None = None,
    power: float = 2.0,
    scale: str = "linear",
) -> Array:
    weights = spectra(samples, settings).astype(np.float64) ** power
    hertz = frequencies(settings)
    low, high = erb_rate(fmin), erb_rate(fmax or settings.sample_rate / 2)
    bands = []
    for band in range(n_bands):
        centre = (10 ** ((low + (high - low) * band / n_bands) / 21.4) - 1) * 1000 / 4.37
        width = 1.019 * 24.7 * (4.37 * centre / 1000 + 1)
        response = 1 / (1 + ((hertz - centre) / width) ** 2) ** 2
        bands.append((weights * response[:, np.newaxis] ** power).sum(axis=0))
    return compressed(np.asarray(bands).T, scale=scale, power=power)
