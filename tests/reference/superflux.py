"""librosa.onset.onset_strength 0.11 with the arguments of its example plot_superflux."""

from dataclasses import replace
from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import GRIDS, Case, Settings, Tolerance, over
from tests.reference import _librosa, _onsets

TOLERANCE = Tolerance(3e-5, 3e-5, "float32 of levels down to -100 dB, their difference", True)
CASES = (
    *over(GRIDS),
    Case({}, {"sample_rate": 44100, "n_fft": 2048, "hop_length": 220}, "scene"),
    *(Case({}, {}, name) for name in (_onsets.LOOP, "silence", "clicks", "noise")),
    Case({"fmax": 8000.0, "n_mels": 60, "lag": 1, "max_size": 5}),
    Case({"n_fft": 2048, "fmin": 100.0, "detrend": True}),
    Case({"top_db": 60.0}, {"center": False}),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    n_mels: int = 138,
    fmin: float = 27.5,
    fmax: float = 16000.0,
    top_db: float = 80.0,
    **onset: Any,
) -> Array:
    import librosa

    own = 1024 if settings.win_length is None else settings.n_fft  # a case's own fills both
    mine = replace(settings, n_fft=own, win_length=own)
    bands = librosa.feature.melspectrogram(
        S=np.abs(_librosa.complex_spectrum(samples, mine)) ** 2,
        sr=mine.sample_rate,
        n_fft=own,
        n_mels=n_mels,
        fmin=fmin,
        fmax=min(fmax, mine.sample_rate / 2),
    )
    levels = librosa.power_to_db(bands, top_db=top_db)
    found = librosa.onset.onset_strength(
        S=levels,
        sr=mine.sample_rate,
        n_fft=own,
        hop_length=mine.hop_length,
        center=mine.center,
        **{"lag": 2, "max_size": 3, **onset},
    )
    return np.asarray(found)
