"""librosa.onset.onset_strength 0.11."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference import _librosa, mel

TOLERANCE = Tolerance(3e-5, 3e-5, "float32 of levels down to -100 dB, their difference", True)
FLOAT32 = Tolerance(0.1, 0.1, "a float32 FFT fills quiet bands with rounding", absolute=True)
SUPERFLUX = {"n_fft": 1024, "n_mels": 138, "fmin": 27.5, "fmax": 10000.0, "lag": 2, "max_size": 3}


def one_frame(rate: int) -> Array:
    return signals.noise(rate, 500 / rate)


CASES = (
    *over(GRIDS[:2]),
    *over(GRIDS, {"n_mels": 40}),
    *over(EDGES, {"n_mels": 40}),
    *over(WINDOWS[:3]),
    *heard({"n_mels": 64}),
    Case(
        SUPERFLUX | {"allow_empty_bands": True},
        {"n_fft": 2048, "hop_length": 110},
        "music/drums/drum loop 100 bpm.flac",
    ),
    *(Case({"lag": lag}) for lag in (2, 5, 100)),
    *(Case({"max_size": size}) for size in (2, 3, 5, 8)),
    Case({"lag": 2, "max_size": 3}, {"center": False}),
    Case({"aggregate": "median"}),
    Case({"detrend": True}),
    Case({"detrend": True, "lag": 2}, {"center": False}),
    Case({"top_db": 40.0}),
    Case({"top_db": None}),
    Case({"n_fft": 1024, "n_mels": 64}),
    Case({"htk": True, "norm": None, "fmin": 50.0, "fmax": 8000.0, "n_mels": 40}),
    Case({}, {}, one_frame),
    Case({}, {"precision": "float32"}, tolerance=FLOAT32),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    top_db: float | None = 80.0,
    lag: int = 1,
    max_size: int = 1,
    aggregate: str = "mean",
    detrend: bool = False,
    allow_empty_bands: bool = False,
    **bands: Any,
) -> Array:
    """From centred frames and with `top_db` 80, librosa from samples on; it has no other."""
    import librosa

    del allow_empty_bands
    rest: dict[str, Any] = {
        "lag": lag,
        "max_size": max_size,
        "detrend": detrend,
        "aggregate": np.median if aggregate == "median" else np.mean,
        "center": settings.center,
    }
    grid: dict[str, Any] = {"n_fft": settings.n_fft, "hop_length": settings.hop_length}
    levels = mel.expected(samples, settings, top_db=top_db, **bands)
    if len(levels) <= lag:
        return np.zeros(len(levels))
    theirs = librosa.onset.onset_strength(S=levels.T, sr=settings.sample_rate, **grid, **rest)
    if top_db == 80 and settings.center:
        whole = librosa.onset.onset_strength(
            y=samples,
            sr=settings.sample_rate,
            feature=librosa.feature.melspectrogram,
            **{"fmax": settings.sample_rate / 2, **bands},
            **_librosa.stft_arguments(settings),
            **{k: v for k, v in rest.items() if k != "center"},
        )
        np.testing.assert_allclose(theirs, whole, atol=1e-4, rtol=0)
    return np.asarray(theirs)
