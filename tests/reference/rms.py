"""librosa.feature.rms 0.11, and a loop over frames in float64."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, Case, Settings, Tolerance, heard, over

TOLERANCE = Tolerance(3e-7, 3e-7, "librosa squares and averages in float32; ours is float64")
CASES = (*over(GRIDS), *over(EDGES), *heard(), Case({"n_fft": 300}), Case({"pad_mode": "edge"}))


def expected(samples: Array, settings: Settings) -> Array:
    import librosa

    theirs = librosa.feature.rms(
        y=samples,
        frame_length=settings.n_fft,
        hop_length=settings.hop_length,
        center=settings.center,
        pad_mode=settings.pad_mode,  # type: ignore[arg-type]
    )
    naive = _loop(samples.astype(np.float64), settings)
    np.testing.assert_allclose(theirs[0], naive, atol=2e-6 * naive.max(), rtol=0)
    return np.asarray(theirs.T)


def _loop(samples: Array, settings: Settings) -> Array:
    half = settings.n_fft // 2 if settings.center else 0
    mode = settings.pad_mode if len(samples) > 1 else "edge"
    padded = np.pad(samples, half, mode=mode)  # type: ignore[call-overload]
    starts = range(0, len(padded) - settings.n_fft + 1, settings.hop_length)
    return np.array([np.sqrt(np.mean(padded[s : s + settings.n_fft] ** 2)) for s in starts])
