"""Harmonic pitch class profile, and how it is shaped."""

from collections.abc import Sequence

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.chroma import Norm, normalised, note_names
from audiofeat_cli.steps.hpcp import pitch_class_energies
from audiofeat_cli.steps.ratio import ratio_or_nan

REFERENCE = "naive loop over the peaks of numpy.abs(librosa.stft)"


def _names(*, size: int) -> Sequence[str]:
    return note_names(n_chroma=size)


@feature(
    pitch_class_energies,
    unit=lambda *, norm: "1" if norm else "FS^2",
    gain=lambda *, norm: "invariant" if norm else "power",
    reference=REFERENCE,
    width=lambda *, size: size,
    labels=_names,
)
def hpcp(energies: Array, *, norm: Norm | None = "inf") -> Array:
    r"""Harmonic pitch class profile: energy of the spectral peaks around each pitch class.

    .. math:: H_c = \sum_i a_i^2 \cos \frac{\pi d_{c,i}}{w}, \quad d_{c,i} \le \frac{w}{2}
        \text{ semitones}

    (frames, channels, size), C first (Essentia begins at A), then upwards in steps of 12 / size
    semitones. The peaks are the 60 highest from 20 to 3500 Hz, amplitude a; w is `window_size`.
    The numbers are those of Essentia's Freesound extractor: size 36, cosine weights over one
    semitone, largest class 1, tuning estimated (in semitones); Gomez has squared cosines over 4/3.
    Silence: 0. Source: Gomez 2006, Tonal description of polyphonic audio.
    """
    return normalised(energies, norm)


@feature(pitch_class_energies, unit="bit", gain="invariant", reference=REFERENCE)
def hpcp_entropy(energies: Array) -> Array:
    r"""Entropy of the harmonic pitch class profile: 0 for one class, log2(size) for all alike.

    .. math:: -\sum_c p_c \log_2 p_c, \quad p_c = H_c / \sum_j H_j

    (frames, channels, 1). Silence: null. Source: Gomez 2006; Freesound extractor.
    """
    shares = ratio_or_nan(energies, energies.sum(axis=-1, keepdims=True))
    logs = np.log2(np.where(shares > 0, shares, 1))
    return np.asarray(-(shares * logs).sum(axis=-1, keepdims=True), dtype=np.float32)


@feature(pitch_class_energies, unit="1", gain="invariant", reference=REFERENCE)
def hpcp_crest(energies: Array) -> Array:
    r"""Crest of the harmonic pitch class profile: its largest class over the mean of all.

    .. math:: \max_c H_c \Big/ \frac{1}{n} \sum_c H_c

    (frames, channels, 1). Silence: null. Source: Gomez 2006; Freesound extractor.
    """
    strongest = energies.max(axis=-1, keepdims=True)
    return ratio_or_nan(strongest, energies.mean(axis=-1, keepdims=True))
