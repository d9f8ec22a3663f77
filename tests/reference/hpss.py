"""librosa.decompose.hpss 0.11 of numpy.abs(librosa.stft); energies are sums of squares."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, MUSIC, Case, Settings, Tolerance, heard, over
from tests.reference import _librosa

TOLERANCE = Tolerance(5e-6, 1e-5, "float32 masks, librosa's spectrum is complex64")
CASES = (
    *over(GRIDS),
    *over(EDGES[:2]),
    *heard(),
    Case({"kernel_size": 17}),
    Case({"kernel_size": (8, 33)}),
    Case({"kernel_size": (1, 2)}),
    Case({"kernel_size": (101, 255)}),
    Case({"power": 1.0}),
    Case({"power": 3.5}),
    Case({"margin": 2.0}),
    Case({"margin": (1.0, 5.0)}, {}, MUSIC),
    Case({"n_fft": 1024}, {}, "music/drums/drum loop 100 bpm.flac"),
)


def expected(samples: Array, settings: Settings, **given: Any) -> Array:
    import librosa

    magnitudes = np.abs(_librosa.complex_spectrum(samples, settings))
    parts = librosa.decompose.hpss(magnitudes, **given)
    harmonic, percussive = (np.square(part, dtype=np.float64).sum(axis=0) for part in parts)
    both = harmonic + percussive
    ratio = np.where(both > 0, harmonic / np.where(both > 0, both, 1), np.nan)
    return np.stack([harmonic, percussive, ratio], axis=1)
