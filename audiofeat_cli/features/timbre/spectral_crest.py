"""Spectral crest."""

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.ratio import ratio_or_nan
from audiofeat_cli.steps.spectrum import spectrum
from audiofeat_cli.steps.sums import total


@feature(
    spectrum.using(power=1.0),
    unit="1",
    gain="invariant",
    reference="naive float64 quotient over numpy.abs(librosa.stft)",
    version=2,
)
def spectral_crest(spectrum: Array) -> Array:
    r"""Largest value of the spectrum over its mean: 1 for a click, high for tones.

    .. math:: \max_k |X_k|^p \Big/ \frac{1}{K} \sum_k |X_k|^p

    (frames, channels, 1), from 1 to the number of bins K. Silence: null. `power: 1` takes
    magnitudes (Essentia, the default), `power: 2` energies. Source: Peeters 2004, section 9.
    """
    mean = total(spectrum) / spectrum.shape[-1]
    return ratio_or_nan(spectrum.max(axis=-1, keepdims=True), mean)
