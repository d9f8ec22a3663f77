"""Spectral centroid."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.project import project
from audiofeat_cli.steps.ratio import ratio_or_nan
from audiofeat_cli.steps.spectrum import bin_frequencies, spectrum


@feature(
    spectrum.using(power=1.0),
    bin_frequencies,
    unit="Hz",
    gain="invariant",
    reference="librosa.feature.spectral_centroid 0.11",
)
def spectral_centroid(spectrum: Array, frequencies: Array) -> Array:
    r"""Centre of gravity of the spectrum.

    .. math:: \sum_k f_k |X_k|^p / \sum_k |X_k|^p

    (frames, channels, 1), Hz. Silence: null. `power: 1` weighs by magnitude (librosa, the default),
    `power: 2` by energy. Source: Peeters 2004, section 6.1.1.
    """
    weights = np.stack([frequencies, np.ones_like(frequencies)]).astype(np.float32)
    sums = project(weights, spectrum)
    return ratio_or_nan(sums[..., :1], sums[..., 1:])
