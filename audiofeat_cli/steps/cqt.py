"""Constant-Q and variable-Q transforms: their parameters, and their magnitudes frame by frame."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from annotated_types import Gt, Interval

from audiofeat_cli.step import (
    Array,
    Count,
    Exponent,
    Positive,
    Precision,
    Problem,
    Step,
    Unit,
    Use,
    Window,
    analysis_samples,
    constant,
    local,
    scan,
    when,
)
from audiofeat_cli.steps.banks import (
    Layout,
    constant_q,
    fitting,
    hybrid_constant_q,
    pseudo_constant_q,
    slow_hop,
)
from audiofeat_cli.steps.octaves import Cascade, Grid
from audiofeat_cli.steps.spectrum import bin_frequencies, spectrum
from audiofeat_cli.steps.tuning import estimated_tuning, given_tuning
from audiofeat_cli.steps.wavelets import (
    C1_HZ,
    Bank,
    BasisNorm,
    Intervals,
    Shape,
    interval_frequencies,
)

LONGEST_FILTER = 2**20
"""Samples."""

N_BINS = 84
"""Bins where `n_bins` is null: seven octaves, those of them that fit below half the rate."""

Share = Annotated[float, Interval(ge=0, lt=1)]
Offset = Annotated[float, Interval(ge=0), Unit("Hz")]
Pitch = Annotated[float, Gt(0), Unit("Hz")]
Ratios = Intervals | tuple[float, ...]
Transform = Literal["constant_q", "hybrid", "pseudo"]

_BANKS = {"constant_q": constant_q, "hybrid": hybrid_constant_q, "pseudo": pseudo_constant_q}

bin_tuning = estimated_tuning.reading(
    spectrum.pinned(
        power=1.0,
        n_fft=2048,
        win_length=2048,
        hop_length=512,
        window="hann",
        center=True,
        pad_mode="constant",
    ),
    bin_frequencies.pinned(n_fft=2048),
).renamed(n_chroma="bins_per_octave")
"""Tuning in fractions of a bin, from librosa's own spectra. Reference: librosa.estimate_tuning."""


def per_octave(intervals: Ratios, bins_per_octave: int) -> int:
    """Bins in an octave: as many as there are intervals where these are listed."""
    return bins_per_octave if isinstance(intervals, str) else len(intervals)


def bins_of(
    *,
    sample_rate: float | None,
    n_bins: int | None,
    fmin: float,
    bins_per_octave: int,
    filter_scale: float,
    filter_window: Window,
    gamma: float | None,
    intervals: Ratios,
) -> int:
    """Bins of a transform: what is asked for; where that is null, those of 84 that fit."""
    if n_bins is not None or sample_rate is None:
        return N_BINS if n_bins is None else n_bins
    shape = Shape(filter_window, filter_scale, gamma)
    layout = _layout(fmin, N_BINS, sample_rate, intervals, bins_per_octave)
    return max(1, fitting(layout, shape))


def _layout(
    fmin: float, n_bins: int, rate: float, intervals: Ratios, bins_per_octave: int
) -> Layout:
    found = interval_frequencies(fmin, n_bins, bins_per_octave=bins_per_octave, intervals=intervals)
    return Layout(found, per_octave(intervals, bins_per_octave), rate, 1)


def bin_centres(
    *,
    sample_rate: float | None,
    n_bins: int | None,
    fmin: float,
    bins_per_octave: int,
    filter_scale: float,
    filter_window: Window,
    gamma: float | None,
    intervals: Ratios,
    tuning: float | None = None,
) -> Sequence[float]:
    """Centre frequency of each bin, Hz; that of an untuned clip where tuning is estimated."""
    count = bins_of(
        sample_rate=sample_rate,
        n_bins=n_bins,
        fmin=fmin,
        bins_per_octave=bins_per_octave,
        filter_scale=filter_scale,
        filter_window=filter_window,
        gamma=gamma,
        intervals=intervals,
    )
    raised = fmin * 2 ** ((tuning or 0) / per_octave(intervals, bins_per_octave))
    found = interval_frequencies(
        raised, count, bins_per_octave=bins_per_octave, intervals=intervals
    )
    return [float(f) for f in found]


@constant()
def filter_shape(
    *,
    filter_window: Window = "hann",
    filter_scale: Positive = 1.0,
    gamma: Offset | None = None,
    norm: BasisNorm | None = "1",
    sparsity: Share = 0.01,
) -> Shape:
    """What the filters look like. `gamma`: Hz added to their bandwidth; null: as the ear's (ERB).

    `sparsity` is the share of each filter's spectrum that is dropped. Source: librosa.vqt;
    Glasberg and Moore 1990 for the ERB.
    """
    return Shape(filter_window, filter_scale, gamma, norm, sparsity)


def listed(intervals: Ratios) -> Sequence[Problem]:
    """What is wrong with a list of intervals."""
    if isinstance(intervals, str):
        return []
    rising = all(a < b for a, b in pairwise(intervals))
    if not intervals or not rising or intervals[0] < 1 or intervals[-1] >= 2:
        return [Problem("intervals", "expected rising ratios from 1 to less than 2")]
    return []


def _lengths_work(layout: Layout, shape: Shape) -> Sequence[Problem]:
    lengths = layout.lengths(shape)
    if lengths.max() > LONGEST_FILTER:
        message = f"its filter would be {lengths.max() / layout.rate:.0f} s long; use a higher one"
        return [Problem("fmin", message)]
    if lengths.min() < 2:
        message = f"{shape.scale:g} makes filters of less than two samples; use a larger one"
        return [Problem("filter_scale", message)]
    return []


def _bank_works(
    *,
    sample_rate: float | None,
    hop_length: int,
    transform: Transform = "constant_q",
    fmin: Pitch = C1_HZ,
    n_bins: Count | None = None,
    bins_per_octave: Count = 12,
    intervals: Ratios = "equal",
    filter_window: Window = "hann",
    filter_scale: Positive = 1.0,
    gamma: Offset | None = None,
) -> Sequence[Problem]:
    wrong = listed(intervals)
    if wrong:
        return wrong
    if sample_rate is None:
        if n_bins is None:
            message = "must be given where sample_rate is null, or it differs from file to file"
            return [Problem("n_bins", message)]
        return []
    shape = Shape(filter_window, filter_scale, gamma)
    layout = _layout(fmin, n_bins or N_BINS, sample_rate, intervals, bins_per_octave)
    fit = fitting(layout, shape)
    if fit == 0 or (n_bins is not None and fit < n_bins):
        name = "fmin" if fit == 0 else "n_bins"
        message = (
            f"the filter at {layout.frequencies[fit]:.0f} Hz passes more than sample_rate / 2 "
            f"({sample_rate / 2:g} Hz); {fit} bins fit above fmin"
        )
        return [Problem(name, message)]
    count = fit if n_bins is None else n_bins
    wrong = _lengths_work(layout.part(0, count), shape)
    octaves = 1 if transform == "pseudo" else -(-count // layout.bins_per_octave)
    return wrong or slow_hop(hop_length, octaves)


@constant(when("tuning", given_tuning, bin_tuning), filter_shape, check=_bank_works)
def cqt_bank(
    tuning: Array,
    shape: Shape,
    *,
    sample_rate: float,
    hop_length: int,
    transform: Transform = "constant_q",
    fmin: Pitch = C1_HZ,
    n_bins: Count | None = None,
    bins_per_octave: Count = 12,
    intervals: Ratios = "equal",
    length_scale: bool = True,
) -> Sequence[Bank]:
    """A bank, or one for each channel where tuning is estimated.

    `n_bins` null is 84, fewer where the rate does not hold them. `tuning`, in fractions of a bin,
    moves `fmin`. `length_scale` divides by the root of each filter's length (librosa's `scale`).
    """
    count = bins_of(
        sample_rate=sample_rate,
        n_bins=n_bins,
        fmin=fmin,
        bins_per_octave=bins_per_octave,
        filter_scale=shape.scale,
        filter_window=shape.window,
        gamma=shape.gamma,
        intervals=intervals,
    )
    size = per_octave(intervals, bins_per_octave)
    banks = []
    for moved in np.ravel(tuning):
        frequencies = interval_frequencies(
            fmin * 2 ** (float(moved) / size),
            count,
            bins_per_octave=bins_per_octave,
            intervals=intervals,
        )
        layout = Layout(frequencies, size, sample_rate, hop_length, length_scale)
        banks.append(_BANKS[transform](layout, shape))
    return banks


def _rest(state: Cascade) -> Array:
    return state.finish()


@scan(analysis_samples, cqt_bank, finish=_rest, version=2)
def bank_frames(
    state: Cascade | None,
    samples: Array,
    banks: Sequence[Bank],
    *,
    hop_length: int,
    n_fft: int,
    center: bool,
    precision: Precision,
) -> tuple[Cascade, Array]:
    """(frames, channels, bins) float32: magnitudes on the config's grid.

    Where frames are not centred (`center: false`), a row has the transform at the multiple of the
    hop that is nearest to its middle. Beyond the clip's ends there are zeros.
    Reference: numpy.abs(librosa.cqt) 0.11. Source: Schoerkhuber and Klapuri 2010.
    """
    if state is None:
        state = Cascade(banks, samples.shape[1], Grid(hop_length, n_fft, center), precision)
    return state, state.push(samples)


def magnitudes_of(bank: Step | Use) -> Use:
    """Magnitudes that a bank gives. The grid's `n_fft` is the config's, never a feature's own."""
    return bank_frames.reading(analysis_samples, bank).renamed(n_fft="grid_n_fft")


@local()
def raised(magnitudes: Array, *, power: Exponent = 1.0) -> Array:
    """Magnitudes to the power asked for."""
    return magnitudes if power == 1.0 else np.asarray(magnitudes ** np.float32(power))
