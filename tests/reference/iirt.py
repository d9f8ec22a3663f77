"""librosa.iirt 0.11."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, MUSIC, Case, Settings, Tolerance, over
from tests.reference import _librosa
from tests.signals import noise

TOLERANCE = Tolerance(1e-6, 1e-5, "float32; backward filters forget at 1e-9")
LEVELS = Tolerance(2e-3, 5e-2, "float32 of levels down to -100 dB", absolute=True)
CASES = (
    Case(start_bound=True),  # a hop is no whole number of samples at 882 Hz
    *over(({"sample_rate": 16000, "n_fft": 1024, "hop_length": 256}, EDGES[0])),
    *over(({"sample_rate": 44100}, {"hop_length": 441}), signal="noise"),
    Case({}, {}, MUSIC),
    Case({}, {}, lambda rate: noise(rate, 12)),
    Case({"tuning": 0.3}, {}, "harmonics"),
    Case({"scale": "db"}, tolerance=LEVELS),
)


def expected(
    samples: Array, settings: Settings, *, tuning: float = 0.0, scale: str = "linear"
) -> Array:
    import librosa

    energies = librosa.iirt(
        samples,
        sr=settings.sample_rate,
        win_length=settings.n_fft,
        hop_length=settings.hop_length,
        center=settings.center,
        tuning=tuning,
    )
    return _librosa.compressed(np.asarray(energies.T), scale=scale, power=2.0)
