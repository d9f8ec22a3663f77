"""Harmonic and percussive parts of a spectrum, by medians along time and along frequency."""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Interval

from audiofeat_cli.reach import Reach
from audiofeat_cli.step import Array, Exponent, Problem, local
from audiofeat_cli.steps.medians import running_median
from audiofeat_cli.steps.spectrum import spectrum
from audiofeat_cli.steps.sums import total

Kernel = Annotated[int, Interval(ge=1, le=255)]
Kernels = Kernel | tuple[Kernel, ...]
Margin = Annotated[float, Ge(1)]
Margins = Margin | tuple[Margin, ...]


def _pair(given: Kernels | Margins) -> tuple[Any, Any]:
    """The harmonic and the percussive one."""
    one, two = given if isinstance(given, tuple) else (given, given)
    return one, two


def _at_most_two(*, kernel_size: Kernels = 31, margin: Margins = 1.0) -> Sequence[Problem]:
    return [
        Problem(name, f"expected one number or two, harmonic and percussive, got {len(given)}")
        for name, given in (("kernel_size", kernel_size), ("margin", margin))
        if isinstance(given, tuple) and len(given) != 2
    ]


def _along_time(*, kernel_size: Kernels = 31) -> Reach:
    size, _ = _pair(kernel_size)
    return Reach(1, size // 2, size - size // 2, edges="symmetric")


@local(spectrum.pinned(power=1.0), reach=_along_time, check=_at_most_two, version=2)
def separated_energies(
    spectrum: Array,
    *,
    kernel_size: Kernels = 31,
    power: Exponent = 2.0,
    margin: Margins = 1.0,
) -> Array:
    """(frames, channels, 2) float64: energy of the harmonic and of the percussive part.

    Reference: librosa.decompose.hpss.
    """
    size, across = _pair(kernel_size)
    values = spectrum.T
    bins, channels, given = values.shape
    frames = given - size + 1
    in_time = np.arange(given)
    mirrored = np.pad(np.arange(bins), (across // 2, across - across // 2 - 1), mode="symmetric")
    harmonic = np.empty((bins, channels, frames), np.float32)
    percussive = np.empty_like(harmonic)
    middle = np.ascontiguousarray(values[..., size // 2 : size // 2 + frames])
    for channel in range(channels):
        running_median(values[:, channel].T, size, in_time, harmonic[:, channel].T)
        running_median(middle[:, channel], across, mirrored, percussive[:, channel])
    return _energies(middle, harmonic, percussive, power, _pair(margin))


def _energies(
    values: Array, harmonic: Array, percussive: Array, power: float, margins: tuple[float, float]
) -> Array:
    """(frames, channels, 2): sums over the bins of the squares of what the soft masks leave."""
    zeros = 0.5 if margins == (1.0, 1.0) else 0.0
    energies = np.empty((2, *values.shape[1:]))
    for part, (ours, other) in enumerate([(harmonic, percussive), (percussive, harmonic)]):
        masked = _soft_mask(ours, other, power, margins[part], zeros)
        masked *= values
        np.square(masked, out=masked)
        energies[part] = total(masked.T).T[0]
    return energies.T


def _soft_mask(ours: Array, other: Array, power: float, margin: float, zeros: float) -> Array:
    """ours^power / (ours^power + (margin other)^power); `zeros` where both are 0.

    Reference: librosa.util.softmask.
    """
    other = other if margin == 1 else other * np.float32(margin)
    largest = np.maximum(ours, other)
    nothing = largest < np.finfo(np.float32).tiny
    largest[nothing] = 1
    mask, rest = ours / largest, other / largest
    for each in (mask, rest):
        if power == 2:
            np.square(each, out=each)
        else:
            np.power(each, np.float32(power), out=each)
    rest += mask
    rest[nothing] = 1
    mask /= rest
    mask[nothing] = zeros
    return mask
