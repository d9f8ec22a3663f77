"""Peak after peak of numpy.abs(librosa.stft) 0.11, by the definition."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, MUSIC, SPEECH, TELEPHONE, WINDOWS, Case, Settings, Tolerance, over
from tests.reference import _librosa

TOLERANCE = Tolerance(1e-4, 1e-3, "peaks of librosa's complex64 lie some 1e-6 of a bin elsewhere")
CASES = (
    *over(({}, {"sample_rate": 16000, "n_fft": 1024, "hop_length": 256}, EDGES[0], WINDOWS[3])),
    *(Case({}, {}, name) for name in (MUSIC, SPEECH, TELEPHONE, "harmonics", "silence")),
    *(Case({"tuning": value}) for value in (0.0, 0.3)),
    *(Case({"size": size, "tuning": 0.0}) for size in (12, 120)),
    *(Case({"norm": norm, "tuning": 0.1}) for norm in ("1", None)),
    Case({"weighting": "squared_cosine", "window_size": 4 / 3}, {}, MUSIC),
    Case({"weighting": "nearest", "size": 12}, {}, MUSIC),
    Case({"n_peaks": 10, "fmin": 100.0, "fmax": 5000.0}, {}, MUSIC),
    Case({"n_fft": 4096, "window": "blackmanharris"}, {}, MUSIC),
)


def expected(
    samples: Array, settings: Settings, *, norm: str | None = "inf", **given: Any
) -> Array:
    energies = profile(samples, settings, **given)
    if norm is None:
        return energies
    length = np.linalg.norm(energies, ord=float(norm), axis=1, keepdims=True)
    return energies / np.where(length > 1e-30, length, 1)


def profile(
    samples: Array,
    settings: Settings,
    *,
    size: int = 36,
    n_peaks: int = 60,
    fmin: float = 20.0,
    fmax: float = 3500.0,
    weighting: str = "cosine",
    window_size: float = 1.0,
    tuning: float | None = None,
) -> Array:
    """(frames, size) energies."""
    import librosa

    magnitudes = np.abs(_librosa.complex_spectrum(samples, settings))
    bin_hz = settings.sample_rate / settings.n_fft
    if tuning is None:
        tuning = librosa.estimate_tuning(
            S=magnitudes, sr=settings.sample_rate, n_fft=settings.n_fft
        )
    c = 440.0 * 2 ** ((tuning - 9) / 12)
    out = np.zeros((magnitudes.shape[1], size))
    for frame, spectrum in zip(out, magnitudes.T.astype(np.float64), strict=True):
        for pitch, height in _peaks(spectrum, bin_hz, fmin, fmax)[:n_peaks]:
            place = size * np.log2(pitch / c)
            for number in range(int(place) - size, int(place) + size):
                semitones = abs(number - place) * 12 / size
                if weighting == "nearest":
                    weight = float(number == round(place))
                elif semitones <= window_size / 2:
                    weight = np.cos(np.pi * semitones / window_size)
                    weight = weight**2 if weighting == "squared_cosine" else weight
                else:
                    continue
                frame[number % size] += weight * height**2
    return out


def _peaks(spectrum: Array, bin_hz: float, fmin: float, fmax: float) -> list[tuple[float, float]]:
    """(Hz, height) of the local maxima, the highest first."""
    found = []
    for k in range(1, len(spectrum) - 1):
        left, here, right = spectrum[k - 1 : k + 2]
        if fmin <= k * bin_hz <= fmax and left < here >= right:
            shift = (left - right) / (2 * (left - 2 * here + right))
            found.append(((k + shift) * bin_hz, here - (left - right) * shift / 4))
    return sorted(found, key=lambda peak: -peak[1])
