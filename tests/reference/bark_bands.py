"""Sums of |librosa.stft| ** power by numpy.digitize and numpy.bincount."""

from dataclasses import replace

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference._librosa import compressed
from tests.reference._spectra import histogram

TOLERANCE = Tolerance(1e-5, 1e-5, "float32 sums over bins")
LEVELS = Tolerance(3e-5, 3e-5, "float32 of levels down to -100 dB", absolute=True)
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *heard(),
    *over(GRIDS, {"n_bands": 10}),
    *(replace(case, tolerance=LEVELS) for case in heard({"scale": "db", "n_bands": 18})),
    Case({"power": 1.0}),
    *(Case({"scale": scale}, tolerance=LEVELS) for scale in ("db", "log10", "ln", "log1p")),
    Case({"scale": "db", "power": 1.0}, tolerance=LEVELS),
    Case({"n_fft": 256, "n_bands": 12, "allow_empty_bands": True}),
)
CRITICAL = (100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320, 2700, 3150)
EDGES_HZ = (0, 50, 100, 150, *CRITICAL[1:], 3700, 4400, 5300, 6400, 7700, 9500, 12000, 15500)
ALL_EDGES = (*EDGES_HZ, 20500, 27000)


def expected(
    samples: Array,
    settings: Settings,
    *,
    n_bands: int | None = None,
    power: float = 2.0,
    scale: str = "linear",
    allow_empty_bands: bool = False,
) -> Array:
    del allow_empty_bands
    if n_bands is None:
        n_bands = sum(edge < settings.sample_rate / 2 for edge in ALL_EDGES[:-1])
    bands = histogram(samples, settings, np.asarray(ALL_EDGES[: n_bands + 1]), power)
    return compressed(bands, scale=scale, power=power)
