"""numpy.abs(librosa.cqt) 0.11."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from audiofeat_cli.step import Array
from tests.cases import MUSIC, Case, Settings, Tolerance, heard, over
from tests.reference import _cqt
from tests.signals import noise

TOLERANCE = Tolerance(5e-7, 2e-6, "float32 products, added in another order")
FLOAT32 = Tolerance(1e-6, 5e-6, "a float32 FFT adds its own rounding")
LEVELS = Tolerance(2e-3, 5e-2, "float32 of levels down to -100 dB", absolute=True)
GRIDS: Sequence[Mapping[str, Any]] = (
    {},
    {"sample_rate": 16000, "n_fft": 1024, "hop_length": 256},
    {"sample_rate": 44100, "hop_length": 512},
    {"sample_rate": 44100, "hop_length": 2048},
    {"sample_rate": 22050, "hop_length": 300},
    {"center": False},
    {"center": False, "n_fft": 4096, "hop_length": 448},
)
"""The last but two halves only twice; hop 2048 halves twice before the first octave."""


def beginning(size: int) -> Callable[[int], Array]:
    """So many samples of noise."""

    def start(rate: int) -> Array:
        return noise(rate, 1)[:size]

    return start


CASES = (
    *over(GRIDS),
    *heard(),
    *(Case({}, {}, beginning(n)) for n in (1, 100, 511, 512, 5119)),
    Case({"n_bins": 83}, {"sample_rate": 8000, "n_fft": 512, "hop_length": 64}),
    Case({"n_bins": 30}),
    Case({"n_bins": 30}, {"hop_length": 24}),
    Case({"n_bins": 1}),
    Case({"fmin": 110.0, "n_bins": 48, "bins_per_octave": 24}),
    Case({"fmin": 110.0, "n_bins": 25}, {"hop_length": 1024}),
    Case({"tuning": 0.3}),
    Case({"tuning": None}, {}, MUSIC),
    Case({"tuning": None, "bins_per_octave": 36, "n_bins": 180}, {"hop_length": 256}, MUSIC),
    Case({"filter_scale": 0.5}),
    Case({"filter_window": "hamming"}),
    *(Case({"norm": norm}) for norm in ("2", "inf", None)),
    Case({"sparsity": 0.1}),
    Case({"sparsity": 0.0, "length_scale": False}),
    Case({"length_scale": False, "n_bins": 24}, {"hop_length": 2048}),
    Case({"power": 2}),
    Case({"scale": "db"}, tolerance=LEVELS),
    Case({"scale": "db", "power": 2, "top_db": 60.0}, tolerance=LEVELS),
    Case({"scale": "log1p"}),
    Case({}, {"precision": "float32"}, tolerance=FLOAT32),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    power: float = 1.0,
    scale: str = "linear",
    top_db: float | None = None,
    **renamed: Any,
) -> Array:
    import librosa

    return _cqt.magnitudes(
        librosa.cqt,
        samples,
        settings,
        power=power,
        scale=scale,
        top_db=top_db,
        renamed=renamed,
    )
