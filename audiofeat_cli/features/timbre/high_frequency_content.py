"""High frequency content."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.scale import gain_of, unit_of
from audiofeat_cli.steps.spectrum import bin_frequencies, spectrum
from audiofeat_cli.steps.sums import total


@feature(
    spectrum,
    bin_frequencies,
    unit=lambda *, power: f"Hz {unit_of(scale='linear', power=power)}",
    gain=lambda *, power: gain_of(scale="linear", power=power),
    reference="naive float64 sum over numpy.abs(librosa.stft)",
    version=2,
)
def high_frequency_content(spectrum: Array, frequencies: Array) -> Array:
    r"""Energy of the spectrum weighted by frequency: it jumps where something is struck.

    .. math:: \sum_k f_k |X_k|^p

    (frames, channels, 1), Hz times energy. `power: 2` is Masri's (and the default of Essentia's
    HFC), `power: 1` Brossier's. Silence: 0.
    Source: Masri and Bateman 1996 (there the bin's number in place of its frequency).
    """
    weights = frequencies.astype(np.float32)[:, np.newaxis, np.newaxis]
    return total((spectrum.T * weights).T).astype(np.float32)
