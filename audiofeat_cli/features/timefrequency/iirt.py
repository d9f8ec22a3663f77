"""Energies of a bank of semitone filters."""

from collections.abc import Sequence

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.scale import compressed, gain_of, unit_of
from audiofeat_cli.steps.semitones import HIGHEST, LOWEST, semitone_energies
from audiofeat_cli.steps.tuning import A4_HZ


def _centres(*, tuning: float) -> Sequence[float]:
    return [A4_HZ * 2 ** ((m + tuning - 69) / 12) for m in range(LOWEST, HIGHEST + 1)]


@feature(
    compressed.reading(semitone_energies).pinned(power=2.0),
    unit=unit_of,
    gain=gain_of,
    reference="librosa.iirt 0.11",
    width=HIGHEST - LOWEST + 1,
    labels=_centres,
)
def iirt(levels: Array) -> Array:
    r"""Energy in each semitone from C1 to C8, through a bank of elliptic filters.

    .. math:: E_m(t) = \frac{f_s}{f_r} \sum_{n \in \text{frame } t} y_m^2(n)

    (frames, channels, 85). Band m is filtered forwards and backwards at rate r (882, 4410 or 22050
    Hz), so that it has no delay; energies are those of frames of `n_fft` samples. `tuning` is in
    fractions of a semitone. Silence: 0, or the floor on a logarithmic scale.
    Source: Mueller 2007, Information Retrieval for Music and Motion, 3.1.
    """
    return levels
