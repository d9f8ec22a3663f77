"""Recursive smoothing of frames in time."""

import numpy as np

from audiofeat_cli.step import Array

_STRETCH = 32
"""Frames per matrix product: the fewer, the fewer products with zeros."""


def one_pole(values: Array, before: Array, *, keep: float) -> Array:
    """y[t] = x[t] + keep y[t - 1] along the last axis, float64, where y[-1] is `before`.

    A stretch of outputs is a triangular matrix of powers of `keep` times a stretch of inputs, which
    spares `scipy.signal`, whose import takes longer than many a clip.
    Reference: scipy.signal.lfilter([1], [1, -keep], x).
    """
    steps = np.arange(_STRETCH)
    powers = np.triu(keep ** np.maximum(0, np.subtract.outer(steps, steps).T))
    decay = keep ** (1.0 + steps)
    out = np.empty(values.shape)
    for start in range(0, values.shape[-1], _STRETCH):
        part = values[..., start : start + _STRETCH].astype(np.float64)
        size = part.shape[-1]
        flat = part.reshape(-1, size) @ powers[:size, :size]
        made = flat.reshape(part.shape) + before[..., np.newaxis] * decay[:size]
        out[..., start : start + size] = made
        before = made[..., -1]
    return out
