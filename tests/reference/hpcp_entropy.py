"""The entropy of the naive profile."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import MUSIC, Case, Settings, Tolerance
from tests.reference.hpcp import profile

TOLERANCE = Tolerance(1e-4, 1e-3, "peaks of librosa's complex64 lie some 1e-6 of a bin elsewhere")
CASES = (
    Case(),
    *(Case({}, {}, name) for name in (MUSIC, "harmonics", "silence")),
    Case({"size": 12, "tuning": 0.0, "weighting": "nearest"}, {}, MUSIC),
    Case({"n_fft": 4096}, {"sample_rate": 16000, "n_fft": 1024, "hop_length": 256}),
)


def expected(samples: Array, settings: Settings, **given: Any) -> Array:
    energies = profile(samples, settings, **given)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = energies / energies.sum(axis=1, keepdims=True)
        logs = np.where(shares == 0, 0, np.log2(shares))
    return np.asarray(-(shares * logs).sum(axis=1))
