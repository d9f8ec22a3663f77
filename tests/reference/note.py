"""librosa.hz_to_midi 0.11 of librosa.pyin, which rounds an f0 exactly between two notes to even."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import MUSIC, SPEECH, Case, Settings, Tolerance
from tests.reference import pyin

TOLERANCE = Tolerance(1e-3, 1e-3, "float32 of f0, in cents", absolute=True)
DEFINED_ON = "sine"
CASES = (
    Case(),
    Case({}, {}, "harmonics"),
    Case({"a4_hz": 432.0}, {}, "chirp"),
    Case({"fmin": 80.0, "fmax": 400.0}, {}, SPEECH),
    Case({}, {"sample_rate": 16000, "hop_length": 256}, MUSIC),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    a4_hz: float = 440.0,
    fmin: float = 440 * 2 ** (-33 / 12),
    fmax: float = 440 * 2 ** (27 / 12),
) -> Array:
    import librosa

    f0 = pyin.expected(samples, settings, fmin=fmin, fmax=fmax)[:, 0]
    midi = librosa.hz_to_midi(f0) - librosa.A4_to_tuning(a4_hz)
    nearest = np.ceil(midi - 0.5 + 1e-9)
    return np.stack([nearest, nearest, 100 * (midi - nearest)], axis=1)
