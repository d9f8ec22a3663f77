"""Mel-frequency cepstral coefficients."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from audiofeat_cli.step import Array, Count, Decibels, Problem, constant, feature, when
from audiofeat_cli.steps.mel import limited_mel, log_mel
from audiofeat_cli.steps.project import project


@constant()
def cosine_basis(
    *,
    n_mels: Count = 128,
    n_mfcc: Count = 13,
    dct_type: Literal["1", "2", "3"] = "2",
    norm: Literal["ortho"] | None = "ortho",
    lifter: float = 0.0,
) -> Array:
    """(n_mfcc, n_mels) float64: the DCT as a matrix, times the lifter 1 + L/2 sin(pi n / L)."""
    from scipy.fft import dct

    basis = dct(np.eye(n_mels), type=int(dct_type), norm=norm, axis=0)[:n_mfcc]
    if lifter > 0:
        order = np.arange(1, 1 + n_mfcc)
        basis *= (1 + lifter / 2 * np.sin(np.pi * order / lifter))[:, np.newaxis]
    return np.asarray(basis)


def _fits(
    *,
    n_mfcc: Count = 13,
    n_mels: Count = 128,
    lifter: float = 0.0,
    dct_type: Literal["1", "2", "3"] = "2",
) -> Sequence[Problem]:
    problems = []
    if n_mfcc > n_mels:
        problems.append(Problem("n_mfcc", f"expected at most n_mels ({n_mels}), got {n_mfcc}"))
    if lifter < 0:
        problems.append(Problem("lifter", f"expected 0 (none) or more, got {lifter:g}"))
    if dct_type == "1" and n_mels < 2:
        problems.append(Problem("n_mels", f"expected at least 2 for dct_type 1, got {n_mels}"))
    return problems


@feature(
    when(
        "top_db",
        limited_mel.pinned(scale="db").renamed(norm="mel_norm"),
        log_mel.pinned(scale="db").renamed(norm="mel_norm"),
    ),
    cosine_basis,
    unit="dB",
    gain="none",
    reference="librosa.feature.mfcc 0.11 (S = power_to_db(melspectrogram, top_db=top_db))",
    width=lambda *, n_mfcc: n_mfcc,
    check=_fits,
    version=2,
)
def mfcc(levels: Array, basis: Array, *, top_db: Decibels | None = None) -> Array:
    r"""Mel-frequency cepstral coefficients: the DCT of the mel spectrum in dB.

    .. math:: c_n = \sum_b 10 \log_{10} M_b \; \cos(\pi n (b + 1/2) / B) \; \text{(DCT-II, ortho)}

    (frames, channels, n_mfcc). librosa floors the dB 80 under the clip's largest: `top_db: 80`, no
    default here because a frame would depend on later ones. Silence: coefficient 0 is the floor
    times sqrt(n_mels), others 0.
    Gain: only coefficient 0 moves, by 20 log10 g times sqrt(n_mels).
    Source: Davis and Mermelstein 1980.
    """
    del top_db  # chose the input
    # The mean level goes its own way: what is left is small, and frames of equal levels stay equal.
    mean = levels.T.mean(axis=0, dtype=np.float64)
    shape = (levels.T - mean.astype(np.float32)).T
    waves = project(basis.astype(np.float32), shape)
    common = np.multiply.outer(basis.sum(axis=1), mean.astype(np.float32))
    return np.asarray(waves.T + common, dtype=np.float32).T
