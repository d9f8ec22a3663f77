"""The spectra of numpy.abs(librosa.stft), and sums over them in float64."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Settings
from tests.reference import _librosa


def spectra(samples: Array, settings: Settings, power: float = 1.0) -> Array:
    """(bins, frames) |X|^power, float32 as librosa has magnitudes."""
    magnitudes = np.abs(_librosa.complex_spectrum(samples, settings))
    return magnitudes if power == 1 else np.asarray(magnitudes**power)


def frequencies(settings: Settings) -> Array:
    """(bins,) Hz."""
    return np.fft.rfftfreq(settings.n_fft, 1 / settings.sample_rate)


def unless_silent(values: Array, spectra: Array) -> Array:
    """(..., frames) values as (frames, ...), NaN where the spectrum is 0."""
    return np.asarray(np.where(spectra.sum(axis=0) > 0, values, np.nan).T)


def shares(spectra: Array) -> Array:
    """(bins, frames) float64: each frame over its sum; NaN where that is 0."""
    sums = spectra.sum(axis=0, dtype=np.float64)
    return np.asarray(spectra / np.where(sums > 0, sums, np.nan))


def central_moment(spectra: Array, settings: Settings, order: int) -> Array:
    """(frames,) moment about the centre, frame by frame, Hz^order."""
    hertz = frequencies(settings)
    out = []
    for share in shares(spectra).T:
        centre = np.sum(hertz * share)
        out.append(np.sum((hertz - centre) ** order * share))
    return np.asarray(out)


def histogram(samples: Array, settings: Settings, edges: Array, power: float) -> Array:
    """(frames, bands) float64: |X|^power summed between edges, of which the last is inside.

    numpy.histogram finds the same bins, but sums of quiet bands as differences of running sums.
    """
    hertz = frequencies(settings)
    weights = spectra(samples, settings).astype(np.float64) ** power
    hertz[hertz == edges[-1]] = edges[-2]
    band = np.digitize(hertz, edges)
    count = len(edges) + 1
    return np.asarray([np.bincount(band, frame, count)[1:-1] for frame in weights.T])
