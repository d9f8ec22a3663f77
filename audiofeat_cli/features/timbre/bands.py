"""Energy in bands of frequency: of one's own, of the Bark scale, and of gammatone filters."""

from collections.abc import Sequence

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.bands import (
    Edges,
    band_levels,
    bark_in_use,
    bark_levels,
    edges_in_use,
    erb_centres,
    erb_levels,
    middles,
)
from audiofeat_cli.steps.scale import gain_of, unit_of


def _count(*, sample_rate: float | None, edges: Edges | None) -> int:
    return len(edges_in_use(sample_rate=sample_rate, edges=edges)) - 1


def _middles(*, sample_rate: float | None, edges: Edges | None) -> Sequence[float]:
    return middles(edges_in_use(sample_rate=sample_rate, edges=edges), sample_rate)


@feature(
    band_levels,
    unit=unit_of,
    gain=gain_of,
    reference="numpy.digitize and numpy.bincount over numpy.abs(librosa.stft) ** 2",
    width=_count,
    labels=_middles,
)
def band_energy(levels: Array) -> Array:
    r"""Energy in bands of frequency that are given by their edges.

    .. math:: E_b = \sum_{e_b \le f_k < e_{b+1}} |X_k|^p

    (frames, channels, bands). `edges` are rising frequencies in Hz; null is [20, 150, 800, 4000,
    20000] (low, middle low, middle high, high), of which bands that begin above half the sample
    rate are left out. The last band holds its upper edge too, and ends at half the sample rate at
    the latest. Silence: 0, or the floor on a logarithmic scale. `power: 1` sums magnitudes.
    Source: Essentia, EnergyBand (there edges are rounded to bins).
    """
    return levels


def _bark_count(*, sample_rate: float | None, n_bands: int | None) -> int:
    return len(bark_in_use(sample_rate=sample_rate, n_bands=n_bands)) - 1


def _bark_middles(*, sample_rate: float | None, n_bands: int | None) -> Sequence[float]:
    return middles(bark_in_use(sample_rate=sample_rate, n_bands=n_bands), sample_rate)


@feature(
    bark_levels,
    unit=unit_of,
    gain=gain_of,
    reference="numpy.digitize and numpy.bincount over numpy.abs(librosa.stft) ** 2",
    width=_bark_count,
    labels=_bark_middles,
)
def bark_bands(levels: Array) -> Array:
    r"""Energy in the critical bands of hearing (Bark scale).

    .. math:: E_b = \sum_{e_b \le f_k < e_{b+1}} |X_k|^p

    (frames, channels, n_bands). Edges: 0, 50, 100, 150, 200, 300, 400, 510, 630, 770, 920, 1080,
    1270, 1480, 1720, 2000, 2320, 2700, 3150, 3700, 4400, 5300, 6400, 7700, 9500, 12000, 15500,
    20500, 27000 Hz. `n_bands: null` takes all that begin below half the sample rate, where the last
    one ends. Silence: 0, or the floor on a logarithmic scale. `power: 1` sums magnitudes.
    Source: Zwicker 1961, the two lowest bands halved and two added as in Essentia's BarkBands.
    """
    return levels


@feature(
    erb_levels,
    unit=unit_of,
    gain=gain_of,
    reference="naive float64 loop over numpy.abs(librosa.stft) ** 2",
    width=lambda *, n_bands: n_bands,
    labels=erb_centres,
)
def erb_bands(levels: Array) -> Array:
    r"""Energy behind gammatone filters whose centres are equally spaced in ERB rate.

    .. math:: E_b = \sum_k |X_k|^p |H_b(f_k)|^p, \quad
        |H_b(f)| = \Big( 1 + \Big( \frac{f - f_b}{1.019 (24.7 + 0.108 f_b)} \Big)^2 \Big)^{-2}

    (frames, channels, n_bands). Centres f_b go from `fmin` in equal steps of ERB rate, of which
    `fmax` (null: half the sample rate) is one step above the last. Filters are of order 4, 1 at
    their centre. Silence: 0, or the floor on a logarithmic scale. `power: 1` sums magnitudes.
    Source: Glasberg and Moore 1990 (bandwidth); Patterson et al. 1992, Slaney 1993 (gammatone).
    """
    return levels
