"""librosa.feature.chroma_cens 0.11."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import MUSIC, Case, Settings, Tolerance, over
from tests.reference import _cqt

TOLERANCE = Tolerance(2e-6, 1e-5, "float32 sums, in another order")
CASES = (
    Case(start_bound=True),  # its smoothing lacks the rows before the first
    *over(
        (
            {},
            {"sample_rate": 16000, "n_fft": 1024, "hop_length": 256},
            {"sample_rate": 44100},
            {"hop_length": 300},
        )
    ),
    *(Case({}, {}, name) for name in (MUSIC, "chirp", "silence", "noise")),
    *(Case({"norm": norm}, {}, MUSIC) for norm in ("1", "inf", None)),
    *(Case({"win_len_smooth": size}, {}, MUSIC) for size in (None, 11, 20, 1)),
    Case({"n_chroma": 24, "bins_per_octave": 24, "tuning": 0.0}, {}, MUSIC),
)


def expected(samples: Array, settings: Settings, *, norm: str | None = "2", **given: Any) -> Array:
    import librosa

    theirs = librosa.feature.chroma_cens(
        y=samples,
        sr=settings.sample_rate,
        hop_length=settings.hop_length,
        norm=None if norm is None else float(norm),
        **given,
    )
    return np.asarray(theirs.T[_cqt.frames_of(samples, settings)])
