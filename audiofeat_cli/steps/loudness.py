"""K-weighted energy (ITU-R BS.1770-5), from which the EBU R128 loudness measures are made."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction as Ratio
from itertools import pairwise

import numpy as np

from audiofeat_cli.reach import Reach
from audiofeat_cli.step import Array, Count, clip, constant, local, native_samples, scan
from audiofeat_cli.steps.recursive import Recursion, filtered, recursion

STEPS_PER_SECOND = 10
"""Energies are summed in steps of 100 ms: 400 ms blocks that overlap by 75 % are four of them."""

FINE_STEPS_PER_SECOND = 100
"""And in steps of 10 ms, for windows that begin every 10 ms."""

MOMENTARY_STEPS, SHORT_TERM_STEPS = 40, 300
"""Fine steps of the windows of EBU Tech 3341, 400 ms and 3 s."""

LEAST_LUFS = -120.0
"""What is not louder is silence: only a filter that dies away, or less than any recording has."""

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


@constant(k_weighting)
def k_filter(sections: Array) -> Recursion:
    """The filters, ready for use."""
    return recursion(sections)


@scan(native_samples, k_filter)
def k_weighted(state: Array | None, samples: Array, by: Recursion) -> tuple[Array, Array]:
    """(samples, channels) float64: the signal as loudness weighs it."""
    state, out = filtered(state, samples.T, by)
    return state, out.T


@local(k_weighted)
def weighed_energy(weighted: Array) -> Array:
    """(samples, 1) float64: squares, those of the channels added up with their weights."""
    squares = np.square(weighted.T)
    return (channel_weights(len(squares)) @ squares)[:, np.newaxis]


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


class _Steps:
    """Sums of each 10 ms of energies that come in pieces.

    Attributes
    ----------
    total, count : samples and whole steps so far; step k begins at sample floor(k rate / 100).
    """

    def __init__(self, sample_rate: float) -> None:
        self.rate = int(sample_rate)
        self.total = 0
        self.count = 0
        self._rest = np.zeros(0)

    def push(self, energies: Array) -> Array:
        """(steps,): those that (n,) energies complete."""
        joined = np.concatenate([self._rest, energies])
        self.total += len(energies)
        before = self.count
        self.count = ((self.total + 1) * FINE_STEPS_PER_SECOND - 1) // self.rate
        at = np.arange(before, self.count + 1) * self.rate // FINE_STEPS_PER_SECOND
        at -= at[0]
        self._rest = joined[at[-1] :]
        if self.rate % FINE_STEPS_PER_SECOND == 0:
            size = self.rate // FINE_STEPS_PER_SECOND
            return np.asarray(joined[: at[-1]].reshape(-1, size).sum(axis=1))
        return np.array([joined[a:b].sum() for a, b in pairwise(at)])


@scan(weighed_energy)
def fine_energy(
    state: _Steps | None, energies: Array, *, sample_rate: float
) -> tuple[_Steps, Array]:
    """(steps, 1, 1) float64: sum of the energies of each 10 ms."""
    state = _Steps(sample_rate) if state is None else state
    return state, state.push(energies[:, 0])[:, np.newaxis, np.newaxis]


_PER_STEP = FINE_STEPS_PER_SECOND // STEPS_PER_SECOND


@local(fine_energy, reach=Reach(_PER_STEP, 0, _PER_STEP, count="valid"))
def step_energy(fine: Array) -> Array:
    """(steps, 1, 1) float64: sum of the energies of each 100 ms."""
    whole = fine[: len(fine) // _PER_STEP * _PER_STEP]
    return np.asarray(whole.reshape(-1, _PER_STEP).sum(axis=1)[:, np.newaxis, np.newaxis])


def block_loudness(step_energies: Array, *, steps: int, sample_rate: float) -> Array:
    """(blocks,) LUFS of each block of `steps` times 100 ms, every 100 ms.

    Source: BS.1770-5 annex 1, eq. 1 and 2. -inf for silence; empty where the clip is too short.
    """
    energies = step_energies[:, 0, 0]
    if len(energies) < steps:
        return np.zeros(0)
    sums = np.convolve(energies, np.ones(steps), mode="valid")
    return loudness(sums / (steps * sample_rate / STEPS_PER_SECOND))


def loudness(energies: Array) -> Array:
    """LUFS of mean energies; -inf where they are 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(-0.691 + 10 * np.log10(energies))


def loudness_or_nan(energies: Array) -> Array:
    """LUFS of mean energies; undefined (NaN) where there is but silence."""
    levels = loudness(energies)
    return np.where(levels > LEAST_LUFS, levels, np.nan)


@dataclass(frozen=True, slots=True)
class _Grid:
    """The frames of a config on the native signal, `hop` samples apart."""

    rate: int
    hop: Ratio
    n_fft: int
    center: bool

    def rows(self, samples: int) -> int:
        """Frames of a clip of so many samples."""
        left = samples if self.center else samples - self.n_fft
        return max(0, 1 + int(left // self.hop))

    def steps(self, start: int, stop: int) -> Array:
        """Of each frame in [start, stop): the multiple of 10 ms that is nearest to its centre."""
        first = 0 if self.center else self.n_fft
        below = 2 * self.hop.denominator * self.rate
        above = 2 * self.hop.numerator * np.arange(start, stop) + first * self.hop.denominator
        return np.asarray((2 * FINE_STEPS_PER_SECOND * above + below) // (2 * below))


class _WindowFrames:
    """Mean energies of windows of whole steps, one for each frame, as samples come in."""

    def __init__(self, size: int, grid: _Grid) -> None:
        self.size = size
        self.grid = grid
        self.steps = _Steps(grid.rate)
        self.sums = np.zeros(0)  # of the last steps
        self.made = 0

    def push(self, energies: Array) -> Array:
        """(frames,): those whose windows (n,) energies complete."""
        self.sums = np.concatenate([self.sums, self.steps.push(energies)])
        starts = self._starts()
        ready = int(np.searchsorted(starts, self.steps.count - self.size, side="right"))
        return self._take(starts[:ready])

    def finish(self) -> Array:
        """(frames,): the rest. NaN where the clip is shorter than a window."""
        starts = self._starts()
        if self.steps.count < self.size:
            return np.full(len(starts), np.nan)
        return self._take(np.minimum(starts, self.steps.count - self.size))

    def _starts(self) -> Array:
        """Step at which each of the next frames' windows begins, if the clip had no end."""
        centres = self.grid.steps(self.made, self.grid.rows(self.steps.total))
        return np.asarray(np.maximum(centres - self.size // 2, 0))

    def _take(self, starts: Array) -> Array:
        if len(starts) == 0:
            return np.zeros(0)
        at = starts - (self.steps.count - len(self.sums))
        sums = np.convolve(self.sums[at[0] :], np.ones(self.size), mode="valid")[at - at[0]]
        self.made += len(starts)
        self.sums = self.sums[at[-1] :]
        return np.asarray(sums / (self.size * self.grid.rate / FINE_STEPS_PER_SECOND))


def _window_frames(state: _WindowFrames) -> Array:
    return state.finish()[:, np.newaxis, np.newaxis]


@scan(weighed_energy, finish=_window_frames)
def window_energy(
    state: _WindowFrames | None,
    energies: Array,
    *,
    sample_rate: float,
    hop_length: int | Ratio,
    n_fft: int,
    center: bool,
    window_steps: Count,
) -> tuple[_WindowFrames, Array]:
    """(frames, 1, 1) float64: mean energy of a window of `window_steps` times 10 ms at each frame.

    Windows begin at multiples of 10 ms and lie within the clip; a frame has the one whose centre is
    nearest to its own. NaN where the clip is shorter than a window. Keeps the sums of two windows.
    """
    if state is None:
        grid = _Grid(int(sample_rate), Ratio(hop_length), n_fft, center)
        state = _WindowFrames(window_steps, grid)
    return state, state.push(energies[:, 0])[:, np.newaxis, np.newaxis]


def _loudest(
    state: tuple[Array, float] | None, *, sample_rate: float, window_steps: Count
) -> float:
    if state is None or state[1] < 0:
        return float("nan")
    mean = state[1] / (window_steps * sample_rate / FINE_STEPS_PER_SECOND)
    return float(loudness_or_nan(np.array(mean)))


@clip(fine_energy, finish=_loudest)
def loudest_window(
    state: tuple[Array, float] | None, fine: Array, *, window_steps: Count
) -> tuple[Array, float]:
    """LUFS of the loudest window of `window_steps` times 10 ms; NaN where none fits, or silent."""
    before, most = (np.zeros(0), -1.0) if state is None else state
    joined = np.concatenate([before, fine[:, 0, 0]])
    if len(joined) >= window_steps:
        sums = np.convolve(joined, np.ones(window_steps), mode="valid")
        most = max(most, float(sums.max()))
    return joined[max(0, len(joined) - window_steps + 1) :], most
