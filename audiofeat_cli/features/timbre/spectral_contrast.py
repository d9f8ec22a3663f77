"""Spectral contrast."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from audiofeat_cli.step import Array, Decibels, Gain, feature, when
from audiofeat_cli.steps.contrast import extreme_levels, limited_levels
from audiofeat_cli.steps.scale import gain_of, unit_of


def _unit(*, linear: bool, power: float) -> str:
    return unit_of(scale="linear", power=power) if linear else "dB"


def _gain(*, linear: bool, power: float) -> Gain:
    return gain_of(scale="linear", power=power) if linear else "invariant"


def _middles(*, sample_rate: float | None, fmin: float, n_bands: int) -> Sequence[float]:
    if sample_rate is None:
        return []
    edges = [0.0, *(fmin * 2.0**k for k in range(n_bands)), sample_rate / 2]
    return [(low + high) / 2 for low, high in pairwise(edges)]


@feature(
    when(
        "top_db",
        limited_levels.using(power=1.0),
        extreme_levels.using(power=1.0),
    ),
    unit=_unit,
    gain=_gain,
    reference="librosa.feature.spectral_contrast 0.11, but null for silence",
    width=lambda *, n_bands: n_bands + 1,
    labels=_middles,
)
def spectral_contrast(levels: Array, *, top_db: Decibels | None = 80.0) -> Array:
    r"""How far the peaks of the spectrum stand above its valleys, in octave bands.

    .. math:: 10 \log_{10} P_b - 10 \log_{10} V_b

    (frames, channels, n_bands + 1): 0 to fmin, then octaves, the last up to half the sample rate.
    P_b and V_b are the means of the largest and smallest |X_k|^p of a band, each the share
    `quantile` of its bins. dB of magnitudes as in librosa (`power: 1`, the default) are half of
    what `power: 2` gives. As in librosa, levels are cut `top_db` below the clip's highest peak or
    valley (for each channel), and at 1e-10; `linear: true` gives P - V.
    Silence: null. Source: Jiang et al. 2002.
    """
    del top_db  # chose the input
    peaks, valleys = np.split(levels.T, 2)
    return np.asarray(peaks - valleys).T
