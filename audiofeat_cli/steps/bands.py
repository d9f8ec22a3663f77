"""Sums of a spectrum over bands of frequency: rectangular ones, and gammatone filters."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from audiofeat_cli.step import Array, Count, Exponent, Hertz, Problem, constant, local
from audiofeat_cli.steps.project import project
from audiofeat_cli.steps.scale import compressed
from audiofeat_cli.steps.spectrum import fft_frequencies, spectrum

Edges = tuple[Hertz, ...]

LOW_TO_HIGH = (20.0, 150.0, 800.0, 4000.0, 20000.0)
"""Low, middle low, middle high, high. Source: Essentia's music extractor."""

BARK = (
    *(0.0, 50.0, 100.0, 150.0, 200.0, 300.0, 400.0, 510.0, 630.0, 770.0, 920.0, 1080.0),
    *(1270.0, 1480.0, 1720.0, 2000.0, 2320.0, 2700.0, 3150.0, 3700.0, 4400.0, 5300.0, 6400.0),
    *(7700.0, 9500.0, 12000.0, 15500.0, 20500.0, 27000.0),
)
"""Zwicker 1961 with the two lowest bands halved and two above. Source: Essentia's BarkBands."""


def below_half(edges: Sequence[float], sample_rate: float | None) -> tuple[float, ...]:
    """The edges of those bands that begin below half the sample rate."""
    if sample_rate is None:
        return ()
    return (*(low for low, _ in pairwise(edges) if low < sample_rate / 2), _end(edges, sample_rate))


def _end(edges: Sequence[float], sample_rate: float) -> float:
    return next((high for high in edges[1:] if high >= sample_rate / 2), edges[-1])


def middles(edges: Sequence[float], sample_rate: float | None) -> list[float]:
    """Middle of each band up to half the sample rate, Hz; nothing where that differs by file."""
    if sample_rate is None:
        return []
    clipped = np.minimum(edges, sample_rate / 2)
    return [float(low + high) / 2 for low, high in pairwise(clipped)]


def band_of_bins(edges: Sequence[float], frequencies: Array) -> Array:
    """(bins,) index of the band that holds each bin, -1 for none.

    A band reaches from its lower edge to below its upper one, the last including it.
    """
    found = np.searchsorted(edges, frequencies, side="right") - 1
    found[frequencies == edges[-1]] = len(edges) - 2
    found[(frequencies < edges[0]) | (frequencies > edges[-1])] = -1
    return found


def edge_problems(
    name: str, edges: Sequence[float], *, sample_rate: float | None, n_fft: int, allow_empty: bool
) -> Sequence[Problem]:
    """What is wrong with bands that were asked for under the parameter `name`."""
    if len(edges) < 2:
        return [Problem(name, f"expected at least 2 edges, for one band, got {len(edges)}")]
    for low, high in pairwise(edges):
        if low >= high:
            return [Problem(name, f"expected rising frequencies, got {high:g} after {low:g}")]
    if sample_rate is None:
        return []
    fitting = sum(low < sample_rate / 2 for low in edges[:-1])
    if fitting < len(edges) - 1:
        message = (
            f"the band from {edges[fitting]:g} Hz begins at or above sample_rate / 2 "
            f"({sample_rate / 2:g} Hz); {fitting} of {len(edges) - 1} bands begin below"
        )
        return [Problem(name, message)]
    held = band_of_bins(edges, fft_frequencies(sample_rate, n_fft))
    empty = [band for band in range(len(edges) - 1) if band not in held]
    if not empty or allow_empty:
        return []
    shown = ", ".join(f"{edges[b]:g} to {edges[b + 1]:g} Hz" for b in empty[:4])
    message = (
        f"{len(empty)} of {len(edges) - 1} bands hold no FFT bin and would always be 0 "
        f"({shown}{', ...' if len(empty) > 4 else ''}); use wider bands or a larger n_fft, "
        "or set allow_empty_bands: true"
    )
    return [Problem(name, message)]


def band_matrix(edges: Sequence[float], sample_rate: float, n_fft: int) -> Any:
    """(bands, bins) sparse float32: 1 where the bin lies in the band."""
    from scipy.sparse import csr_matrix

    bands = band_of_bins(edges, fft_frequencies(sample_rate, n_fft))
    inside = np.flatnonzero(bands >= 0)
    ones = np.ones(len(inside), np.float32)
    return csr_matrix((ones, (bands[inside], inside)), shape=(len(edges) - 1, len(bands)))


def _edges_work(
    *,
    sample_rate: float | None,
    n_fft: int,
    edges: Edges | None = None,
    allow_empty_bands: bool = False,
) -> Sequence[Problem]:
    if sample_rate is None and edges is None:
        message = "must be given where sample_rate is null, or columns differ from file to file"
        return [Problem("edges", message)]
    return edge_problems(
        "edges",
        edges_in_use(sample_rate=sample_rate, edges=edges),
        sample_rate=sample_rate,
        n_fft=n_fft,
        allow_empty=allow_empty_bands,
    )


def edges_in_use(*, sample_rate: float | None, edges: Edges | None) -> tuple[float, ...]:
    """The edges given; else `LOW_TO_HIGH`, as far as the sample rate goes."""
    return below_half(LOW_TO_HIGH, sample_rate) if edges is None else edges


@constant(check=_edges_work)
def band_weights(*, sample_rate: float, n_fft: int, edges: Edges | None = None) -> Any:
    """(bands, bins) sparse: which bins each band holds."""
    return band_matrix(edges_in_use(sample_rate=sample_rate, edges=edges), sample_rate, n_fft)


def bark_in_use(*, sample_rate: float | None, n_bands: int | None) -> tuple[float, ...]:
    """The edges of the first `n_bands` Bark bands; else of those below half the sample rate."""
    return below_half(BARK, sample_rate) if n_bands is None else BARK[: n_bands + 1]


def _bark_works(
    *,
    sample_rate: float | None,
    n_fft: int,
    n_bands: Count | None = None,
    allow_empty_bands: bool = False,
) -> Sequence[Problem]:
    if sample_rate is None and n_bands is None:
        message = "must be given where sample_rate is null, or columns differ from file to file"
        return [Problem("n_bands", message)]
    if n_bands is not None and n_bands > len(BARK) - 1:
        return [Problem("n_bands", f"expected at most {len(BARK) - 1}, got {n_bands}")]
    return edge_problems(
        "n_bands",
        bark_in_use(sample_rate=sample_rate, n_bands=n_bands),
        sample_rate=sample_rate,
        n_fft=n_fft,
        allow_empty=allow_empty_bands,
    )


@constant(check=_bark_works)
def bark_weights(*, sample_rate: float, n_fft: int, n_bands: Count | None = None) -> Any:
    """(n_bands, bins) sparse: which bins each Bark band holds."""
    return band_matrix(bark_in_use(sample_rate=sample_rate, n_bands=n_bands), sample_rate, n_fft)


def erb_width(frequency: Array) -> Array:
    """Equivalent rectangular bandwidth of hearing, Hz. Source: Glasberg and Moore 1990."""
    return np.asarray(24.7 * (4.37e-3 * frequency + 1))


def erb_centres(
    *, sample_rate: float | None, n_bands: int, fmin: float, fmax: float | None
) -> list[float]:
    """Centre of each filter, Hz: equal steps of ERB rate from fmin, fmax being one step above."""
    if sample_rate is None and fmax is None:
        return []
    top = (sample_rate or 0) / 2 if fmax is None else fmax
    low, high = (np.log(4.37e-3 * f + 1) for f in (fmin, top))
    rates = low + (high - low) * np.arange(n_bands) / n_bands
    return [float(f) for f in (np.exp(rates) - 1) / 4.37e-3]


def _erb_works(
    *, sample_rate: float | None, fmin: Hertz = 50.0, fmax: Hertz | None = None
) -> Sequence[Problem]:
    if sample_rate is None:
        if fmax is None:
            message = "must be given where sample_rate is null, or bands differ from file to file"
            return [Problem("fmax", message)]
        return []
    nyquist = sample_rate / 2
    top = nyquist if fmax is None else fmax
    if top > nyquist:
        return [Problem("fmax", f"expected at most sample_rate / 2 ({nyquist:g} Hz), got {top:g}")]
    if fmin >= top:
        return [Problem("fmin", f"expected less than fmax ({top:g} Hz), got {fmin:g}")]
    return []


@constant(check=_erb_works)
def erb_weights(
    *,
    sample_rate: float,
    n_fft: int,
    power: Exponent = 2.0,
    n_bands: Count = 40,
    fmin: Hertz = 50.0,
    fmax: Hertz | None = None,
) -> Array:
    """(n_bands, bins) float32: |H|^power of gammatone filters of order 4, 1 at their centre."""
    centres = np.array(erb_centres(sample_rate=sample_rate, n_bands=n_bands, fmin=fmin, fmax=fmax))
    width = 1.019 * erb_width(centres)
    away = np.subtract.outer(centres, fft_frequencies(sample_rate, n_fft)) / width[:, np.newaxis]
    return np.asarray((1 + away**2) ** (-2 * power), dtype=np.float32)


@local(spectrum, band_weights)
def in_bands(spectrum: Array, weights: Any) -> Array:
    """(frames, channels, bands): the spectrum times the bands' weights."""
    return project(weights, spectrum)


band_levels = compressed.reading(in_bands)
bark_levels = compressed.reading(in_bands.reading(spectrum, bark_weights))
erb_levels = compressed.reading(in_bands.reading(spectrum, erb_weights))
