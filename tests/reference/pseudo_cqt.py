"""librosa.pseudo_cqt 0.11."""

from typing import Any

from audiofeat_cli.step import Array
from tests.cases import MUSIC, Case, Settings, Tolerance, over
from tests.reference import _cqt

TOLERANCE = Tolerance(5e-7, 2e-6, "float32 products, added in another order")
LEVELS = Tolerance(2e-3, 5e-2, "float32 of levels down to -100 dB", absolute=True)
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
    Case({}, {}, MUSIC),
    Case({"scale": "db"}, tolerance=LEVELS),
    Case({"tuning": 0.2, "bins_per_octave": 24, "n_bins": 90, "fmin": 110.0}),
    Case({"tuning": None, "fmin": 110.0, "n_bins": 48}, {}, MUSIC),
    Case({"length_scale": False, "filter_scale": 0.5, "norm": None}),
    Case({"fmin": 1000.0, "n_bins": 20}, {"hop_length": 1024}),
)


def expected(samples: Array, settings: Settings, *, scale: str = "linear", **renamed: Any) -> Array:
    import librosa

    return _cqt.magnitudes(librosa.pseudo_cqt, samples, settings, scale=scale, renamed=renamed)
