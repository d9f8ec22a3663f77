"""Pitch classes: their names, their length, and the constant-Q bins that make them."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from audiofeat_cli.step import (
    Array,
    Count,
    Gain,
    Problem,
    constant,
    local,
    when,
)
from audiofeat_cli.steps.banks import Layout, constant_q, fitting, hybrid_constant_q, slow_hop
from audiofeat_cli.steps.cqt import (
    Offset,
    Pitch,
    Ratios,
    bin_tuning,
    filter_shape,
    listed,
    magnitudes_of,
    per_octave,
)
from audiofeat_cli.steps.project import project
from audiofeat_cli.steps.tuning import A4_HZ, given_tuning
from audiofeat_cli.steps.wavelets import C1_HZ, Bank, Shape, interval_frequencies

NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
C_BELOW_A = 9
"""Semitones from a C up to the A above it."""

Norm = Literal["inf", "1", "2"]
Mode = Literal["full", "hybrid"]


def note_names(*, n_chroma: int) -> Sequence[str]:
    """Pitch class of each bin, where there are twelve."""
    return NOTES if n_chroma == len(NOTES) else ()


def unit_of_chroma(*, norm: Norm | None) -> str:
    """Unit of magnitudes, unless each frame has length 1."""
    return "1" if norm else "FS"


def gain_of_chroma(*, norm: Norm | None) -> Gain:
    """Gain law of magnitudes, unless each frame has length 1."""
    return "invariant" if norm else "linear"


def normalised(values: Array, norm: Norm | None) -> Array:
    """(..., values) float32 of length 1; where there is next to nothing, as they are.

    Reference: librosa.util.normalize.
    """
    if norm is None:
        return values
    if norm == "inf":
        length = np.abs(values.T).max(axis=0, keepdims=True).T
    else:  # in float64: squares of a very quiet frame would vanish in float32
        exact = values.astype(np.float64)
        length = np.linalg.norm(exact, ord=float(norm), axis=-1, keepdims=True)
    tiny = np.finfo(np.float32).tiny
    divisor = np.where(length < tiny, length.dtype.type(1), length)
    return np.asarray((values.T / divisor.T).T, dtype=np.float32)


def _layout(
    fmin: float, n_octaves: int, rate: float, bins_per_octave: int, intervals: Ratios
) -> Layout:
    size = per_octave(intervals, bins_per_octave)
    found = interval_frequencies(
        fmin, n_octaves * size, bins_per_octave=bins_per_octave, intervals=intervals
    )
    return Layout(found, size, rate, 1)


def _octaves_fit(
    *,
    sample_rate: float | None,
    hop_length: int,
    fmin: Pitch = C1_HZ,
    n_octaves: Count = 7,
    bins_per_octave: Count = 36,
    intervals: Ratios = "equal",
    gamma: Offset | None = 0.0,
) -> Sequence[Problem]:
    wrong = listed(intervals)
    if wrong or sample_rate is None:
        return wrong
    shape = Shape(gamma=gamma)
    layout = _layout(fmin, n_octaves, sample_rate, bins_per_octave, intervals)
    size, wanted = layout.bins_per_octave, len(layout.frequencies)
    fit = fitting(layout, shape)
    if fit < size:
        message = f"not even one octave above it lies below {sample_rate / 2:g} Hz"
        return [Problem("fmin", message)]
    problems = []
    if fit < wanted:
        text = f"{wanted - fit} of {wanted} bins lie above {sample_rate / 2:g} Hz and are left out"
        problems.append(Problem("n_octaves", text, warning=True))
    return [*problems, *slow_hop(hop_length, -(-fit // size))]


@constant(when("tuning", given_tuning, bin_tuning), filter_shape, check=_octaves_fit)
def chroma_bank(
    tuning: Array,
    shape: Shape,
    *,
    sample_rate: float,
    hop_length: int,
    fmin: Pitch = C1_HZ,
    n_octaves: Count = 7,
    bins_per_octave: Count = 36,
    intervals: Ratios = "equal",
    cqt_mode: Mode = "full",
) -> Sequence[Bank]:
    """A constant-Q bank, or one for each channel where tuning is estimated.

    Bins whose filters reach above half the rate are left out.
    """
    untuned = _layout(fmin, n_octaves, sample_rate, bins_per_octave, intervals)
    count = max(1, fitting(untuned, shape))
    size = untuned.bins_per_octave
    make = constant_q if cqt_mode == "full" else hybrid_constant_q
    return [
        make(
            Layout(
                untuned.frequencies[:count] * 2 ** (float(moved) / size),
                size,
                sample_rate,
                hop_length,
            ),
            shape,
        )
        for moved in np.ravel(tuning)
    ]


def fold(n_bins: int, *, bins_per_octave: int, n_chroma: int, fmin: float) -> Any:
    """(n_chroma, n_bins) sparse float32 of 0 and 1: the bins of each pitch class, C first.

    Bins of a class lie around its pitch. Reference: librosa.filters.cq_to_chroma.
    """
    from scipy.sparse import csr_matrix

    merged = bins_per_octave // n_chroma
    classes = ((np.arange(n_bins) + merged // 2) // merged) % n_chroma
    lowest = np.mod(12 * np.log2(fmin / A4_HZ) + 69, 12)
    classes = (classes + round(lowest * n_chroma / 12)) % n_chroma
    ones = np.ones(n_bins, np.float32)
    return csr_matrix((ones, (classes, np.arange(n_bins))), shape=(n_chroma, n_bins))


def above(chroma: Array, threshold: float) -> Array:
    """The values, 0 where they are under a threshold."""
    return chroma if threshold <= 0 else np.where(threshold > chroma.T, 0, chroma.T).T


def _classes_fit(*, n_chroma: Count = 12, bins_per_octave: Count = 36) -> Sequence[Problem]:
    if bins_per_octave % n_chroma:
        message = f"expected a multiple of n_chroma ({n_chroma}), got {bins_per_octave}"
        return [Problem("bins_per_octave", message)]
    return []


chroma_bins = magnitudes_of(
    chroma_bank.pinned(
        intervals="equal",
        gamma=0.0,
        filter_window="hann",
        filter_scale=1.0,
        sparsity=0.01,
        norm="1",
    ).using(tuning=None, bins_per_octave=36)
)
"""Constant-Q magnitudes, seven octaves of 36 bins."""


@local(chroma_bins, check=_classes_fit)
def constant_q_chroma(
    magnitudes: Array,
    *,
    n_chroma: Count = 12,
    bins_per_octave: Count = 36,
    fmin: Pitch = C1_HZ,
    threshold: float = 0.0,
) -> Array:
    """(frames, channels, n_chroma) float32: constant-Q magnitudes summed over octaves.

    Sums under `threshold` are 0.
    """
    matrix = fold(
        magnitudes.shape[-1], bins_per_octave=bins_per_octave, n_chroma=n_chroma, fmin=fmin
    )
    chroma = project(matrix, magnitudes)
    return above(chroma, threshold)
