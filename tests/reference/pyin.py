"""librosa.pyin 0.11."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Case, Settings, Tolerance, heard

TOLERANCE = Tolerance(1e-5, 2e-5, "librosa correlates in float32; f0 lies on the same grid")
DEFINED_ON = "sine"
CASES = (
    *(case for case in heard() if case.signal != "clicks"),  # there librosa reads rounding
    Case({}, {"sample_rate": 16000, "hop_length": 256}),
    Case({}, {"sample_rate": 44100, "hop_length": 441}, "harmonics"),
    Case({"fmin": 100.0, "frame_length": 512}, {"sample_rate": 8000, "hop_length": 80}),
    Case({}, {"center": False}),
    Case({"fmin": 80.0, "fmax": 400.0, "resolution": 0.2}, {}, "speech/vowels.wav"),
    Case({"switch_prob": 0.2, "no_trough_prob": 0.1, "max_transition_rate": 10.0}, {}, "chirp"),
    Case({"n_thresholds": 40, "beta_parameters": (1.0, 8.0), "boltzmann_parameter": 1.0}),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    fmin: float = 440 * 2 ** (-33 / 12),
    fmax: float = 440 * 2 ** (27 / 12),
    **more: Any,
) -> Array:
    import librosa

    found = librosa.pyin(
        samples,
        fmin=fmin,
        fmax=fmax,
        sr=settings.sample_rate,
        hop_length=settings.hop_length,
        center=settings.center,
        **more,
    )
    return np.stack(found, axis=1)
