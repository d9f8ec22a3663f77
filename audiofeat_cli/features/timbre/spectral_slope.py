"""How the spectrum falls: slope over frequency, and decrease that stresses low frequencies."""

from collections.abc import Sequence

import numpy as np

from audiofeat_cli.step import Array, Gain, Problem, constant, feature
from audiofeat_cli.steps.moments import moments
from audiofeat_cli.steps.project import project
from audiofeat_cli.steps.ratio import ratio_or_nan
from audiofeat_cli.steps.scale import gain_of, unit_of
from audiofeat_cli.steps.spectrum import bin_frequencies, spectrum


def _two_bins(*, n_fft: int) -> Sequence[Problem]:
    if n_fft < 2:
        return [Problem("n_fft", f"expected at least 2, for two bins to compare, got {n_fft}")]
    return []


def _unit(*, norm: bool, power: float) -> str:
    return "1/Hz" if norm else f"{unit_of(scale='linear', power=power)}/Hz"


def _gain(*, norm: bool, power: float) -> Gain:
    return "invariant" if norm else gain_of(scale="linear", power=power)


@feature(
    moments.using(power=1.0),
    bin_frequencies,
    unit=_unit,
    gain=_gain,
    check=_two_bins,
    reference="scipy.stats.linregress over numpy.abs(librosa.stft)",
)
def spectral_slope(moments: Array, frequencies: Array, *, norm: bool = True) -> Array:
    r"""Slope of the straight line through the spectrum, which is divided by its sum.

    .. math:: \frac{\sum_k (f_k - \bar f) |X_k|^p}{\sum_k (f_k - \bar f)^2} \Big/ \sum_k |X_k|^p

    (frames, channels, 1), 1/Hz: below 0 where low frequencies prevail. `norm: false` leaves the
    division by the sum out (then FS/Hz). Silence: null, or 0 with `norm: false`.
    `power: 1` takes magnitudes (the default), `power: 2` energies.
    Source: Peeters 2004, section 6.1.5.
    """
    total, centre = moments[..., :1], moments[..., 1:2]
    middle = frequencies.mean()
    slope = (centre - middle) / np.sum((frequencies - middle) ** 2)
    if not norm:
        slope = np.where(total > 0, slope * total, 0)
    return np.asarray(slope, dtype=np.float32)


@constant(check=_two_bins)
def decrease_weights(*, n_fft: int) -> Array:
    """(2, bins) float32: differences from the first bin over the distance to it, and the rest."""
    steps = np.arange(1, 1 + n_fft // 2)
    weights = np.ones((2, 1 + n_fft // 2))
    weights[0, 1:] = 1 / steps
    weights[:, 0] = -np.sum(1 / steps), 0
    return weights.astype(np.float32)


@feature(
    spectrum.using(power=1.0),
    decrease_weights,
    unit="1",
    gain="invariant",
    reference="naive float64 sums over numpy.abs(librosa.stft)",
)
def spectral_decrease(spectrum: Array, weights: Array) -> Array:
    r"""How the spectrum falls from its first bin, with stress on low frequencies.

    .. math:: \sum_{k \ge 1} \frac{|X_k|^p - |X_0|^p}{k} \Big/ \sum_{k \ge 1} |X_k|^p

    (frames, channels, 1), bins counted from 0 Hz. Silence: null, as where all lies at 0 Hz.
    `power: 1` takes magnitudes (the default), `power: 2` energies. Not Essentia's Decrease, which
    is the slope of a line. Source: Peeters 2004, section 6.1.6.
    """
    sums = project(weights, spectrum)
    return ratio_or_nan(sums[..., :1], sums[..., 1:])
