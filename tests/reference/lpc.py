"""Burg in long double for each windowed frame; librosa.lpc 0.11 where it keeps its digits.

librosa updates the error's energy instead of adding it up. Where little is left of it (speech at 8
kHz, taken to a higher rate) its coefficients are off by 1e-3 of their largest.
"""

import numpy as np
import scipy.signal

from audiofeat_cli.step import Array
from tests.cases import (
    EDGES,
    GRIDS,
    MUSIC,
    SPEECH,
    TELEPHONE,
    WINDOWS,
    Case,
    Settings,
    Tolerance,
    over,
)
from tests.reference import _samples

TOLERANCE = Tolerance(2e-7, 2e-7, "rounded to float32")
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *(Case({}, {}, name) for name in ("noise", "clicks", "silence", "square", SPEECH, TELEPHONE)),
    *(Case({"order": order}, {}, SPEECH) for order in (1, 2, 8, 13)),
    Case({"order": 4}, {}, MUSIC),
    Case({"order": 3, "n_fft": 601}, {"center": False}),
)


def expected(samples: Array, settings: Settings, *, order: int = 16) -> Array:
    import librosa

    length = settings.window_samples
    window = scipy.signal.get_window(settings.window, length)
    start = (settings.n_fft - length) // 2
    rows = []
    for frame in _samples.frames(samples, settings):
        part = frame[start : start + length] * window
        if not part.any():
            rows.append(np.full(order + 1, np.nan))
            continue
        coefficients, left = _burg(part.astype(np.longdouble), order)
        if left > 1e-5:
            theirs = librosa.lpc(part, order=order)
            scale = np.abs(theirs).max()
            np.testing.assert_allclose(coefficients, theirs, rtol=0, atol=1e-6 * scale)
        rows.append(coefficients)
    return np.array(rows)


def _burg(frame: Array, order: int) -> tuple[Array, float]:
    """(1 + order,) coefficients, and the share of the energy that is not predicted."""
    forward, backward, found = frame[1:], frame[:-1], np.ones(1, np.longdouble)
    energy = first = forward @ forward + backward @ backward
    for _ in range(order):
        k = -2 * (forward @ backward) / energy if energy > 0 else 0
        padded = np.append(found, 0)
        found = padded + k * padded[::-1]
        forward, backward = (forward + k * backward)[1:], (backward + k * forward)[:-1]
        energy = forward @ forward + backward @ backward
    return found.astype(np.float64), float(energy / first)
