"""Frames of samples, one by one."""

from collections.abc import Iterator

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Settings


def frames(samples: Array, settings: Settings) -> Iterator[Array]:
    """(n_fft,) float64 of each frame, the clip continued as numpy.pad does."""
    half = settings.n_fft // 2 if settings.center else 0
    mode = settings.pad_mode if len(samples) > 1 else "edge"
    padded = np.pad(samples.astype(np.float64), half, mode=mode)  # type: ignore[call-overload]
    for start in range(0, len(padded) - settings.n_fft + 1, settings.hop_length):
        yield padded[start : start + settings.n_fft]
