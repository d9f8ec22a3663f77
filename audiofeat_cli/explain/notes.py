"""Notes of equal temperament, and which of them the bins of an FFT cover."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from audiofeat_cli.step import Array

SEMITONE = 2 ** (1 / 12)
A4_HZ, _A4_MIDI = 440.0, 69
_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_EXACT = 1e-9

SHARED_BINS = math.ceil(1 / (SEMITONE - 1))
"""Only bins below this one (17) can cover two notes: above, a semitone is wider than a bin."""


@dataclass(frozen=True, slots=True)
class NoteBin:
    """One bin of an FFT and the notes from its frequency up to that of the next bin.

    Attributes
    ----------
    from_hz, to_hz : bin times Hz per bin, and the same of the next bin (at most half the rate).
    notes : their names, lowest first. Of bin 0, which has all below, only `below` is told.
    below : of bin 0: the lowest note that is above it; None of the others.
    """

    bin: int
    from_hz: float
    to_hz: float
    notes: tuple[str, ...]
    below: str | None


def hz_of(midi: int) -> float:
    """Frequency of a MIDI note."""
    return float(A4_HZ * 2 ** ((midi - _A4_MIDI) / 12))


def midi_from(frequency: float) -> int:
    """MIDI number of the lowest note that is not below a frequency."""
    return math.ceil(_A4_MIDI + 12 * math.log2(frequency / A4_HZ) - _EXACT)


def name_of(midi: int) -> str:
    """`C4` of 60. Octaves go on below 0."""
    return f"{_NAMES[midi % 12]}{midi // 12 - 1}"


def note_from(frequency: float) -> str:
    """The lowest note, in equal temperament at A4 = 440 Hz, that is not below a frequency."""
    return name_of(midi_from(frequency))


def semitone_from(width: float, highest: float) -> str | None:
    """The lowest note that lies `width` Hz or more below the next one.

    None where that next one is not below `highest`.
    """
    lowest = width / (SEMITONE - 1)
    return note_from(lowest) if lowest * SEMITONE < highest else None


def note_bins(sample_rate: int, n_fft: int) -> Iterator[NoteBin]:
    """The bins that can cover more than one note, from bin 0 up; at most 17."""
    width, highest = sample_rate / n_fft, sample_rate / 2
    for number in range(min(SHARED_BINS, 1 + n_fft // 2)):
        low, high = number * width, min((number + 1) * width, highest)
        if number == 0:
            yield NoteBin(0, low, high, (), note_from(high))
        else:
            covered = range(midi_from(low), midi_from(high))
            yield NoteBin(number, low, high, tuple(name_of(m) for m in covered), None)


def half_width(window: Array) -> float:
    """Width at half height (6 dB down) of a tone's peak, in cycles per sample.

    Source: Harris 1978: two equal tones are told apart when they are that far apart.
    """
    import numpy as np

    size = 1 << (2 * len(window) - 1).bit_length()
    half = _sum(window) / 2
    below = np.flatnonzero(np.abs(np.fft.rfft(window, size)) < half)
    if half == 0 or len(below) == 0:
        return 0.5
    at = np.arange(len(window))

    def above(frequency: float) -> float:
        return float(abs(np.vdot(np.exp(2j * np.pi * frequency * at), window))) - half

    low, high = (below[0] - 1) / size, below[0] / size
    for _ in range(10):
        middle = (low + high) / 2
        low, high = (low, middle) if above(middle) < 0 else (middle, high)
    left, right = above(low), above(high)
    return float(2 * (low + (high - low) * left / (left - right)))


def noise_bandwidth(window: Array) -> float | None:
    """Equivalent noise bandwidth in units of sample_rate / length: 1.5 of a Hann window.

    None of a window that sums to 0. Source: Harris 1978, eq. 11.
    """
    total = _sum(window)
    return len(window) * float((window**2).sum()) / total**2 if total else None


def _sum(window: Array) -> float:
    """Magnitude of the sum; 0 where only rounding is left of it."""
    total = abs(float(window.sum()))
    return total if total > 1e-9 * float(abs(window).sum()) else 0.0
