"""librosa.feature.chroma_stft 0.11."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, MUSIC, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference import _librosa
from tests.signals import noise

TOLERANCE = Tolerance(3e-6, 4e-6, "float32 weights and sums; the tuning is on a grid of 0.01")
FLOAT32 = Tolerance(1e-5, 1e-5, "a float32 FFT adds a floor of rounding to quiet frames")
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *(case for case in heard() if case.signal != "clicks"),
    Case({"tuning": 0.0}, {}, "clicks"),  # flat but for rounding: its tuning is a toss-up
    *(Case({"tuning": value}) for value in (0.0, 0.3, -0.45)),
    *(Case({"n_chroma": count}) for count in (24, 36, 6)),
    Case({"n_chroma": 24, "tuning": 0.2}),
    *(Case({"norm": norm}) for norm in ("1", "2", None)),
    Case({"norm": "2", "tuning": 0.0}, {}, lambda rate: noise(rate, 1, 1e-14)),
    Case({"octwidth": None}),
    Case({"ctroct": 4.0, "octwidth": 1.5}),
    Case({"power": 1.0, "tuning": 0.1}),
    Case({"n_fft": 4096}, {}, MUSIC),
    Case({"tuning": 0.0}, {"precision": "float32"}, tolerance=FLOAT32),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    n_chroma: int = 12,
    norm: str | None = "inf",
    tuning: float | None = None,
    ctroct: float = 5.0,
    octwidth: float | None = 2.0,
    power: float = 2.0,
) -> Array:
    import librosa

    spectrum = np.abs(_librosa.complex_spectrum(samples, settings)) ** power
    theirs = librosa.feature.chroma_stft(
        S=spectrum,
        sr=settings.sample_rate,
        n_fft=settings.n_fft,
        n_chroma=n_chroma,
        norm=None if norm is None else float(norm),
        tuning=tuning,
        ctroct=ctroct,
        octwidth=octwidth,
    )
    return np.asarray(theirs.T)
