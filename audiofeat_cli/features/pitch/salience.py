"""Salience of pitches."""

from collections.abc import Sequence

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.salience import bins_between, harmonic_sum
from audiofeat_cli.steps.scale import gain_of, unit_of
from audiofeat_cli.steps.spectrum import bins_mean_one_thing, fft_frequencies


def _labels(*, sample_rate: float | None, n_fft: int, fmin: float, fmax: float) -> Sequence[float]:
    if sample_rate is None:
        return []
    found = bins_between(sample_rate=sample_rate, n_fft=n_fft, fmin=fmin, fmax=fmax)
    return [float(f) for f in fft_frequencies(sample_rate, n_fft)[found]]


def _width(*, sample_rate: float | None, n_fft: int, fmin: float, fmax: float) -> int:
    return len(_labels(sample_rate=sample_rate, n_fft=n_fft, fmin=fmin, fmax=fmax))


@feature(
    harmonic_sum,
    unit=lambda *, power: unit_of(scale="linear", power=power),
    gain=lambda *, power: gain_of(scale="linear", power=power),
    check=bins_mean_one_thing,
    reference="librosa.salience 0.11 over numpy.abs(librosa.stft)",
    width=_width,
    labels=_labels,
)
def salience(salience: Array) -> Array:
    r"""How strongly each frequency stands out as a pitch: the mean over its harmonics.

    .. math:: S(f) = \sum_h w_h |X(h f)| \Big/ \sum_h w_h

    (frames, channels, bins): the bins from `fmin` to `fmax`. `harmonics` may hold fractions, for
    subharmonics; `weights: null` weighs them alike; beyond half the sample rate there is nothing.
    With `filter_peaks` only bins that are peaks themselves count, the others are 0 (librosa's
    default leaves them undefined, its example 0). Silence: 0.
    Source: Salamon and Gomez 2012; librosa.salience.
    """
    return salience
