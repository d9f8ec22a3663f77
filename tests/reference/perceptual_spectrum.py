"""librosa.perceptual_weighting 0.11."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference import _librosa

TOLERANCE = Tolerance(3e-5, 3e-5, "float32 of levels down to -180 dB", absolute=True)
CASES = (
    *over(GRIDS),
    *over(EDGES[:2]),
    *over(WINDOWS[:3]),
    *heard(),
    *(Case({"weighting": curve}) for curve in "ABCDZ"),
    Case({"min_db": -20.0}),
    Case({"n_fft": 512, "weighting": "C"}),
    Case({"amin": 1e-6}, level_bound=True),
    Case({"top_db": 60.0}),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    weighting: str = "A",
    min_db: float = -80.0,
    amin: float = 1e-10,
    top_db: float | None = None,
) -> Array:
    import librosa

    energies = np.abs(_librosa.complex_spectrum(samples, settings)).astype(np.float64) ** 2
    hertz = np.fft.rfftfreq(settings.n_fft, 1 / settings.sample_rate)
    if min_db == -80:
        found = librosa.perceptual_weighting(
            energies, hertz, kind=weighting, amin=amin, top_db=top_db
        )
    else:
        curve = librosa.frequency_weighting(hertz, kind=weighting, min_db=min_db)
        found = librosa.power_to_db(energies, amin=amin, top_db=top_db) + curve[:, np.newaxis]
    return np.asarray(found).T
