"""Chroma of the short-time spectrum."""

from functools import lru_cache

import numpy as np

from audiofeat_cli.step import Array, Count, Positive, constant, feature, when
from audiofeat_cli.steps.chroma import Norm, normalised, note_names
from audiofeat_cli.steps.project import project
from audiofeat_cli.steps.scale import gain_of, unit_of
from audiofeat_cli.steps.spectrum import spectrum
from audiofeat_cli.steps.tuning import A4_HZ, estimated_tuning, given_tuning


@constant(when("tuning", given_tuning, estimated_tuning))
def chroma_filterbank(
    tuning: Array,
    *,
    sample_rate: float,
    n_fft: int,
    n_chroma: Count = 12,
    ctroct: float = 5.0,
    octwidth: Positive | None = 2.0,
) -> Array:
    """(channels, n_chroma, bins) float32: Gaussian bumps around each pitch class, C first.

    Weights of a bin have length 1, then fade by octaves from `ctroct` (octaves above A0 less one)
    with width `octwidth`. Reference: librosa.filters.chroma. Source: Ellis 2007, chroma matlab.
    """
    return np.stack(
        [
            _bumps(float(t), sample_rate, n_fft, n_chroma, (ctroct, octwidth))
            for t in np.ravel(tuning)
        ]
    )


@lru_cache(maxsize=32)  # tunings are few, and clips many
def _bumps(
    tuning: float,
    sample_rate: float,
    n_fft: int,
    n_chroma: int,
    octaves: tuple[float, float | None],
) -> Array:
    bins = 1 + n_fft // 2
    frequencies = np.arange(1, min(n_fft, bins + 1)) * sample_rate / n_fft
    reference = A4_HZ / 16 * 2 ** (tuning / n_chroma)
    position = n_chroma * np.log2(frequencies / reference)
    position = np.concatenate([[position[0] - 1.5 * n_chroma], position])
    width = np.concatenate([np.maximum(np.diff(position), 1), [1]])
    half = round(n_chroma / 2)
    distance = np.subtract.outer(np.arange(n_chroma), position)
    distance = np.remainder(half + 10 * n_chroma - distance, n_chroma) - half
    weights = np.exp(-0.5 * (2 * distance / width) ** 2)
    weights /= np.linalg.norm(weights, axis=0)
    centre, spread = octaves
    if spread is not None:
        weights *= np.exp(-0.5 * ((position / n_chroma - centre) / spread) ** 2)
    from_c = np.roll(weights, -3 * (n_chroma // 12), axis=0)
    return np.asarray(from_c[:, :bins], dtype=np.float32)


@feature(
    spectrum,
    chroma_filterbank,
    unit=lambda *, norm, power: "1" if norm else unit_of(scale="linear", power=power),
    gain=lambda *, norm, power: "invariant" if norm else gain_of(scale="linear", power=power),
    reference="librosa.feature.chroma_stft 0.11",
    width=lambda *, n_chroma: n_chroma,
    labels=note_names,
)
def chroma_stft(
    spectrum: Array,
    filterbank: Array,
    *,
    norm: Norm | None = "inf",
    tuning: float | None = None,
) -> Array:
    r"""Energy of each pitch class, C to B, over all octaves.

    .. math:: C_c = \sum_k w_{c,k} |X_k|^2, \quad \text{divided by } \lVert C \rVert

    (frames, channels, n_chroma). `norm: inf` makes the largest of a frame 1. Silence: 0.
    `tuning`, in fractions of a bin, is estimated for each clip and channel unless given; that takes
    a second pass over the spectra. Source: Ellis 2007; Fujishima 1999.
    """
    del tuning  # chose the filterbank
    channels = spectrum.shape[1]
    raw = [
        project(filterbank[min(c, len(filterbank) - 1)], spectrum[:, c : c + 1])
        for c in range(channels)
    ]
    chroma = np.concatenate(raw, axis=1)
    return normalised(chroma, norm)
