"""K-weighted energy (ITU-R BS.1770-5), from which the EBU R128 loudness measures are made."""

import math
from collections.abc import Sequence
from fractions import Fraction as Ratio
from itertools import pairwise

import numpy as np

from audiofeat_cli.reach import Reach, Span
from audiofeat_cli.step import Array, constant, local, native_samples, scan

STEPS_PER_SECOND = 10
"""Energies are summed in steps of 100 ms: 400 ms blocks that overlap by 75 % are four of them."""

LOWEST_RATE = 4000
"""Hz; below, the shelf at 1.7 kHz has no room and its digital form is unstable."""


@constant()
def k_weighting(*, sample_rate: float | None) -> Array:
    """(2, 6) second-order sections: the high shelf of the head, then the high-pass.

    The filters of BS.1770-5 annex 1 tables 1 and 2 (48 kHz), taken to other rates through their
    analogue prototypes (bilinear transform). Source of the prototypes: De Man 2014.
    Below `LOWEST_RATE` nothing passes, so that loudness is undefined there.
    """
    if sample_rate is None or sample_rate < LOWEST_RATE:
        return np.tile([0.0, 0.0, 0.0, 1.0, 0.0, 0.0], (2, 1))
    return np.stack([_high_shelf(sample_rate), _high_pass(sample_rate)])


def _high_shelf(rate: float) -> Array:
    k = math.tan(math.pi * 1681.974450955533 / rate)
    q, gain = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = gain**0.4996667741545416
    scale = 1 + k / q + k * k
    b = [gain + middle * k / q + k * k, 2 * (k * k - gain), gain - middle * k / q + k * k]
    return np.array([*b, scale, 2 * (k * k - 1), 1 - k / q + k * k]) / scale


def _high_pass(rate: float) -> Array:
    k = math.tan(math.pi * 38.13547087602444 / rate)
    q = 0.5003270373238773
    scale = 1 + k / q + k * k
    return np.array([scale, -2 * scale, scale, scale, 2 * (k * k - 1), 1 - k / q + k * k]) / scale


@scan(native_samples, k_weighting)
def k_weighted(state: Array | None, samples: Array, sections: Array) -> tuple[Array, Array]:
    """(samples, channels) float64: the signal as loudness weighs it."""
    from scipy.signal import sosfilt

    if state is None:
        state = np.zeros((len(sections), samples.shape[1], 2))
    out, state = sosfilt(sections, samples.T.astype(np.float64), axis=-1, zi=state)
    return state, out.T


def _steps(*, sample_rate: float | None) -> Reach:
    stride = Ratio(int(sample_rate or STEPS_PER_SECOND), STEPS_PER_SECOND)
    exact = int(stride) if stride.denominator == 1 else stride
    return Reach(exact, 0, math.ceil(stride), count="valid", located=True)


@local(k_weighted, reach=_steps)
def step_energy(weighted: Array, span: Span, *, sample_rate: float) -> Array:
    """(steps, channels, 1) float64: sum of squares of each 100 ms."""
    stride = Ratio(int(sample_rate), STEPS_PER_SECOND)
    at = [round((span.first + t) * stride) for t in range(span.count + 1)]
    squares = np.square(weighted.T)
    sums = [squares[:, a - at[0] : b - at[0]].sum(axis=-1) for a, b in pairwise(at)]
    return np.stack(sums)[..., np.newaxis]


def channel_weights(channels: int) -> Array:
    """(channels,) weights of BS.1770-5 table 3, for the channel orders of WAV and FLAC.

    1 for left, right and centre, 1.41 for side and surround, 0 for the low-frequency channel.
    """
    orders: dict[int, Sequence[float]] = {
        4: (1, 1, 1.41, 1.41),
        5: (1, 1, 1, 1.41, 1.41),
        6: (1, 1, 1, 0, 1.41, 1.41),
        7: (1, 1, 1, 0, 1, 1.41, 1.41),
        8: (1, 1, 1, 0, 1, 1, 1.41, 1.41),
    }
    return np.asarray(orders.get(channels, [1.0] * channels), dtype=np.float64)


def block_loudness(step_energies: Array, *, steps: int, sample_rate: float) -> Array:
    """(blocks,) LUFS of each block of `steps` times 100 ms, every 100 ms, channels added up.

    Source: BS.1770-5 annex 1, eq. 1 and 2. -inf for silence; empty where the clip is too short.
    """
    weighed = step_energies[:, :, 0] @ channel_weights(step_energies.shape[1])
    if len(weighed) < steps:
        return np.zeros(0)
    sums = np.convolve(weighed, np.ones(steps), mode="valid")
    with np.errstate(divide="ignore"):
        return np.asarray(-0.691 + 10 * np.log10(sums / (steps * sample_rate / STEPS_PER_SECOND)))
