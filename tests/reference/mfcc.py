"""librosa.feature.mfcc 0.11 of a mel spectrum in dB without a floor below the clip's maximum."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference import mel

TOLERANCE = Tolerance(2e-6, 2e-6, "float32 sums of 128 levels of some -100 dB")
FLOAT32 = Tolerance(1e-4, 1e-4, "a float32 FFT fills quiet bands with rounding")
CASES = (
    *over(GRIDS[:2]),
    *over(GRIDS, {"n_mels": 40}),
    *over(EDGES, {"n_mels": 40}),
    *over(WINDOWS[:2]),
    *heard({"n_mels": 64}),
    Case({"n_mfcc": 20}),
    Case({"n_mfcc": 1}),
    Case({"n_mfcc": 40, "n_mels": 40}),
    Case({"lifter": 22.0}),
    Case({"lifter": 6.0, "n_mfcc": 20}),
    Case({"dct_type": "3"}),
    Case({"dct_type": "2", "norm": None}),
    Case({"dct_type": "3", "norm": None}),
    Case({"dct_type": "1", "norm": None, "n_mels": 40}),
    Case({"dct_type": "1", "n_mels": 40, "lifter": 22.0}),
    Case({"mel_norm": None, "htk": True, "fmin": 20.0, "fmax": 8000.0, "n_mels": 26}),
    Case({"top_db": 80.0}),
    Case({"top_db": 40.0, "n_mels": 40}, {}, "chirp"),
    Case({"power": 1.0}),
    *(Case({}, {"precision": "float32"}, name, FLOAT32) for name in ("scene", "sine")),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    n_mfcc: int = 13,
    dct_type: str = "2",
    norm: str | None = "ortho",
    lifter: float = 0.0,
    mel_norm: str | None = "slaney",
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    htk: bool = False,
    power: float = 2.0,
    top_db: float | None = None,
) -> Array:
    import librosa

    levels = mel.expected(
        samples,
        settings,
        norm=mel_norm,
        n_mels=n_mels,
        fmin=fmin,
        fmax=fmax,
        htk=htk,
        power=power,
        top_db=top_db,
    )
    return np.asarray(
        librosa.feature.mfcc(
            S=levels.T, n_mfcc=n_mfcc, dct_type=int(dct_type), norm=norm, lifter=lifter
        ).T
    )
