"""Triangles on a logarithmic frequency axis, with corners on FFT bins."""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from annotated_types import Gt

from audiofeat_cli.step import Array, Count, Problem, Unit, constant, local
from audiofeat_cli.steps.project import project
from audiofeat_cli.steps.scale import compressed
from audiofeat_cli.steps.spectrum import spectrum
from audiofeat_cli.steps.tuning import A4_HZ

TOP_HZ = 17000.0
"""Where `fmax` is null, unless half the rate is less."""

Frequency = Annotated[float, Gt(0), Unit("Hz")]


def corner_bins(
    *,
    sample_rate: float | None,
    n_fft: int,
    fmin: float,
    fmax: float | None,
    bands_per_octave: int,
    fref: float,
    unique: bool,
) -> Array:
    """FFT bins nearest to `fref` 2^(k / b), from fmin to fmax; the bin of half the rate is none."""
    if sample_rate is None:
        return np.zeros(0, dtype=int)
    top = min(TOP_HZ, sample_rate / 2) if fmax is None else fmax
    first = np.floor(np.log2(fmin / fref) * bands_per_octave)
    last = np.ceil(np.log2(top / fref) * bands_per_octave)
    pitches = fref * 2.0 ** (np.arange(first, last) / bands_per_octave)
    pitches = pitches[(pitches >= fmin) & (pitches <= top)]
    nearest = np.floor(pitches * n_fft / sample_rate + 0.5).astype(int)
    bins = np.clip(nearest, 0, max(n_fft // 2 - 1, 0))
    return np.unique(bins) if unique else bins


def band_count(
    *,
    sample_rate: float | None,
    n_fft: int,
    fmin: float,
    fmax: float | None,
    bands_per_octave: int,
    fref: float,
    unique: bool,
) -> int:
    """Triangles that the corners make."""
    corners = corner_bins(
        sample_rate=sample_rate,
        n_fft=n_fft,
        fmin=fmin,
        fmax=fmax,
        bands_per_octave=bands_per_octave,
        fref=fref,
        unique=unique,
    )
    return max(len(corners) - 2, 1)


def band_peaks(
    *,
    sample_rate: float | None,
    n_fft: int,
    fmin: float,
    fmax: float | None,
    bands_per_octave: int,
    fref: float,
    unique: bool,
) -> Sequence[float]:
    """Frequency of each triangle's summit, Hz."""
    corners = corner_bins(
        sample_rate=sample_rate,
        n_fft=n_fft,
        fmin=fmin,
        fmax=fmax,
        bands_per_octave=bands_per_octave,
        fref=fref,
        unique=unique,
    )
    return [float(k * (sample_rate or 0) / n_fft) for k in corners[1:-1]]


def _bands_work(
    *,
    sample_rate: float | None,
    n_fft: int,
    fmin: Frequency = 30.0,
    fmax: Frequency | None = None,
    bands_per_octave: Count = 12,
    fref: Frequency = A4_HZ,
    unique: bool = True,
) -> Sequence[Problem]:
    if sample_rate is None:
        message = "null would give each band other bins in each file; state one"
        return [Problem("sample_rate", message)]
    top = min(TOP_HZ, sample_rate / 2) if fmax is None else fmax
    if top > sample_rate / 2:
        message = f"expected at most sample_rate / 2 ({sample_rate / 2:g} Hz), got {top:g}"
        return [Problem("fmax", message)]
    if fmin >= top:
        return [Problem("fmin", f"expected less than fmax ({top:g} Hz), got {fmin:g}")]
    corners = corner_bins(
        sample_rate=sample_rate,
        n_fft=n_fft,
        fmin=fmin,
        fmax=fmax,
        bands_per_octave=bands_per_octave,
        fref=fref,
        unique=unique,
    )
    if len(corners) < 3:
        message = f"{len(corners)} of them fall on bins of their own; a band needs three corners"
        return [Problem("bands_per_octave", message)]
    return []


@constant(check=_bands_work)
def log_triangles(
    *,
    sample_rate: float,
    n_fft: int,
    fmin: Frequency = 30.0,
    fmax: Frequency | None = None,
    bands_per_octave: Count = 12,
    fref: Frequency = A4_HZ,
    unique: bool = True,
    unit_area: bool = True,
) -> Any:
    """(bands, bins) sparse float32 triangles from corner to corner.

    `unique` drops corners that share a bin; `unit_area` divides by the sum of the weights.
    Source: Boeck et al. 2016; reference: madmom's LogarithmicFilterbank.
    """
    from scipy.sparse import csr_matrix

    corners = corner_bins(
        sample_rate=sample_rate,
        n_fft=n_fft,
        fmin=fmin,
        fmax=fmax,
        bands_per_octave=bands_per_octave,
        fref=fref,
        unique=unique,
    )
    start, summit, stop = (corners[i : len(corners) - 2 + i, np.newaxis] for i in range(3))
    single = stop - start < 2
    summit, stop = np.where(single, start, summit), np.where(single, start + 1, stop)
    bins = np.arange(1 + n_fft // 2)
    rising = (bins - start) / np.maximum(summit - start, 1)
    falling = (stop - bins) / np.maximum(stop - summit, 1)
    weights = np.clip(np.where(bins < summit, rising, falling), 0, None)
    if unit_area:
        weights /= weights.sum(axis=1, keepdims=True)
    return csr_matrix(weights.astype(np.float32))


@local(spectrum, log_triangles)
def log_bands(spectrum: Array, triangles: Any) -> Array:
    """(frames, channels, bands) float32: the spectrum summed under each triangle."""
    return project(triangles, spectrum)


log_band_levels = compressed.reading(log_bands).using(power=1.0)
"""The bands on the scale asked for."""
