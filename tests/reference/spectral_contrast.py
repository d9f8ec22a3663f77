"""librosa.feature.spectral_contrast 0.11, undefined where a frame is silent."""

from typing import Any
from unittest import mock

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, TELEPHONE, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference._spectra import spectra, unless_silent

TOLERANCE = Tolerance(2e-5, 4e-5, "float32 of levels down to -100 dB", absolute=True)
LINEAR = Tolerance(1e-6, 1e-6, "float32 sums in another order")
FLOAT32 = Tolerance(5e-3, 1e-2, "a float32 FFT fills valleys with rounding", absolute=True)
NARROW = {"fmin": 100.0, "n_bands": 4, "quantile": 0.1}
_KINDS: tuple[dict[str, Any], ...] = ({}, {"power": 2.0}, {"top_db": None})
CASES = (
    Case({}),
    *over(GRIDS[1:2]),
    *over(GRIDS[2:3], {"n_bands": 5}),
    *over(GRIDS[3:]),
    *over(EDGES),
    *over(WINDOWS),
    *(c for each in _KINDS for c in heard(each) if c.signal != TELEPHONE),
    *(Case({"n_bands": 5, **each}, {}, TELEPHONE) for each in _KINDS),
    *over(GRIDS[:2], NARROW),
    Case({"linear": True}, tolerance=LINEAR),
    Case({"linear": True, "power": 2.0, "top_db": None}, tolerance=LINEAR),
    Case({"quantile": 0.9}),
    Case({"n_bands": 1}),
    Case({"power": 0.5}),
    Case({"top_db": 30.0, "power": 2.0}),
    Case({"n_fft": 1024}),
    Case({}, {"precision": "float32"}, "scene", FLOAT32),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    fmin: float = 200.0,
    n_bands: int = 6,
    quantile: float = 0.02,
    linear: bool = False,
    power: float = 1.0,
    top_db: float | None = 80.0,
) -> Array:
    import librosa
    from librosa.feature import spectral

    def levels(values: Array) -> Array:
        return np.asarray(librosa.power_to_db(values, top_db=top_db))

    weights = spectra(samples, settings, power)
    with mock.patch.object(spectral, "power_to_db", levels):  # librosa has top_db fixed at 80
        theirs = librosa.feature.spectral_contrast(
            S=weights,
            sr=settings.sample_rate,
            n_fft=settings.n_fft,
            fmin=fmin,
            n_bands=n_bands,
            quantile=quantile,
            linear=linear,
        )
    return unless_silent(theirs, weights)
