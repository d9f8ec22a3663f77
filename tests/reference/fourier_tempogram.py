"""numpy.abs(librosa.feature.fourier_tempogram) 0.11, less the frame after the last."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import GRIDS, MUSIC, Case, Settings, Tolerance, over
from tests.reference import _onsets

TOLERANCE = Tolerance(2e-6, 5e-6, "the envelope is float32, a difference of levels")
CASES = (
    *over(GRIDS, {"tempogram_length": 60, "n_mels": 40}),
    *(Case({}, {}, name) for name in ("scene", _onsets.LOOP, MUSIC, "silence", "clicks")),
    *(Case({"tempogram_length": length}) for length in (2, 3, 51)),
    Case({"tempogram_length": 48, "mel_norm": None, "detrend": True}, {"center": False}),
)


def expected(
    samples: Array, settings: Settings, *, tempogram_length: int = 384, **onset: Any
) -> Array:
    import librosa

    envelope = _onsets.envelope(samples, settings, **onset)
    found = librosa.feature.fourier_tempogram(
        onset_envelope=envelope, win_length=tempogram_length, **_onsets.grid(settings)
    )
    return np.asarray(np.abs(found.T[: len(envelope)]))
