"""A matrix applied to the values of each frame."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array


def project(matrix: Any, values: Array) -> Array:
    """(outputs, inputs) dense or sparse times (frames, channels, inputs).

    Returns (frames, channels, outputs) with time contiguous, the layout that steps hand on.
    """
    flat = values.T.reshape(values.shape[-1], -1)
    product = np.asarray(matrix @ flat)
    return product.reshape(-1, *values.T.shape[1:]).T
