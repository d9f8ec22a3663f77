"""Peaks and valleys of a spectrum in octave bands."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from annotated_types import Gt, Interval

from audiofeat_cli.step import Array, Decibels, Fraction, Problem, Unit, constant, local
from audiofeat_cli.steps.scale import clip_peak
from audiofeat_cli.steps.spectrum import fft_frequencies, spectrum

Bands = Annotated[int, Interval(ge=1, le=20)]
Frequency = Annotated[float, Gt(0), Unit("Hz")]

COPIED = 64
"""Bins turned from bins first to frames first at a time."""

_FLOOR = np.float32(1e-10)


def octave_slices(
    *, sample_rate: float, n_fft: int, fmin: float, n_bands: int, quantile: float
) -> list[tuple[int, int, int]]:
    """(first bin, stop, how many bins are a peak or a valley) of each band.

    Bands are 0 to fmin, then octaves; the last goes on to half the sample rate. As in librosa, each
    octave begins with the last bin below it, which the one before leaves out.
    """
    frequencies = fft_frequencies(sample_rate, n_fft)
    edges = fmin * 2.0 ** np.arange(n_bands + 1)
    found = []
    for band, top in enumerate(edges):
        bottom = edges[band - 1] if band else 0.0
        start = max(0, int(np.searchsorted(frequencies, bottom, "left")) - (band > 0))
        stop = int(np.searchsorted(frequencies, top, "right"))
        last = band == n_bands
        stop = len(frequencies) if last else stop
        counted = max(1, int(np.rint(quantile * (stop - start))))
        stop -= not last
        found.append((start, stop, min(counted, stop - start)))
    return found


def _octaves_fit(
    *,
    sample_rate: float | None,
    n_fft: int,
    fmin: Frequency = 200.0,
    n_bands: Bands = 6,
    quantile: Fraction = 0.02,
) -> Sequence[Problem]:
    if sample_rate is None:
        return []
    nyquist = sample_rate / 2
    lowest = fmin * 2.0 ** (n_bands - 1)
    if fmin >= nyquist:
        message = f"expected less than sample_rate / 2 ({nyquist:g} Hz), got {fmin:g}"
        return [Problem("fmin", message)]
    if lowest >= nyquist:
        most = int(np.ceil(np.log2(nyquist / fmin)))
        message = (
            f"band {n_bands} of {n_bands} begins at {lowest:g} Hz, not below sample_rate / 2 "
            f"({nyquist:g} Hz); use at most {most} bands, or a lower fmin"
        )
        return [Problem("n_bands", message)]
    slices = octave_slices(
        sample_rate=sample_rate, n_fft=n_fft, fmin=fmin, n_bands=n_bands, quantile=quantile
    )
    empty = [band for band, (start, stop, _) in enumerate(slices) if stop <= start]
    if not empty:
        return []
    message = (
        f"bands {', '.join(map(str, empty))} would hold no FFT bin "
        f"(those are {sample_rate / n_fft:.4g} Hz apart); use a larger n_fft or a higher fmin"
    )
    return [Problem("fmin", message)]


@constant(check=_octaves_fit)
def contrast_bands(
    *,
    sample_rate: float,
    n_fft: int,
    fmin: Frequency = 200.0,
    n_bands: Bands = 6,
    quantile: Fraction = 0.02,
) -> list[tuple[int, int, int]]:
    """The bins of each band, and how many of them are its peak and its valley."""
    return octave_slices(
        sample_rate=sample_rate, n_fft=n_fft, fmin=fmin, n_bands=n_bands, quantile=quantile
    )


@local(spectrum, contrast_bands)
def band_extremes(spectrum: Array, bands: list[tuple[int, int, int]]) -> Array:
    """(frames, channels, 2 (n_bands + 1)) float32: mean of each band's largest bins, then valleys.

    NaN where the frame is silent.
    """
    values = spectrum.T
    out = np.empty((2, len(bands), *values.shape[1:]), np.float32)
    for band, (start, stop, count) in enumerate(bands):
        part = values[start:stop]
        if count == 1:
            part.max(axis=0, out=out[0, band])
            part.min(axis=0, out=out[1, band])
            continue
        # A sort of contiguous float32 is vectorised, and faster than a partition at two ranks.
        ordered = _frames_first(part)
        ordered.sort(axis=-1)
        share = np.full(count, 1 / count, np.float32)
        out[0, band] = ordered[..., -count:] @ share
        out[1, band] = ordered[..., :count] @ share
    silent = out[0].max(axis=0) == 0
    out[:, :, silent] = np.nan
    return out.reshape(-1, *values.shape[1:]).T


def _frames_first(values: Array) -> Array:
    """(bins, channels, frames) -> (channels, frames, bins), copied a few bins at a time.

    All at once, the rows that are read would push each other out of the cache.
    """
    out = np.empty((*values.shape[1:], len(values)), np.float32)
    for start in range(0, len(values), COPIED):
        some = slice(start, start + COPIED)
        out[..., some] = values[some].transpose(1, 2, 0)
    return out


@local(band_extremes)
def extreme_levels(extremes: Array, *, linear: bool = False) -> Array:
    """The same as 10 log10, not below 1e-10; as they are where `linear`."""
    if linear:
        return extremes
    levels = np.log10(np.maximum(extremes.T, _FLOOR))
    levels *= 10
    return levels.T


@local(extreme_levels)
def highest_levels(levels: Array) -> Array:
    """(frames, channels, 2): the highest peak and the highest valley of all bands."""
    peaks, valleys = np.split(levels.T, 2)
    tops = np.stack([peaks.max(axis=0), valleys.max(axis=0)])
    tops[np.isnan(tops)] = -np.inf  # silent frames set no floor
    return tops.T


@local(extreme_levels, clip_peak.reading(highest_levels))
def limited_levels(
    levels: Array, tops: Array, *, top_db: Decibels | None = 80.0, linear: bool = False
) -> Array:
    """Levels not lower than the clip's highest peak (or valley) less `top_db`; linear ones pass."""
    if linear:
        return levels
    floors = np.repeat(tops.T - np.float32(top_db or 0), levels.shape[-1] // 2, axis=0)
    return np.maximum(levels.T, floors[..., np.newaxis]).T
