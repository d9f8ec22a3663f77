"""Chroma of the variable-Q transform, in any tuning system."""

from collections.abc import Sequence

from audiofeat_cli.step import Array, Count, feature, local
from audiofeat_cli.steps.chroma import (
    NOTES,
    Norm,
    above,
    chroma_bank,
    fold,
    gain_of_chroma,
    normalised,
    unit_of_chroma,
)
from audiofeat_cli.steps.cqt import Pitch, Ratios, magnitudes_of, per_octave
from audiofeat_cli.steps.project import project
from audiofeat_cli.steps.wavelets import C1_HZ

_magnitudes = magnitudes_of(
    chroma_bank.pinned(
        cqt_mode="full",
        tuning=0.0,
        filter_window="hann",
        filter_scale=1.0,
        sparsity=0.01,
        norm="1",
    ).using(bins_per_octave=12, gamma=0.0, intervals="ji5")
)


def _width(*, intervals: Ratios, bins_per_octave: int) -> int:
    return per_octave(intervals, bins_per_octave)


def _names(*, intervals: Ratios, bins_per_octave: int) -> Sequence[str]:
    return NOTES if _width(intervals=intervals, bins_per_octave=bins_per_octave) == 12 else ()


@local(_magnitudes)
def variable_q_chroma(
    magnitudes: Array,
    *,
    bins_per_octave: Count = 12,
    intervals: Ratios = "ji5",
    fmin: Pitch = C1_HZ,
    threshold: float = 0.0,
) -> Array:
    """(frames, channels, intervals) float32: variable-Q magnitudes summed over octaves."""
    size = per_octave(intervals, bins_per_octave)
    matrix = fold(magnitudes.shape[-1], bins_per_octave=size, n_chroma=size, fmin=fmin)
    return above(project(matrix, magnitudes), threshold)


@feature(
    variable_q_chroma,
    unit=unit_of_chroma,
    gain=gain_of_chroma,
    reference="librosa.feature.chroma_vqt 0.11",
    width=_width,
    labels=_names,
)
def chroma_vqt(chroma: Array, *, norm: Norm | None = "inf") -> Array:
    r"""Variable-Q magnitude of each pitch class of a tuning system, over all octaves.

    .. math:: C_c = \sum_{k \in c} |V_k|, \quad \text{divided by } \lVert C \rVert

    (frames, channels, intervals). `intervals` is a tuning system (equal, pythagorean, ji3, ji5,
    ji7: just intonation with primes up to that) or a list of ratios from 1 to under 2; classes
    begin at `fmin`, C. `gamma` as in `vqt`. Silence: 0.
    Source: Schoerkhuber, Klapuri, Holighaus and Doerfler 2014.
    """
    return normalised(chroma, norm)
