"""Harmonic salience: the spectrum summed over the harmonics of each of its bins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from audiofeat_cli.step import Array, Hertz, Problem, constant, local
from audiofeat_cli.steps.spectrum import bin_frequencies, fft_frequencies, spectrum
from audiofeat_cli.steps.yin import C2_HZ, C7_HZ

Harmonics = tuple[Annotated[float, Gt(0)], ...]
Weights = tuple[Annotated[float, Ge(0)], ...]

HARMONICS = (1.0, 2.0, 3.0, 4.0)
WEIGHTS = (1.0, 0.5, 0.33, 0.25)
"""Those of librosa's example."""


def bins_between(
    *, sample_rate: float, n_fft: int, fmin: Hertz = C2_HZ, fmax: Hertz = C7_HZ
) -> slice:
    """Bins from `fmin` to `fmax`."""
    frequencies = fft_frequencies(sample_rate, n_fft)
    low, high = np.searchsorted(frequencies, fmin), np.searchsorted(frequencies, fmax, "right")
    return slice(int(low), int(high))


def _lists_match(
    *, harmonics: Harmonics = HARMONICS, weights: Weights | None = WEIGHTS
) -> Sequence[Problem]:
    if not harmonics:
        return [Problem("harmonics", "expected at least one")]
    if weights is not None and len(weights) != len(harmonics):
        message = f"expected one for each of the {len(harmonics)} harmonics, got {len(weights)}"
        return [Problem("weights", f"{message}; null weighs them alike")]
    if weights is not None and not any(weights):
        return [Problem("weights", "expected at least one above 0")]
    return []


def _range_has_bins(
    *, sample_rate: float | None, n_fft: int, fmin: Hertz = C2_HZ, fmax: Hertz = C7_HZ
) -> Sequence[Problem]:
    if sample_rate is None:
        return []
    if fmax > sample_rate / 2:
        message = f"expected at most sample_rate / 2 ({sample_rate / 2:g} Hz), got {fmax:g}"
        return [Problem("fmax", message)]
    found = bins_between(sample_rate=sample_rate, n_fft=n_fft, fmin=fmin, fmax=fmax)
    if found.stop <= found.start or n_fft < 2:
        message = f"no bin lies between {fmin:g} and fmax ({fmax:g} Hz) with n_fft {n_fft}"
        return [Problem("fmin", message)]
    return []


@dataclass(frozen=True)
class Lines:
    """For each harmonic: the bin under h f of each bin looked at, and the share of the next."""

    harmonics: tuple[tuple[Array, Array], ...]


@constant(bin_frequencies, check=_range_has_bins)
def harmonic_lines(
    frequencies: Array,
    *,
    sample_rate: float,
    n_fft: int,
    fmin: Hertz = C2_HZ,
    fmax: Hertz = C7_HZ,
    harmonics: Harmonics = HARMONICS,
) -> Lines:
    """Where to read the spectrum: those bins whose multiple lies beyond its end are left out."""
    found = bins_between(sample_rate=sample_rate, n_fft=n_fft, fmin=fmin, fmax=fmax)
    lines = []
    for harmonic in harmonics:
        wanted = harmonic * frequencies[found]
        wanted = wanted[wanted <= frequencies[-1]]
        low = np.clip(np.searchsorted(frequencies, wanted) - 1, 0, len(frequencies) - 2)
        share = (wanted - frequencies[low]) / (frequencies[low + 1] - frequencies[low])
        lines.append((low, share.astype(np.float32)))
    return Lines(tuple(lines))


@local(spectrum.using(power=1.0), harmonic_lines, check=_lists_match)
def harmonic_sum(
    spectrum: Array,
    lines: Lines,
    *,
    sample_rate: float,
    n_fft: int,
    fmin: Hertz = C2_HZ,
    fmax: Hertz = C7_HZ,
    weights: Weights | None = WEIGHTS,
    filter_peaks: bool = True,
) -> Array:
    """(frames, channels, bins) float32: weighted mean over the harmonics, see `salience`."""
    values = spectrum.T
    found = bins_between(sample_rate=sample_rate, n_fft=n_fft, fmin=fmin, fmax=fmax)
    shares = np.array(weights or (1.0,) * len(lines.harmonics))
    shares /= shares.sum()
    out = np.zeros((found.stop - found.start, *values.shape[1:]), np.float32)
    for weight, (low, share) in zip(shares.astype(np.float32), lines.harmonics, strict=True):
        upper = (weight * share)[:, np.newaxis, np.newaxis]
        out[: len(low)] += (weight - upper) * values[low]
        out[: len(low)] += upper * values[low + 1]
    if filter_peaks:
        padded = np.pad(values, ((1, 1), (0, 0), (0, 0)), constant_values=np.inf)
        here = padded[found.start + 1 : found.stop + 1]
        before, after = padded[found.start : found.stop], padded[found.start + 2 : found.stop + 2]
        out[(here <= before) | (here <= after)] = 0
    return out.T
