"""Levels with the memory of the ear, for the dynamic complexity."""

from dataclasses import dataclass

import numpy as np

from audiofeat_cli.step import Array, constant, native_samples, scan
from audiofeat_cli.steps.recursive import Recursion, filtered, recursion

FRAME_SECONDS = 0.2
MEMORY_SECONDS = 0.035
FLOOR_DB = -100.0

_POLE, _RATE = 0.9719, 44100
"""Of the high-pass that stands for the B curve, and the rate at which it was stated."""


@constant()
def b_curve(*, sample_rate: float | None) -> Recursion:
    """High-pass of first order, 0 dB at the top. Source: Vickers 2001; taken to other rates."""
    pole = _POLE ** (_RATE / (sample_rate or _RATE))
    gain = (1 + pole) / 2
    return recursion(np.array([[gain, -gain, 0.0, 1.0, -pole, 0.0]]))


@dataclass
class _State:
    filter: Array | None
    rest: Array
    energy: float


@scan(native_samples, b_curve)
def remembered_level(
    state: _State | None, samples: Array, by: Recursion, *, sample_rate: float
) -> tuple[_State, Array]:
    """(frames, 1, 1) dB, not under the floor: a leaky mean square, read every 200 ms.

    The mean of the channels of the file. Reference: essentia's DynamicComplexity.
    """
    state = _State(None, np.zeros(0), 0.0) if state is None else state
    size = max(1, int(FRAME_SECONDS * sample_rate))
    keep = np.exp(-1 / (MEMORY_SECONDS * sample_rate))
    state.filter, heard = filtered(state.filter, samples.T, by)
    energies = np.concatenate([state.rest, np.square(heard).mean(axis=0)])
    frames = energies[: len(energies) // size * size].reshape(-1, size)
    state.rest = energies[frames.size :]
    added = (1 - keep) * (frames @ keep ** np.arange(size)[::-1])
    levels = np.empty(len(added))
    for t, energy in enumerate(added):  # five a second
        state.energy = keep**size * state.energy + energy
        levels[t] = 10 * np.log10(max(state.energy, 10 ** (FLOOR_DB / 10)))
    return state, levels[:, np.newaxis, np.newaxis]
