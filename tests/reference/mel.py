"""librosa.feature.melspectrogram and librosa.power_to_db 0.11."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference import _librosa

TOLERANCE = Tolerance(3e-5, 3e-5, "float32 sums, of levels down to -100 dB", absolute=True)
LINEAR = Tolerance(3e-7, 6e-7, "float32 sums in another order")
FLOAT32 = Tolerance(0.3, 1.0, "a float32 FFT fills quiet bands with rounding", absolute=True)
SPEECH_BANDS = {"n_mels": 40, "fmin": 60.0, "fmax": 7600.0}
TELEPHONE_GRID = {"sample_rate": 8000, "n_fft": 512, "hop_length": 80}
CASES = (
    *over(GRIDS[:2]),
    *over(GRIDS, {"n_mels": 40}),
    *over(EDGES, {"n_mels": 40}),
    *over(WINDOWS),
    *heard({"n_mels": 64}),
    Case(SPEECH_BANDS, {"sample_rate": 16000, "n_fft": 1024, "hop_length": 256}),
    Case({**SPEECH_BANDS, "htk": True}),
    *(Case({"norm": norm, "scale": "linear"}, tolerance=LINEAR) for norm in ("1", "2", "inf")),
    *(Case({"norm": norm, "htk": True}) for norm in (None, "slaney")),
    *(Case({"scale": scale}) for scale in ("log10", "ln", "log1p")),
    *(Case({"scale": scale, "power": 1.0}) for scale in ("db", "log10", "ln")),
    Case({"scale": "linear", "power": 1.0}, tolerance=LINEAR),
    Case({"scale": "linear", "power": 2.0}, tolerance=LINEAR),
    Case({"amin": 1e-5}, level_bound=True),
    Case({"top_db": 80.0}),
    Case({"top_db": 30.0}, {}, "chirp"),
    Case({"top_db": 80.0, "n_mels": 40}, {}, "speech/vowels.wav"),
    Case({"n_mels": 128, "allow_empty_bands": True}, TELEPHONE_GRID),
    Case({"n_fft": 1024, "n_mels": 40, "window": "hamming"}),
    *(Case({}, {"precision": "float32"}, name, FLOAT32) for name in ("scene", "sine")),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    htk: bool = False,
    norm: str | None = "slaney",
    power: float = 2.0,
    scale: str = "db",
    amin: float = 1e-10,
    top_db: float | None = None,
    allow_empty_bands: bool = False,
) -> Array:
    import librosa

    del allow_empty_bands
    bands = librosa.feature.melspectrogram(
        y=samples,
        sr=settings.sample_rate,
        power=power,
        n_mels=n_mels,
        fmin=fmin,
        fmax=fmax,
        htk=htk,
        norm=float(norm) if norm in ("1", "2", "inf") else norm,
        **_librosa.stft_arguments(settings),
    )
    return _librosa.compressed(
        np.asarray(bands).T, scale=scale, power=power, top_db=top_db, amin=amin
    )
