"""Per-channel energy normalisation."""

import math
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from annotated_types import Ge

from audiofeat_cli.step import Array, Count, Positive, Problem, Unit, feature, scan
from audiofeat_cli.steps.mel import mel_centres, mel_spectrum
from audiofeat_cli.steps.neighbours import band_maximum
from audiofeat_cli.steps.smooth import one_pole

NotNegative = Annotated[float, Ge(0)]
Seconds = Annotated[float, Ge(1e-6), Unit("s")]

_bands = mel_spectrum.renamed(power="mel_power").using(power=1.0)


def _bands_exist(*, max_size: Count = 1, n_mels: Count = 128) -> Sequence[Problem]:
    if max_size > n_mels:
        return [Problem("max_size", f"expected at most n_mels ({n_mels}), got {max_size}")]
    return []


@scan(_bands, check=_bands_exist)
def slow_bands(
    last: Array | None,
    bands: Array,
    *,
    sample_rate: float,
    hop_length: int,
    time_constant: Seconds = 0.4,
    max_size: Count = 1,
    factor: Positive = 2.0**31,
) -> tuple[Array, Array]:
    """Bands times `factor`, smoothed by a one-pole low-pass, float64; before the clip it gave 1."""
    frames = time_constant * sample_rate / hop_length
    share = (math.sqrt(1 + 4 * frames**2) - 1) / (2 * frames**2)
    levels = band_maximum(bands, max_size).T
    if last is None:
        last = np.ones(levels.shape[:-1])
    slow = one_pole(levels * (share * factor), last, keep=1 - share)
    return slow[..., -1], slow.T


@feature(
    _bands,
    slow_bands,
    unit="1",
    gain="none",
    reference="librosa.pcen 0.11 of librosa.feature.melspectrogram(power=1) * 2**31",
    width=lambda *, n_mels: n_mels,
    labels=mel_centres,
)
def pcen(
    bands: Array,
    slow: Array,
    *,
    gain: NotNegative = 0.98,
    bias: NotNegative = 2.0,
    power: NotNegative = 0.5,
    eps: Positive = 1e-6,
    factor: Positive = 2.0**31,
) -> Array:
    r"""Per-channel energy normalisation: each mel band over what it was of late.

    .. math:: \Big( \frac{S_{t,b}}{(\epsilon + M_{t,b})^g} + \delta \Big)^r - \delta^r, \quad
        M_{t,b} = (1 - s) M_{t-1,b} + s S_{t,b}

    g is `gain`, delta `bias`, r `power` (0 makes it ln(1 + x)), and s follows from `time_constant`.
    S is the mel spectrum times `factor`: the defaults were published for 32-bit samples, which
    2**31 makes of full scale 1. `mel_power: 1` sums magnitudes. `max_size` bands are taken
    together, by their maximum, where M is made. M begins at 1, as if S had been 1 before the clip.
    (frames, channels, n_mels). Silence: 0. Gain: quiet and loud come out nearly alike.
    Source: Wang et al. 2017; Lostanlen et al. 2019.
    """
    ratio = bands.T * np.exp(-gain * np.log(eps + slow.T)) * factor
    if power == 0:
        out = np.log1p(ratio)
    elif bias == 0:
        out = ratio**power
    else:
        out = bias**power * np.expm1(power * np.log1p(ratio / bias))
    return np.asarray(out.T, dtype=np.float32)
