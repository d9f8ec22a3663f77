"""Harmonic pitch class profile: pitch classes of the spectrum's peaks."""

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval, MultipleOf

from audiofeat_cli.step import Array, Count, Hertz, Problem, Unit, local, when
from audiofeat_cli.steps.chroma import C_BELOW_A
from audiofeat_cli.steps.spectrum import bin_frequencies, spectrum
from audiofeat_cli.steps.tuning import A4_HZ, estimated_tuning, given_tuning

Weighting = Literal["cosine", "squared_cosine", "nearest"]
Classes = Annotated[int, Interval(ge=12, le=1200), MultipleOf(12)]
Semitones = Annotated[float, Interval(gt=0, le=12), Unit("semitones")]


def _range_works(
    *, size: Classes = 36, window_size: Semitones = 1.0, fmin: Hertz = 20.0, fmax: Hertz = 3500.0
) -> Sequence[Problem]:
    if fmin >= fmax:
        return [Problem("fmin", f"expected less than fmax ({fmax:g} Hz), got {fmin:g}")]
    if window_size * size < 12:
        message = f"expected at least one class, 12 / size ({12 / size:g}), got {window_size:g}"
        return [Problem("window_size", message)]
    return []


def largest_peaks(
    values: Array, frequencies: Array, *, fmin: float, fmax: float, count: int
) -> tuple[Array, Array, Array]:
    """Frame, pitch (Hz) and height of the `count` highest local maxima of (bins, frames) columns.

    Place and height are those of the parabola through a bin and its neighbours.
    """
    low = max(1, int(np.searchsorted(frequencies, fmin)))
    high = min(len(frequencies) - 1, int(np.searchsorted(frequencies, fmax, "right")))
    if high <= low:
        nothing = np.zeros(0)
        return nothing.astype(int), nothing, nothing
    middle = values[low:high]
    summits = (middle > values[low - 1 : high - 1]) & (middle >= values[low + 1 : high + 1])
    frame, row = np.nonzero(summits.T)
    row += low
    left, here, right = (values[row + step, frame].astype(np.float64) for step in (-1, 0, 1))
    shift = (left - right) / (2 * (left - 2 * here + right))
    height = here - (left - right) * shift / 4
    order = np.lexsort((-height, frame))
    first = np.searchsorted(frame, np.arange(values.shape[1]))
    kept = order[np.arange(len(order)) - first[frame] < count]
    return frame[kept], ((row + shift) * frequencies[1])[kept], height[kept]


@local(
    spectrum.pinned(power=1.0),
    bin_frequencies,
    when("tuning", given_tuning, estimated_tuning.pinned(n_chroma=12, power=1.0)),
    check=_range_works,
)
def pitch_class_energies(
    spectrum: Array,
    frequencies: Array,
    tuning: Array,
    *,
    size: Classes = 36,
    n_peaks: Count = 60,
    fmin: Hertz = 20.0,
    fmax: Hertz = 3500.0,
    weighting: Weighting = "cosine",
    window_size: Semitones = 1.0,
) -> Array:
    """(frames, channels, size) float32: energy of the peaks around each pitch class, C first.

    A peak counts for the classes within `window_size` / 2 of it, by the cosine of its distance (or
    its square), or for the nearest one alone.
    """
    channels = spectrum.shape[1]
    tunings = np.ravel(tuning)
    out = np.empty((size, channels, len(spectrum)), np.float32)
    for channel in range(channels):
        frame, pitch, height = largest_peaks(
            spectrum[:, channel].T, frequencies, fmin=fmin, fmax=fmax, count=n_peaks
        )
        moved = float(tunings[min(channel, len(tunings) - 1)])
        place = size * (np.log2(pitch / A4_HZ) + (C_BELOW_A - moved) / 12)
        classes, weights = _spread(place, size, weighting, window_size)
        slot = (frame[:, np.newaxis] * size + classes).ravel()
        energy = (weights * height[:, np.newaxis] ** 2).ravel()
        summed = np.bincount(slot, weights=energy, minlength=len(spectrum) * size)
        out[:, channel] = summed.reshape(-1, size).T
    return out.T


def _spread(
    place: Array, size: int, weighting: Weighting, window_size: float
) -> tuple[Array, Array]:
    """(peaks, n) pitch classes that each peak counts for, and how much."""
    if weighting == "nearest":
        return np.rint(place).astype(int)[:, np.newaxis] % size, np.ones((len(place), 1))
    width = window_size * size / 12
    first = np.ceil(place - width / 2)
    classes = first[:, np.newaxis] + np.arange(int(width) + 1)
    distance = np.abs(classes - place[:, np.newaxis]) / width
    weights = np.where(distance <= 0.5, np.cos(np.pi * distance), 0)
    if weighting == "squared_cosine":
        weights *= weights
    return classes.astype(int) % size, weights
