"""Triangle after triangle over numpy.abs(librosa.stft) 0.11."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, MUSIC, Case, Settings, Tolerance, over
from tests.reference import _librosa

TOLERANCE = Tolerance(5e-7, 2e-6, "librosa rounds to complex64, weights are float32")
LEVELS = Tolerance(1e-4, 1e-4, "float32 of levels down to -100 dB", absolute=True)
BOECK = {"sample_rate": 44100, "hop_length": 441}
CASES = (
    *over(({}, {"sample_rate": 16000, "n_fft": 1024, "hop_length": 256}, *EDGES[:2])),
    Case({}, {}, MUSIC),
    *(
        Case({"bands_per_octave": bands, "scale": "log10_1p"}, {**BOECK, "n_fft": n})
        for bands, n in ((3, 1024), (6, 2048), (12, 4096))
    ),
    Case({"unique": False, "fmin": 100.0}),
    Case({"unit_area": False, "fref": 442.0, "fmax": 4000.0}),
    Case({"power": 2}),
    Case({"scale": "db"}, tolerance=LEVELS),
)


def expected(
    samples: Array, settings: Settings, *, power: float = 1.0, scale: str = "linear", **given: Any
) -> Array:
    spectrum = np.abs(_librosa.complex_spectrum(samples, settings)).astype(np.float64) ** power
    bands = [
        sum(weight * spectrum[k] for k, weight in triangle.items())
        for triangle in triangles(settings, **given)
    ]
    return _librosa.compressed(np.stack(bands, axis=1), scale=scale, power=power)


def triangles(
    settings: Settings,
    *,
    bands_per_octave: int = 12,
    fmin: float = 30.0,
    fmax: float | None = None,
    fref: float = 440.0,
    unique: bool = True,
    unit_area: bool = True,
) -> list[dict[int, float]]:
    """Weights of the bins of each band."""
    rate, n_fft = settings.sample_rate, settings.n_fft
    top = min(17000.0, rate / 2) if fmax is None else fmax
    bins = np.arange(n_fft // 2) * rate / n_fft
    tones = [fref * 2 ** (k / bands_per_octave) for k in range(-200, 200)]
    corners = [int(np.argmin(np.abs(bins - f))) for f in tones if fmin <= f <= top]
    if unique:
        corners = sorted(set(corners))
    found = []
    for i in range(len(corners) - 2):
        a, b, c = corners[i : i + 3]
        if c - a < 2:
            found.append({a: 1.0})
            continue
        weights = {k: (k - a) / (b - a) for k in range(a, b)}
        weights |= {k: (c - k) / (c - b) for k in range(b, c)}
        total = sum(weights.values()) if unit_area else 1
        found.append({k: w / total for k, w in weights.items()})
    return found
