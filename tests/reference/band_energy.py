"""Sums of |librosa.stft| ** power by numpy.digitize and numpy.bincount."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference._librosa import compressed
from tests.reference._spectra import histogram

TOLERANCE = Tolerance(1e-5, 1e-5, "float32 sums over bins")
LEVELS = Tolerance(3e-5, 3e-5, "float32 of levels down to -100 dB", absolute=True)
FLOAT32 = Tolerance(1e-6, 1e-6, "a float32 FFT adds a floor of rounding to all bins")
OWN = {"edges": (0.0, 300.0, 3400.0, 11025.0)}
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *heard(),
    *over(GRIDS[:2], {"edges": (100.0, 1000.0)}),
    Case(OWN),
    Case({**OWN, "power": 1.0}),
    *(Case({"scale": scale}, tolerance=LEVELS) for scale in ("db", "log10", "ln", "log1p")),
    Case({"scale": "db", "power": 1.0}, tolerance=LEVELS),
    Case({"scale": "db", "amin": 1e-5}, tolerance=LEVELS, level_bound=True),
    Case({"edges": (1000.0, 1001.0, 2000.0), "allow_empty_bands": True}),
    Case({"n_fft": 1024}),
    Case({}, {"precision": "float32"}, "scene", FLOAT32),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    edges: tuple[float, ...] = (20.0, 150.0, 800.0, 4000.0, 20000.0),
    power: float = 2.0,
    scale: str = "linear",
    amin: float = 1e-10,
    allow_empty_bands: bool = False,
) -> Array:
    del allow_empty_bands
    if settings.sample_rate == 8000:
        edges = edges[:4]
    bands = histogram(samples, settings, np.asarray(edges), power)
    return compressed(bands, scale=scale, power=power, amin=amin)
