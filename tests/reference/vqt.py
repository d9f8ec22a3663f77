"""librosa.vqt 0.11."""

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
    *(Case({"gamma": gamma}) for gamma in (0.0, 20.0)),
    *(Case({"intervals": name}) for name in ("pythagorean", "ji3", "ji5", "ji7")),
    Case({"intervals": (1.0, 1.125, 1.25, 1.5, 1.75), "n_bins": 25, "fmin": 55.0}),
    Case({"intervals": "ji5", "bins_per_octave": 24, "n_bins": 100, "fmin": 55.0}),
    Case({"tuning": -0.2, "filter_scale": 2.0, "norm": "2"}),
    Case({"length_scale": False, "sparsity": 0.0}),
)


def expected(samples: Array, settings: Settings, *, scale: str = "linear", **renamed: Any) -> Array:
    import librosa

    return _cqt.magnitudes(librosa.vqt, samples, settings, scale=scale, renamed=renamed)
