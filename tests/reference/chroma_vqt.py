"""librosa.feature.chroma_vqt 0.11."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import MUSIC, Case, Settings, Tolerance, over
from tests.reference import _cqt

TOLERANCE = Tolerance(1e-5, 3e-5, "float32 sums; the norm of a quiet frame raises their rounding")
CASES = (
    Case(start_bound=True),  # frames that only a filter's tail reaches are rounding, raised to 1
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
    *(Case({"intervals": name}) for name in ("equal", "pythagorean", "ji7")),
    Case({"intervals": (1.0, 1.125, 1.25, 1.5, 1.75), "n_octaves": 5, "fmin": 110.0}, {}, MUSIC),
    Case({"gamma": 10.0, "norm": None, "threshold": 0.05}),
    Case({"bins_per_octave": 24, "norm": "2"}),
)


def expected(
    samples: Array, settings: Settings, *, norm: str | None = "inf", **given: Any
) -> Array:
    import librosa

    given = {"intervals": "ji5", **given}
    if isinstance(given["intervals"], tuple):
        given["intervals"] = np.array(given["intervals"])
    theirs = librosa.feature.chroma_vqt(
        y=samples,
        sr=settings.sample_rate,
        hop_length=settings.hop_length,
        norm=None if norm is None else float(norm),
        **given,
    )
    return np.asarray(theirs.T[_cqt.frames_of(samples, settings)])
