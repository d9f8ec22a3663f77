"""Width and shape of the spectrum around its centroid: bandwidth, skewness, kurtosis."""

import numpy as np

from audiofeat_cli.step import Array, Exponent, feature
from audiofeat_cli.steps.moments import moments, shape_moments
from audiofeat_cli.steps.ratio import ratio_or_nan
from audiofeat_cli.steps.scale import gain_of
from audiofeat_cli.steps.spectrum import bin_frequencies, spectrum

_MASS, _CENTRE, _VARIANCE = (slice(n, n + 1) for n in range(3))
_SECOND, _THIRD, _FOURTH = (slice(n, n + 1) for n in range(3))


def _width_unit(*, p: float, norm: bool, power: float) -> str:
    if norm:
        return "Hz"
    share = power / p
    return "Hz FS" if share == 1 else f"Hz FS^{share:g}"


def _width_gain(*, p: float, norm: bool, power: float) -> str:
    return "invariant" if norm else gain_of(scale="linear", power=power / p)


@feature(
    spectrum.using(power=1.0),
    moments.using(power=1.0),
    bin_frequencies,
    unit=_width_unit,
    gain=_width_gain,  # type: ignore[arg-type]
    reference="librosa.feature.spectral_bandwidth 0.11",
)
def spectral_bandwidth(
    spectrum: Array,
    moments: Array,
    frequencies: Array,
    *,
    p: Exponent = 2.0,
    norm: bool = True,
) -> Array:
    r"""Width of the spectrum around its centroid.

    .. math:: \Big( \sum_k s_k |f_k - c|^p \Big)^{1/p}, \quad
        s_k = |X_k|^{power} / \sum_j |X_j|^{power}

    (frames, channels, 1), Hz; c is `spectral_centroid`. With p 2 it is the standard deviation, with
    p 1 the mean distance. `norm: false` does not divide by the sum: the louder, the wider.
    Silence: null. `power: 1` weighs by magnitude (librosa, the default), `power: 2` by energy.
    Source: Klapuri and Davy 2006, chapter 5; Peeters 2004, section 6.1.2 (spread).
    """
    if p == 2:
        mean = moments[..., _VARIANCE]
    else:
        mean = _mean_distance(spectrum, moments[..., _CENTRE], frequencies, p)
    total = mean if norm else mean * moments[..., _MASS]
    return (np.maximum(total, 0) ** (1 / p)).astype(np.float32)


def _mean_distance(spectrum: Array, centre: Array, frequencies: Array, p: float) -> Array:
    """(frames, channels, 1) float64: mean of |f - c|^p, weighed by the spectrum."""
    weights = spectrum.T
    distance = np.abs(frequencies[:, np.newaxis, np.newaxis] - centre.T)
    if p != 1:
        distance **= p
    distance *= weights
    sums = distance.sum(axis=0, keepdims=True)
    return np.asarray(sums / weights.sum(axis=0, keepdims=True, dtype=np.float64)).T


@feature(
    shape_moments.using(power=1.0),
    unit="1",
    gain="invariant",
    reference="naive float64 sums over numpy.abs(librosa.stft)",
)
def spectral_skewness(moments: Array) -> Array:
    r"""Asymmetry of the spectrum around its centroid: above 0 with a long tail towards high.

    .. math:: \mu_3 / \mu_2^{3/2}, \quad \mu_n = \sum_k s_k (f_k - c)^n, \quad
        s_k = |X_k|^p / \sum_j |X_j|^p

    (frames, channels, 1). Silence: null, as where all lies in one bin. `power: 1` weighs by
    magnitude (the default), `power: 2` by energy. Source: Peeters 2004, section 6.1.3.
    """
    variance = moments[..., _SECOND]
    return ratio_or_nan(moments[..., _THIRD], np.maximum(variance, 0) ** 1.5)


@feature(
    shape_moments.using(power=1.0),
    unit="1",
    gain="invariant",
    reference="naive float64 sums over numpy.abs(librosa.stft)",
)
def spectral_kurtosis(moments: Array) -> Array:
    r"""Excess kurtosis of the spectrum around its centroid: 0 for a Gaussian, above 0 if peaked.

    .. math:: \mu_4 / \mu_2^2 - 3, \quad \mu_n = \sum_k s_k (f_k - c)^n, \quad
        s_k = |X_k|^p / \sum_j |X_j|^p

    (frames, channels, 1), at least -2. Silence: null, as where all lies in one bin. `power: 1`
    weighs by magnitude (the default), `power: 2` by energy.
    Source: Peeters 2004, section 6.1.4 (there without the -3).
    """
    return ratio_or_nan(moments[..., _FOURTH], np.square(moments[..., _SECOND])) - np.float32(3)
