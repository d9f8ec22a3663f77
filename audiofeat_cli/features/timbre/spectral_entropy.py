"""Spectral entropy."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.ratio import ratio_or_nan
from audiofeat_cli.steps.spectrum import spectrum
from audiofeat_cli.steps.sums import total

_SMALLEST = np.finfo(np.float32).tiny


@feature(
    spectrum.using(power=1.0),
    unit=lambda *, norm: "1" if norm else "bit",
    gain="invariant",
    reference="scipy.special.entr in float64 over numpy.abs(librosa.stft)",
    version=2,
)
def spectral_entropy(spectrum: Array, *, norm: bool = False) -> Array:
    r"""Shannon entropy of the spectrum taken as a distribution: low for tones, high for noise.

    .. math:: - \sum_k s_k \log_2 s_k, \quad s_k = |X_k|^p / \sum_j |X_j|^p

    (frames, channels, 1), bits: from 0 to log2 of the number of bins (10.0 for n_fft 2048), by
    which `norm: true` divides. Silence: null. `power: 1` takes magnitudes (Essentia, the default),
    `power: 2` energies. Source: Shannon 1948; Misra et al. 2004.
    """
    weighted = np.maximum(spectrum, _SMALLEST)
    np.log2(weighted, out=weighted)
    weighted *= spectrum
    sums = total(spectrum)
    mean = ratio_or_nan(total(weighted), sums)
    bits = np.maximum(np.log2(np.where(sums > 0, sums, 1)) - mean, 0)
    bins = spectrum.shape[-1]
    return np.asarray(bits / (np.log2(bins) if norm and bins > 1 else 1), dtype=np.float32)
