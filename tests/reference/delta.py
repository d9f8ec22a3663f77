"""scipy.signal.savgol_filter over librosa's features, as librosa.feature.delta 0.11 calls it."""

import math

import numpy as np
import scipy.signal

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import GRIDS, Case, Settings, Tolerance, heard, over
from tests.reference import mel, mfcc, rms, spectral_centroid

TOLERANCE = Tolerance(3e-6, 3e-6, "float32 of the feature, differentiated")
LEVELS = Tolerance(4e-4, 4e-4, "float32 of levels to -1131, differentiated", absolute=True)
SOURCES = {
    "rms": rms.expected,
    "mel": mel.expected,
    "mfcc": mfcc.expected,
    "spectral_centroid": spectral_centroid.expected,
}


def eight_frames(rate: int) -> Array:
    return signals.scene(rate, 8 * 512 / rate)[:-1]


def nine_frames(rate: int) -> Array:
    return signals.scene(rate, 8 * 512 / rate)


CASES = (
    *over(GRIDS[:3], {"of": "rms"}),
    *heard({"of": "rms"}),
    *(Case({"of": "mfcc", "order": order}, tolerance=LEVELS) for order in (1, 2, 3)),
    *(Case({"of": "rms", "width": width}) for width in (3, 5, 21)),
    *(Case({"of": "rms", "width": 21, "order": order}) for order in (2, 4)),
    Case({"of": "mel"}, {"center": False}, tolerance=LEVELS),
    Case({"of": "spectral_centroid"}, {}, "speech/vowels.wav"),
    Case({"of": "spectral_centroid"}),
    Case({"of": "rms"}, {}, eight_frames),
    Case({"of": "rms"}, {}, nine_frames),
)


def expected(
    samples: Array, settings: Settings, *, of: str, width: int = 9, order: int = 1
) -> Array:
    """A polynomial fitted around each frame; where nothing is null, scipy says the same."""
    values = SOURCES[of](samples, settings).astype(np.float64)
    if len(values) < width:
        return np.full_like(values, np.nan)
    naive = np.stack([_slope(values, t, width, order) for t in range(len(values))])
    if not np.isnan(values).any():
        theirs = scipy.signal.savgol_filter(
            values, width, deriv=order, polyorder=order, axis=0, mode="interp"
        )
        np.testing.assert_allclose(naive, theirs, atol=1e-9 * np.abs(values).max())
    return naive


def _slope(values: Array, t: int, width: int, order: int) -> Array:
    first = min(max(t - width // 2, 0), len(values) - width)
    window = values[first : first + width]
    undefined = np.isnan(window).any(axis=0)
    leading = np.polyfit(np.arange(width), np.where(undefined, 0, window), order)[0]
    return np.where(undefined, np.nan, leading * math.factorial(order))
