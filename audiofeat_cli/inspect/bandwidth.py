"""Effective bandwidth: up to which frequency a file has content, and whether it ends at an edge.

A resampler or a lossy encoder leaves an edge that nature does not: dense content up to some
frequency, a fall of tens of decibels within a few percent, and nothing but noise floor above.
Three things are asked of the long-term spectrum before anything is claimed: the content right below
the edge is dense (a tone proves nothing), the fall is steep (a roll-off proves nothing), and all
above lies far below (hiss up to the top is content).
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.spectrum import power_spectrum

LOWEST_HZ = 300.0
BAND_RATIO = 1.015
"""Each band ends so much higher than it begins (or is one bin wide)."""

QUANTILE = 0.99
"""Of a band's levels over time: clicks of 1 % of the frames do not count, a few cymbals do."""

FEWEST_FRAMES = 8
LEAST_DROP_DB = 20.0
"""From the content right below an edge to all that lies above it."""

WIDEST_EDGE = 1.16
"""The middle half of the fall, in dB, must lie within this ratio of frequencies."""

LEAST_STEEPNESS = 70.0
"""Decibels per octave; usual equalisers and analogue filters stay below."""

STEEPER_THAN_TILT = 8.0
"""As many times steeper, per octave, than the content below."""

DENSEST_GAP_DB = 25.0
"""Of content, from its strongest band to its weak ones."""

NEAR_TOP = 0.94
"""Of half the sample rate; an edge above is the file's own anti-alias filter."""

NOTHING_DB = 80.0
"""What lies so far below the strongest band is practically nothing."""

_FLOOR_MARGIN_DB = 12.0
_KNEE_DB = 8.0
_SHORT_FILTER = 1.045
_FEWEST_BANDS = 3
_OCTAVES_BETWEEN = math.log2(0.84 / 0.63)
_RATES = (
    *(6000, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
    *(64000, 88200, 96000, 176400, 192000),
)
_ENCODER_EDGES = (14500.0, 20800.0)
_ENCODER_SHARE = 0.45

Numbers = NDArray[np.float64]
Kind = Literal["full", "partial", "upsampled", "low_passed", "unknown"]


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """How high the content of a file reaches.

    Attributes
    ----------
    content_hz : above, there is practically nothing; None where nothing can be said.
    nyquist_hz : half the sample rate.
    kind : `upsampled` and `low_passed` are claims: there is an edge. `partial` makes none, `full`
        is content up to the top, `unknown` silence, or too little or too quiet a sound.
    upsampled_from_hz : the sample rate before, for `upsampled`.
    text : the same in words.
    """

    content_hz: float | None
    nyquist_hz: float
    kind: Kind
    upsampled_from_hz: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A steep fall: its middle half, in dB, lies from `start_hz` to `end_hz`.

    `knee_hz` is where the content has lost a few decibels.
    """

    knee_hz: float
    start_hz: float
    middle_hz: float
    end_hz: float


@lru_cache(maxsize=16)
def band_starts(sample_rate: float, n_fft: int) -> tuple[int, ...]:
    """First FFT bin of each band; the last band ends with the spectrum."""
    last = n_fft // 2
    width = sample_rate / n_fft
    starts = [max(1, math.ceil(LOWEST_HZ / width))]
    while (following := max(starts[-1] + 1, round(starts[-1] * BAND_RATIO))) < last:
        starts.append(following)
    return tuple(starts) if starts[0] < last else ()


def band_edges(sample_rate: float, n_fft: int) -> Numbers:
    """(bands + 1,) Hz."""
    starts = [*band_starts(sample_rate, n_fft), n_fft // 2]
    return np.asarray(starts) * (sample_rate / n_fft)


@feature(
    power_spectrum,
    unit="FS^2",
    gain="power",
    reference="numpy, by hand",
    width=lambda *, sample_rate, n_fft: len(band_starts(sample_rate, n_fft)),
)
def band_power(power_spectrum: Array, *, sample_rate: float, n_fft: int) -> Array:
    """(frames, channels, bands) mean over the band's bins; a full-scale sine on a bin has 1."""
    starts = np.asarray(band_starts(sample_rate, n_fft))
    counts = np.diff([*starts, n_fft // 2 + 1])
    sums = np.add.reduceat(power_spectrum.T, starts, axis=0)
    scale = 16 / (counts * float(n_fft) ** 2)
    return np.asarray(sums * scale[:, np.newaxis, np.newaxis], dtype=np.float32).T


def long_term_levels(powers: Array) -> Numbers | None:
    """(bands,) dB that each band exceeds in 1 % of (frames, channels, bands); None: too short."""
    if len(powers) < FEWEST_FRAMES:
        return None
    total = powers.sum(axis=1, dtype=np.float64)
    index = min(len(total) - 1, math.ceil(QUANTILE * len(total)) - (len(total) >= 100))
    high = np.partition(total, index, axis=0)[index]
    return np.asarray(10 * np.log10(np.maximum(high, 1e-30)))


def quantisation_floor(bits: int | None, n_fft: int) -> float:
    """Level in dB under which a band of nothing but dithered rounding stays, nearly always.

    TPDF dither and rounding have a variance of a quarter of a step squared.
    """
    if bits is None or bits > 24:
        return -200.0
    step = 2.0 ** (1 - bits)
    return 10 * math.log10(step**2 * 1.5 / n_fft) + _FLOOR_MARGIN_DB


def find_edge(levels: Numbers, frequencies: Numbers, nyquist: float) -> Edge | None:
    """The steep end of dense content, if there is one.

    Parameters
    ----------
    levels, frequencies : (bands,) dB, and Hz of each band's lower end.
    """
    best: Edge | None = None
    best_drop = LEAST_DROP_DB
    smooth, loudest = _running_median(levels), float(levels.max())
    for place in map(float, frequencies):
        content = _content_below(levels, frequencies, place)
        gap = min(0.12 * place, 0.5 * (nyquist - place))
        above = levels[frequencies >= place + gap]
        if content is None or len(above) < _FEWEST_BANDS:
            continue
        level, tilt = content
        if level < loudest - NOTHING_DB:
            continue
        rest = float(np.quantile(above, 0.95))
        if level - rest < best_drop:
            continue
        edge = _fall(smooth, frequencies, level, rest)
        if edge is None or edge.middle_hz > NEAR_TOP * nyquist:
            continue
        steepness = 0.5 * (level - rest) / math.log2(edge.end_hz / edge.start_hz * BAND_RATIO)
        if steepness >= max(LEAST_STEEPNESS, STEEPER_THAN_TILT * tilt):
            best, best_drop = edge, level - rest
    return best


def _content_below(
    levels: Numbers, frequencies: Numbers, place: float
) -> tuple[float, float] | None:
    """(dB, tilt in dB per octave) of the content right below a place; None where it has gaps.

    Between the partials of a tone is nothing but the window's own skirts.
    """
    near = levels[(frequencies >= 0.77 * place) & (frequencies < 0.92 * place)]
    far = levels[(frequencies >= 0.55 * place) & (frequencies < 0.72 * place)]
    if min(len(near), len(far)) < _FEWEST_BANDS:
        return None
    if near.max() - np.quantile(near, 0.1) > DENSEST_GAP_DB:
        return None
    level = float(np.median(near))
    return level, abs(float(np.median(far)) - level) / _OCTAVES_BETWEEN


def _fall(levels: Numbers, frequencies: Numbers, content: float, rest: float) -> Edge | None:
    """Where the levels fall from `content` to `rest` for good, if that is steep."""
    places = []
    for level in (content - _KNEE_DB, *(rest + s * (content - rest) for s in (0.75, 0.5, 0.25))):
        above = np.flatnonzero(levels > level)
        index = int(above[-1]) + 1 if len(above) else len(frequencies)
        if index >= len(frequencies):
            return None
        places.append(float(frequencies[index]))
    edge = Edge(*places)
    return edge if edge.end_hz <= WIDEST_EDGE * edge.start_hz else None


def _running_median(levels: Numbers) -> Numbers:
    padded = np.concatenate([levels[:1], levels, levels[-1:]])
    return np.asarray(np.median(np.stack([padded[:-2], padded[1:-1], padded[2:]]), axis=0))


def rate_before(edge: Edge, rate: int) -> int | None:
    """The common sample rate that an edge betrays, if any.

    A long resampling filter has reached its floor at half the old rate; a short one (which leaves
    a wide edge) has only begun to fall there.
    """
    is_short = edge.end_hz > _SHORT_FILTER * edge.start_hz
    guess = 0.985 * edge.knee_hz if is_short else 1.02 * edge.middle_hz
    low, high = 0.93 * edge.knee_hz, 1.07 * edge.end_hz
    found = [r for r in _RATES if r < 0.96 * rate and low <= r / 2 <= high]
    return min(found, key=lambda r: abs(math.log(r / 2 / guess)), default=None)


def judge(
    powers: Array, *, sample_rate: int, n_fft: int, bits: int | None, lossy: bool
) -> Bandwidth:
    """Say how high the content reaches.

    Parameters
    ----------
    powers : (frames, channels, bands) of `band_power`.
    bits : per sample as stored; None where that has no meaning.
    lossy : whether the file's own encoder may have made an edge.
    """
    nyquist = sample_rate / 2
    levels = long_term_levels(powers)
    floor = quantisation_floor(bits, n_fft)
    if levels is None or len(levels) == 0 or levels.max() < floor + _FLOOR_MARGIN_DB:
        text = "too little sound to tell how high it reaches"
        return Bandwidth(None, nyquist, "unknown", None, text)
    edges = band_edges(sample_rate, n_fft)
    edge = find_edge(levels, edges[:-1], nyquist)
    if edge is not None:
        return _claim(edge, sample_rate, lossy=lossy)
    there = levels > max(floor, float(levels.max()) - NOTHING_DB)
    content = float(edges[1:][np.flatnonzero(there)[-1]])
    if content >= NEAR_TOP * nyquist:
        text = f"content up to {_kilohertz(nyquist)}, the top"
        return Bandwidth(nyquist, nyquist, "full", None, text)
    return Bandwidth(content, nyquist, "partial", None, _up_to(content, nyquist))


def _claim(edge: Edge, rate: int, *, lossy: bool) -> Bandwidth:
    low, high = _ENCODER_EDGES
    nyquist = rate / 2
    by_encoder = low <= edge.middle_hz <= high or (
        lossy and edge.middle_hz > _ENCODER_SHARE * nyquist
    )
    before = rate_before(edge, rate)
    if before is not None and not by_encoder:
        content = min(edge.middle_hz, before / 2)
        text = f"{_up_to(content, nyquist)}: probably upsampled from {_kilohertz(before)}"
        return Bandwidth(content, nyquist, "upsampled", before, text)
    why = ""
    if by_encoder:
        once = f", or once {_kilohertz(before)}" if before else ""
        why = " (by its encoder?)" if lossy else f" (lossy source{once}?)"
    text = f"{_up_to(edge.middle_hz, nyquist)}: low-passed at {_kilohertz(edge.middle_hz)}{why}"
    return Bandwidth(edge.middle_hz, nyquist, "low_passed", None, text)


def _up_to(content: float, nyquist: float) -> str:
    return f"content up to {_kilohertz(content)} of {_kilohertz(nyquist)}"


def _kilohertz(hertz: float) -> str:
    """`16 kHz`, `22.05 kHz`, `7.8 kHz`: exact for sample rates, else to 0.1."""
    if float(hertz).is_integer() and hertz % 25 == 0:
        return f"{hertz / 1000:g} kHz"
    return f"{hertz / 1000:.1f} kHz"
