"""What the references of the constant-Q family share."""

from collections.abc import Callable
from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Settings
from tests.reference import _librosa

C1_HZ = 440.0 * 2 ** (-45 / 12)


def frames_of(samples: Array, settings: Settings) -> slice:
    """Which of librosa's frames, all of them centred, the rows of a config are."""
    hop = settings.hop_length
    if settings.center:
        return slice(0, 1 + len(samples) // hop)  # librosa has one more where octaves round up
    first = round(settings.n_fft / 2 / hop)
    return slice(first, first + 1 + (len(samples) - settings.n_fft) // hop)


def magnitudes(
    transform: Callable[..., Array],
    samples: Array,
    settings: Settings,
    *,
    power: float = 1.0,
    scale: str = "linear",
    top_db: float | None = None,
    renamed: dict[str, Any],
) -> Array:
    """(frames, bins) of a transform of librosa's, under our names of its parameters."""
    if settings.sample_rate == 8000:
        renamed = {"n_bins": 83, **renamed}  # B7 passes more than 4 kHz; librosa refuses it
    names = {"filter_window": "window", "length_scale": "scale"}
    given = {names.get(k, k): v for k, v in renamed.items()}
    if given.get("norm") is not None:
        given["norm"] = float(given["norm"])
    if isinstance(given.get("intervals"), tuple):
        given["intervals"] = np.array(given["intervals"])
    theirs = transform(samples, sr=settings.sample_rate, hop_length=settings.hop_length, **given)
    found = np.abs(theirs).T[frames_of(samples, settings)].astype(np.float64)
    return _librosa.compressed(found**power, scale=scale, power=power, top_db=top_db)
