"""Quotients that have no value where there is nothing to divide by."""

import numpy as np

from audiofeat_cli.step import Array


def ratio_or_nan(numerator: Array, denominator: Array) -> Array:
    """Quotient that is undefined (NaN in the engine, null in tables) where the divisor is 0."""
    undefined = denominator <= 0
    quotient = numerator / np.where(undefined, 1, denominator)
    return np.where(undefined, np.float32(np.nan), quotient).astype(np.float32)
