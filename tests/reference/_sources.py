"""Features that a feature of features is tried on."""

from audiofeat_cli.step import Array
from tests.cases import Settings
from tests.reference import mel, mfcc, rms, spectral_centroid, stft

_EXPECTED = {
    "rms": rms.expected,
    "mel": mel.expected,
    "mfcc": mfcc.expected,
    "spectral_centroid": spectral_centroid.expected,
    "stft": stft.expected,
}


def values_of(feature: str, samples: Array, settings: Settings) -> Array:
    """(frames, values) float64 of a feature with its defaults."""
    return _EXPECTED[feature](samples, settings).astype(float)
