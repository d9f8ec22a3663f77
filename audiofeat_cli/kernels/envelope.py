"""Loop of the envelope follower, whose coefficient depends on what it follows."""

import numpy as np
import numpy.typing as npt
from numba import njit

FAINT = 1e-30
"""Below this the follower is 0: it would only get there through numbers that are slow to add."""

Floats = npt.NDArray[np.float32]


@njit("f8(f4[::1], f8, f8, f8, f4[::1])", cache=True, nogil=True)
def follow(magnitudes: Floats, level: float, attack: float, release: float, out: Floats) -> float:
    """Write the level after each magnitude into `out`, return the last.

    `attack` and `release` are the shares of the way to a magnitude above, or not above, the level
    that are left after one sample.
    """
    for n in range(len(magnitudes)):
        target = magnitudes[n]
        keep = attack if target > level else release
        level = target + keep * (level - target)
        if level < FAINT:
            level = 0.0
        out[n] = level
    return level
