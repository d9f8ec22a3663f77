"""Recursive filters as products of matrices: many samples at a time, without `scipy.signal`.

The import of `scipy.signal` takes longer than the filtering of many a clip.
"""

from dataclasses import dataclass

import numpy as np

from audiofeat_cli.step import Array

_STRETCH = 64
"""Samples whose outputs come of one product: the fewer, the fewer products with zeros."""

_GROUP = 16
"""Stretches whose states come of one product."""


@dataclass(frozen=True, eq=False)
class Recursion:
    """Second-order sections made ready for `filtered`. A state is a row of two numbers each.

    Attributes
    ----------
    outputs : (samples + states, samples): what each sample of a stretch, and each number of the
        state before it, adds to each of its outputs.
    into : (samples, states): what each sample leaves in the state after the stretch.
    kept : (samples + 1, states, states): what is left of a state after so many samples.
    states : (stretches * states, (1 + stretches) * states): from what each stretch leaves to the
        state before each of them, and after the last.
    carried : (states, (1 + stretches) * states): from the state before the first to the same.
    """

    outputs: Array
    into: Array
    kept: Array
    states: Array
    carried: Array

    @property
    def size(self) -> int:
        """Numbers of a state."""
        return int(self.into.shape[1])


def recursion(sections: Array) -> Recursion:
    """Matrices of (sections, 6) second-order sections, as `scipy.signal` writes them."""
    size = 2 * len(sections)
    rows = np.vstack([np.eye(_STRETCH), np.zeros((size, _STRETCH))])
    state = np.vstack([np.zeros((_STRETCH, size)), np.eye(size)])
    outputs, states = _one_by_one(sections, rows, state)
    kept = states[:, _STRETCH:]
    over = [np.eye(size)]
    for _ in range(_GROUP):
        over.append(over[-1] @ kept[-1])
    nothing = np.zeros((size, size))
    blocks = [[nothing] * (1 + j) + over[: _GROUP - j] for j in range(_GROUP)]
    return Recursion(outputs, states[-1, :_STRETCH], kept, np.block(blocks), np.hstack(over))


def _one_by_one(sections: Array, rows: Array, state: Array) -> tuple[Array, Array]:
    """Outputs (rows, samples), and states (1 + samples, rows, numbers) from before the first on."""
    out = np.empty(rows.shape)
    states = [state]
    for n in range(rows.shape[1]):
        value = rows[:, n]
        after = np.empty_like(state)
        for i, (b0, b1, b2, _, a1, a2) in enumerate(sections):
            first, second = states[-1][:, 2 * i], states[-1][:, 2 * i + 1]
            made = b0 * value + first
            after[:, 2 * i] = b1 * value - a1 * made + second
            after[:, 2 * i + 1] = b2 * value - a2 * made
            value = made
        out[:, n] = value
        states.append(after)
    return out, np.stack(states)


def filtered(state: Array | None, rows: Array, by: Recursion) -> tuple[Array, Array]:
    """The state after, and (channels, samples) float64: rows of samples filtered.

    Reference: scipy.signal.sosfilt. The sections' a0 are 1. A clip begins with the state None.
    """
    channels, count = rows.shape
    before = np.zeros((channels, by.size)) if state is None else state
    whole = count // _STRETCH * _STRETCH
    joined = np.empty((channels, whole // _STRETCH, _STRETCH + by.size))
    joined[..., :_STRETCH] = rows[:, :whole].reshape(channels, -1, _STRETCH)
    left = joined[..., :_STRETCH] @ by.into
    for start in range(0, left.shape[1], _GROUP):
        part = left[:, start : start + _GROUP]
        stop = part.shape[1] * by.size
        found = part.reshape(channels, stop) @ by.states[:stop, : stop + by.size]
        found += before @ by.carried[:, : stop + by.size]
        joined[:, start : start + _GROUP, _STRETCH:] = found[:, :stop].reshape(part.shape)
        before = found[:, stop:]
    out = np.empty((channels, count))
    out[:, :whole] = (joined @ by.outputs).reshape(channels, whole)
    rest = count - whole
    if rest:
        last = np.concatenate(
            [rows[:, whole:], np.zeros((channels, _STRETCH - rest)), before], axis=1
        )
        out[:, whole:] = (last @ by.outputs)[:, :rest]
        before = before @ by.kept[rest] + last[:, :rest] @ by.into[_STRETCH - rest :]
    return before, out
