"""Partials of a tone, and what they say of its timbre."""

from collections.abc import Sequence

import numpy as np

from audiofeat_cli.step import Array, Problem, feature
from audiofeat_cli.steps.partials import Partials, partials
from audiofeat_cli.steps.ratio import ratio_or_nan

REFERENCE = "naive float64 loop over the peaks of numpy.abs(librosa.stft), f0 by librosa.pyin"


def _width(*, n_partials: int) -> int:
    return n_partials


@feature(partials, unit="Hz", gain="invariant", reference=REFERENCE, width=_width)
def partial_frequencies(partials: Array) -> Array:
    r"""Frequency of each of the first partials of the tone (whose f0 is that of pyin).

    .. math:: f_h = \arg\max_f |X(f)|, \quad |f - h f_0| \le 0.2 f_0

    (frames, channels, n_partials), Hz, the fundamental first. A partial is the highest peak of the
    spectrum near its multiple of f0, refined by a parabola on decibels, and above `threshold` of
    the frame's largest magnitude. Silence: null, as are unvoiced frames and partials not found.
    Source: Essentia's HarmonicPeaks (there the nearest peak).
    """
    hertz, _ = np.split(partials, 2, axis=-1)
    return np.asarray(hertz, dtype=np.float32)


@feature(partials, unit="1", gain="invariant", reference=REFERENCE, width=_width)
def partial_amplitudes(partials: Array) -> Array:
    r"""Amplitude of each of the first partials, over that of the fundamental.

    .. math:: a_h / a_1, \quad a_h = |X(f_h)|

    (frames, channels, n_partials), the first of which is 1; see partial_frequencies. 0 where there
    is no peak. Silence: null, as are unvoiced frames and those without a peak at f0.
    Source: Essentia's HarmonicPeaks (there not divided).
    """
    _, amplitudes = np.split(partials, 2, axis=-1)
    return ratio_or_nan(amplitudes, amplitudes[..., :1])


@feature(partials, unit="1", gain="invariant", reference=REFERENCE)
def inharmonicity(partials: Array) -> Array:
    r"""How far the partials lie from multiples of the first, weighted by energy.

    .. math:: \frac{\sum_h |f_h - h f_1| \, a_h^2}{f_1 \sum_h a_h^2}

    (frames, channels, 1): 0 for a harmonic tone. f_1 is the first partial as measured, finer than
    the grid of f0; see partial_frequencies. Silence: null, as are unvoiced frames and those without
    a peak at f0. Source: Peeters 2004, section 7.2; Essentia's Inharmonicity.
    """
    hertz, amplitudes = np.split(partials, 2, axis=-1)
    first = hertz[..., :1]
    order = np.arange(1, hertz.shape[-1] + 1)
    away = np.nan_to_num(np.abs(hertz - order * first))
    energy = np.square(amplitudes)
    total = energy.sum(axis=-1, keepdims=True)
    return ratio_or_nan((away * energy).sum(axis=-1, keepdims=True), first * total)


def _has_an_even_one(*, n_partials: Partials = 10) -> Sequence[Problem]:
    if n_partials < 2:
        return [Problem("n_partials", "expected at least 2, for an even partial, got 1")]
    return []


@feature(partials, unit="1", gain="invariant", reference=REFERENCE, check=_has_an_even_one)
def odd_even_ratio(partials: Array) -> Array:
    r"""Energy of the odd partials over that of the even ones.

    .. math:: \sum_{h = 1, 3, 5 \dots} a_h^2 \Big/ \sum_{h = 2, 4, 6 \dots} a_h^2

    (frames, channels, 1); see partial_frequencies. Silence: null, as are unvoiced frames and those
    without any even partial (Essentia gives the largest float).
    Source: Peeters 2004, section 7.5; Essentia's OddToEvenHarmonicEnergyRatio.
    """
    _, amplitudes = np.split(partials, 2, axis=-1)
    energy = np.square(amplitudes)
    odd, even = (energy[..., first::2].sum(axis=-1, keepdims=True) for first in (0, 1))
    return ratio_or_nan(odd, even)


def _has_a_third_part(*, n_partials: Partials = 10) -> Sequence[Problem]:
    if n_partials < 5:
        message = f"expected at least 5, for partials above the fourth, got {n_partials}"
        return [Problem("n_partials", message)]
    return []


@feature(
    partials,
    unit="1",
    gain="invariant",
    reference=REFERENCE,
    width=3,
    check=_has_a_third_part,
)
def tristimulus(partials: Array) -> Array:
    r"""Shares of the first partial, of the next three, and of the rest in the sum of amplitudes.

    .. math:: T_1 = \frac{a_1}{\sum_h a_h}, \quad T_2 = \frac{a_2 + a_3 + a_4}{\sum_h a_h}, \quad
        T_3 = \frac{\sum_{h > 4} a_h}{\sum_h a_h}

    (frames, channels, 3), which add up to 1; see partial_frequencies. Silence: null, as are
    unvoiced frames. Source: Pollard and Jansson 1982; Peeters 2004, section 7.4.
    """
    _, amplitudes = np.split(partials, 2, axis=-1)
    parts = [part.sum(axis=0) for part in np.split(amplitudes.T, (1, 4))]
    return ratio_or_nan(np.stack(parts).T, amplitudes.sum(axis=-1, keepdims=True))
