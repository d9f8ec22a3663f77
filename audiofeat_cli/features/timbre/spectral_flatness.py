"""Spectral flatness."""

import numpy as np

from audiofeat_cli.step import Array, Positive, feature
from audiofeat_cli.steps.spectrum import spectrum
from audiofeat_cli.steps.sums import at_least, total


@feature(
    spectrum.using(power=2.0),
    unit="1",
    gain="invariant",
    reference="librosa.feature.spectral_flatness 0.11, but null for silence",
    version=2,
)
def spectral_flatness(spectrum: Array, *, amin: Positive = 1e-10) -> Array:
    r"""Geometric mean of the spectrum over its arithmetic mean: near 1 for noise, near 0 for tones.

    .. math:: \exp \Big( \frac{1}{K} \sum_k \ln s_k \Big) \Big/ \frac{1}{K} \sum_k s_k, \quad
        s_k = \max(|X_k|^p, a)

    (frames, channels, 1), between 0 and 1. a is `amin`; a frame below it everywhere counts as flat.
    `power: 2` takes energies (librosa, the default), `power: 1` magnitudes. Silence: null.
    Source: Gray and Markel 1974; Dubnov 2004; Peeters 2004, section 9.
    """
    bins = spectrum.shape[-1]
    values = at_least(spectrum, amin)
    arithmetic = total(values) / bins
    np.log(values, out=values)
    geometric = np.exp(total(values) / bins)
    flatness = (geometric / arithmetic).astype(np.float32)
    faint = arithmetic[..., 0] <= 1.01 * amin
    if faint.any():
        heard = spectrum[faint].any(axis=-1, keepdims=True)
        flatness[faint] = np.where(heard, flatness[faint], np.nan)
    return np.asarray(flatness)
