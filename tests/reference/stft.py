"""numpy.abs(librosa.stft) 0.11, and the sum of the definition where that is cheap."""

import numpy as np
import scipy.signal

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference import _librosa

TOLERANCE = Tolerance(2e-7, 4e-7, "librosa rounds to complex64, ours the energy to float32")
FLOAT32 = Tolerance(2e-7, 5e-7, "a float32 FFT is off by some 1e-7 of its frame's largest bin")
LEVELS = Tolerance(3e-5, 3e-5, "float32 of levels down to -100 dB", absolute=True)
SMALL = {"sample_rate": 8000, "n_fft": 256, "hop_length": 100, "win_length": 200}
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *heard(),
    Case({}, SMALL),
    Case({"power": 2}),
    Case({"power": 0.5}),
    Case({"power": 3.0}),
    Case({"n_fft": 512, "window": "hamming"}),
    Case({"n_fft": 4096}, {"sample_rate": 16000}),
    Case({}, {"precision": "float32"}, tolerance=FLOAT32),
    Case({"power": 2}, {"precision": "float32", "window": "hamming"}, tolerance=FLOAT32),
    *(Case({"scale": scale}, tolerance=LEVELS) for scale in ("db", "log10", "ln", "log1p")),
    *(Case({"scale": scale, "power": 2}, tolerance=LEVELS) for scale in ("db", "log10", "ln")),
    Case({"scale": "db", "amin": 1e-5}, tolerance=LEVELS, level_bound=True),
    Case({"scale": "db", "top_db": 60.0}, tolerance=LEVELS),
    Case({"scale": "db", "top_db": 60.0, "power": 2.0}, {}, "chirp", tolerance=LEVELS),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    power: float = 1.0,
    scale: str = "linear",
    amin: float = 1e-10,
    top_db: float | None = None,
) -> Array:
    magnitude = np.abs(_librosa.complex_spectrum(samples, settings)).astype(np.float64)
    if settings.n_fft <= 256:
        naive = _sums(samples, settings)
        np.testing.assert_allclose(magnitude, naive, atol=1e-6 * naive.max(), rtol=0)
    return _librosa.compressed(
        magnitude.T**power, scale=scale, power=power, top_db=top_db, amin=amin
    )


def _sums(samples: Array, settings: Settings) -> Array:
    """(bins, frames): the sum over n of x[n] w[n] exp(-2 pi i k n / N), by matrix product."""
    size, window = settings.n_fft, scipy.signal.get_window(settings.window, settings.window_samples)
    before = (size - len(window)) // 2
    weights = np.pad(window, (before, size - len(window) - before))
    padded = np.pad(samples.astype(np.float64), size // 2)
    starts = range(0, len(padded) - size + 1, settings.hop_length)
    frames = np.stack([padded[s : s + size] * weights for s in starts], axis=1)
    turns = np.outer(np.arange(1 + size // 2), np.arange(size)) / size
    return np.asarray(np.abs(np.exp(-2j * np.pi * turns) @ frames))
