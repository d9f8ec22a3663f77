"""librosa.salience 0.11, 0 where a bin is no peak."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, MUSIC, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference import _librosa

TOLERANCE = Tolerance(1e-6, 2e-6, "float32 of spectrum and sums")
CASES = (
    *over(GRIDS),
    *over(EDGES[:2]),
    *over(WINDOWS[3:5]),
    *(case for case in heard() if case.signal not in {"clicks", "dc"}),  # peaks of rounding
    *(Case({"filter_peaks": False}, {}, name) for name in ("clicks", "dc", "scene")),
    Case({"weights": None}, {}, MUSIC),
    Case({"harmonics": (0.5, 1.0, 1.5, 7.0), "weights": (0.3, 1.0, 0.0, 0.1)}, {}, MUSIC),
    Case({"fmin": 0.0, "fmax": 5000.0, "power": 2.0}),
    Case({"n_fft": 4096}, {}, MUSIC),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    fmin: float = 440 * 2 ** (-33 / 12),
    fmax: float = 440 * 2 ** (27 / 12),
    harmonics: tuple[float, ...] = (1, 2, 3, 4),
    weights: tuple[float, ...] | None = (1, 0.5, 0.33, 0.25),
    filter_peaks: bool = True,
    power: float = 1.0,
) -> Array:
    import librosa

    frequencies = np.fft.rfftfreq(settings.n_fft, 1 / settings.sample_rate)
    found = librosa.salience(
        np.abs(_librosa.complex_spectrum(samples, settings)) ** power,
        freqs=frequencies,
        harmonics=harmonics,
        weights=weights,
        filter_peaks=filter_peaks,
        fill_value=0,
    )
    return np.asarray(found[(frequencies >= fmin) & (frequencies <= fmax)].T)
