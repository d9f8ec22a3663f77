"""Frequency weighting: how loud the ear finds a frequency, as sound level meters have it."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval

from audiofeat_cli.step import Array, Unit, constant, local
from audiofeat_cli.steps.spectrum import bin_frequencies, power_spectrum, window_shape

Weighting = Literal["A", "B", "C", "D", "Z"]
Floor = Annotated[float, Interval(le=0), Unit("dB")]

_POLES_HZ = {
    "A": (12194.217, 12194.217, 20.598997, 20.598997, 107.65265, 737.86223),
    "B": (12194.217, 12194.217, 20.598997, 20.598997, 158.48932),
    "C": (12194.217, 12194.217, 20.598997, 20.598997),
}
_AT_1_KHZ_DB = {"A": 2.0, "B": 0.17, "C": 0.062}
"""What makes the curve 0 dB at 1 kHz, as the standard rounds it."""


@constant(bin_frequencies)
def weighting_curve(
    frequencies: Array, *, weighting: Weighting = "A", min_db: Floor = -80.0
) -> Array:
    """(bins,) float64, dB: the weight of each bin, not under `min_db`.

    Source: IEC 61672-1 (A, C, Z); IEC 60651 (B); IEC 537 (D).
    Reference: librosa.frequency_weighting 0.11.
    """
    if weighting == "Z":
        return np.zeros(len(frequencies))
    squares = np.square(frequencies)
    with np.errstate(divide="ignore"):
        curve = _curve_d(squares) if weighting == "D" else _curve_abc(squares, weighting)
    return np.asarray(np.maximum(curve, min_db))


def _curve_abc(squares: Array, weighting: str) -> Array:
    poles = np.square(_POLES_HZ[weighting])
    zeros = len(poles) - 2  # two poles are a low-pass
    curve = 10 * np.log10(poles[0] ** 2 * squares**zeros)
    curve -= 10 * np.log10(squares[:, np.newaxis] + poles).sum(axis=1)
    return np.asarray(_AT_1_KHZ_DB[weighting] + curve)


def _curve_d(squares: Array) -> Array:
    a, b, c, d, e, f, g = np.square([8.3046305e-3, 1018.7, 1039.6, 3136.5, 3424, 282.7, 1160])
    above = squares * ((b - squares) ** 2 + c * squares)
    below = a**2 * ((d - squares) ** 2 + e * squares) * (f + squares) * (g + squares)
    return np.asarray(10 * np.log10(above / below))


@constant(weighting_curve, window_shape)
def weighting_powers(curve: Array, window: Array, *, n_fft: int) -> Array:
    """(bins,) float32: what each bin's energy adds to the weighted mean square of its frame."""
    twice = np.full(len(curve), 2.0)  # each bin stands for its mirror image as well
    twice[0] = 1
    if n_fft % 2 == 0:
        twice[-1] = 1
    powers = twice * 10 ** (curve / 10) / (n_fft * np.square(window).sum())
    return np.asarray(powers, np.float32)


@local(power_spectrum, weighting_powers)
def weighted_mean_square(spectrum: Array, powers: Array) -> Array:
    """(frames, channels, 1) float32, FS^2: mean square under the window, as the curve hears it."""
    rows = spectrum.T
    found = powers @ rows.reshape(len(rows), -1)
    return np.asarray(found.reshape(1, *rows.shape[1:]).T)
