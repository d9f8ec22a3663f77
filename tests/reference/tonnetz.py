"""librosa.feature.tonnetz 0.11."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import MUSIC, Case, Settings, Tolerance, over
from tests.reference import _cqt

TOLERANCE = Tolerance(1e-5, 3e-5, "float32 sums; the norm of a quiet frame raises their rounding")
CASES = (
    *over(
        (
            {},
            {"sample_rate": 16000, "n_fft": 1024, "hop_length": 256},
            {"sample_rate": 44100},
            {"hop_length": 300},
            {"center": False},
        )
    ),
    *(Case({}, {}, name) for name in (MUSIC, "chirp", "silence", "noise")),
    Case({"tuning": 0.1, "n_chroma": 36, "n_octaves": 5}),
)


def expected(samples: Array, settings: Settings, **given: Any) -> Array:
    import librosa

    theirs = librosa.feature.tonnetz(
        y=samples,
        sr=settings.sample_rate,
        hop_length=settings.hop_length,
        **given,
    )
    return np.asarray(theirs.T[_cqt.frames_of(samples, settings)])
