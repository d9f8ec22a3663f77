"""librosa.pcen 0.11 of librosa.feature.melspectrogram."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference import mel

TOLERANCE = Tolerance(5e-7, 5e-7, "float32 sums of the mel bands in another order")
FLOAT32 = Tolerance(3e-4, 3e-4, "a float32 FFT fills quiet bands with rounding")
CASES = (
    *over(GRIDS[:2]),
    *over(GRIDS, {"n_mels": 40}),
    *over(EDGES, {"n_mels": 40}),
    *over(WINDOWS[:2]),
    *heard({"n_mels": 64}),
    *(Case({"time_constant": seconds}) for seconds in (0.001, 0.06, 5.0)),
    *(Case({"power": power}) for power in (0.0, 0.25, 1.0)),
    *(Case({"gain": gain, "bias": 10.0}) for gain in (0.0, 0.5, 1.0)),
    Case({"bias": 0.0}),
    Case({"eps": 10.0, "factor": 1.0}),
    *(Case({"max_size": size}) for size in (2, 3, 5)),
    Case({"mel_power": 2.0, "htk": True, "norm": None, "n_mels": 40, "fmin": 50.0}),
    Case({}, {"precision": "float32"}, tolerance=FLOAT32),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    mel_power: float = 1.0,
    n_mels: int = 128,
    fmin: float = 0.0,
    htk: bool = False,
    norm: str | None = "slaney",
    factor: float = 2.0**31,
    **formula: Any,
) -> Array:
    import librosa

    bands = mel.expected(
        samples,
        settings,
        power=mel_power,
        scale="linear",
        n_mels=n_mels,
        fmin=fmin,
        htk=htk,
        norm=norm,
    )
    return np.asarray(
        librosa.pcen(
            bands.T * factor, sr=settings.sample_rate, hop_length=settings.hop_length, **formula
        ).T
    )
