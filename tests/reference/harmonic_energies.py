"""librosa.f0_harmonics 0.11 of librosa.pyin; it gives 0 where there is no f0."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import MUSIC, SPEECH, Case, Settings, Tolerance
from tests.reference import _librosa, _partials

TOLERANCE = Tolerance(1e-5, 2e-5, "librosa's spectrum is complex64, our f0 float32")
DEFINED_ON = "sine"
CASES = (
    Case(),
    Case({}, {}, "harmonics"),
    Case({"n_partials": 20}, {"sample_rate": 8000, "n_fft": 512, "hop_length": 80}, "sine"),
    Case({"power": 1.0, "n_partials": 5}, {}, MUSIC),
    Case({"fmin": 80.0, "fmax": 400.0}, {}, SPEECH),
    Case({"n_fft": 4096}, {}, MUSIC),
    Case({}, {"center": False}, "harmonics"),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    n_partials: int = 10,
    power: float = 2.0,
    **given: Any,
) -> Array:
    import librosa

    spectra = np.abs(_librosa.complex_spectrum(samples, settings)) ** power
    f0 = _partials.f0_of(samples, settings, **given)[: spectra.shape[1]]
    found = librosa.f0_harmonics(
        spectra,
        f0=f0,
        freqs=np.fft.rfftfreq(settings.n_fft, 1 / settings.sample_rate),
        harmonics=np.arange(1, n_partials + 1),
    )
    return np.where(np.isnan(f0), np.nan, found).T
