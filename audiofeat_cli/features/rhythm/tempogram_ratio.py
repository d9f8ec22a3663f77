"""Tempogram at multiples of the tempo."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from annotated_types import Len

from audiofeat_cli.step import Array, Positive, Problem, feature
from audiofeat_cli.steps.tempo import BPM, log_prior, scores, tempo_in_range, tempo_of_lags
from audiofeat_cli.steps.tempogram import TEMPOGRAM_LENGTH, Length, local_autocorrelation

Factors = Annotated[tuple[Positive, ...], Len(1)]

PROCKUP = (4, 8 / 3, 3, 2, 4 / 3, 3 / 2, 1, 2 / 3, 3 / 4, 1 / 2, 1 / 3, 3 / 8, 1 / 4)


def _tempo_exists(
    *,
    sample_rate: float | None,
    hop_length: int,
    tempogram_length: Length = TEMPOGRAM_LENGTH,
    max_tempo: BPM | None = 320.0,
) -> Sequence[Problem]:
    if sample_rate is None:
        return []
    return tempo_in_range(max_tempo, tempogram_length, sample_rate, hop_length)


@feature(
    local_autocorrelation,
    check=_tempo_exists,
    unit=lambda *, norm: "1" if norm else "dB^2",
    gain="invariant",
    reference="librosa.feature.tempogram_ratio 0.11",
    width=lambda *, factors: len(factors or PROCKUP),
)
def tempogram_ratio(
    tempogram: Array,
    *,
    sample_rate: float,
    hop_length: int,
    factors: Factors | None = None,
    start_bpm: BPM = 120.0,
    std_bpm: Positive = 1.0,
    max_tempo: BPM | None = 320.0,
) -> Array:
    r"""Tempogram at multiples of each frame's tempo: the energy of notes longer and shorter.

    .. math:: R_t(f_i \tau_t), \quad \tau_t = \arg\max_\tau \;
        \ln(1 + 10^6 R_t(\tau)) - \frac{1}{2} \left(\frac{\log_2 (\tau / \tau_0)}{\sigma}\right)^2

    (frames, channels, factors): R at tempo `factors` times the frame's own, on the straight line
    between two lags; 0 where that lies outside. Null stands for notes, where the tempo is that of
    quarters, in this order: sixteenth 4, dotted sixteenth 8/3, eighth triplet 3, eighth 2, dotted
    eighth 4/3, quarter triplet 3/2, quarter 1, dotted quarter 2/3, half triplet 3/4, half 1/2,
    dotted half 1/3, whole triplet 3/8, whole 1/4. Silence: 0.
    Source: Peeters 2005; Prockup et al. 2015 (the factors).
    """
    values = tempogram.T
    length = len(values)
    tempi = tempo_of_lags(np.arange(1, length), sample_rate=sample_rate, hop_length=hop_length)
    prior = log_prior(tempi, start_bpm=start_bpm, std_bpm=std_bpm)
    if max_tempo is not None:
        prior = np.where(tempi < max_tempo, prior, -np.inf)
    best = 1 + scores(values[1:].astype(np.float64), prior).argmax(axis=0)
    lags = best / np.asarray(factors or PROCKUP)[:, np.newaxis, np.newaxis]
    low = np.clip(np.floor(lags), 1, length - 2).astype(np.intp)
    share = low * (low + 1 - lags) / lags  # straight in BPM, not in lags
    left, right = (np.take_along_axis(values, low + i, axis=0) for i in (0, 1))
    found = share * left + (1 - share) * right
    inside = (lags >= 1) & (lags <= length - 1)
    return np.asarray(np.where(inside, found, 0), dtype=np.float32).T
