"""librosa.feature.chroma_cqt 0.11."""

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
    *(Case({"tuning": value}) for value in (0.0, 0.3)),
    *(Case({"norm": norm}) for norm in ("1", "2", None)),
    Case({"n_chroma": 24, "bins_per_octave": 24}, {}, MUSIC),
    Case({"n_chroma": 6, "n_octaves": 3, "fmin": 220.0}),
    Case({"threshold": 0.05, "norm": None}),
    Case({"cqt_mode": "hybrid"}),
)


def expected(
    samples: Array, settings: Settings, *, norm: str | None = "inf", **given: Any
) -> Array:
    import librosa

    theirs = librosa.feature.chroma_cqt(
        y=samples,
        sr=settings.sample_rate,
        hop_length=settings.hop_length,
        norm=None if norm is None else float(norm),
        **given,
    )
    return np.asarray(theirs.T[_cqt.frames_of(samples, settings)])
