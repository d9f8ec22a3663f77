"""Loop of Burg's method: each order in one run over the frame."""

import numpy as np
import numpy.typing as npt
from numba import njit

Samples = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


@njit("void(f4[::1], i8, f8[::1], f8, f8[:,::1])", cache=True, nogil=True, fastmath={"reassoc"})
def burg(samples: Samples, hop: int, window: Floats, exact: float, out: Floats) -> None:
    """Prediction filters of windowed frames into (frames, 1 + order); NaN for silence.

    Frame t begins at sample t * hop. A frame whose error falls to the share `exact` of its energy
    is predicted as it is. Sums may be added in any order, so that several are made at once.
    """
    size, order = len(window), out.shape[1] - 1
    forward, backward, before = np.empty(size), np.empty(size), np.empty(order + 1)
    for t in range(len(out)):
        row = out[t]
        for n in range(size):
            backward[n] = samples[t * hop + n] * window[n]
        product, energy = 0.0, 0.0
        for n in range(size - 1):
            ahead, behind = backward[n + 1], backward[n]
            forward[n] = ahead
            product += ahead * behind
            energy += ahead * ahead + behind * behind
        row[:] = 0.0
        row[0] = 1.0
        if energy == 0:
            row[:] = np.nan
            continue
        least = exact * energy
        for step in range(1, order + 1):
            # Summed anew for each order: updated, it loses what keeps the filter stable.
            reflection = -2 * product / energy if energy > least else 0.0
            before[:step] = row[:step]
            for i in range(1, step + 1):
                row[i] += reflection * before[step - i]
            if step == order:
                break
            product, energy = 0.0, 0.0
            for n in range(size - 1 - step):
                ahead = forward[n + 1] + reflection * backward[n + 1]
                behind = backward[n] + reflection * forward[n]
                forward[n] = ahead
                backward[n] = behind
                product += ahead * behind
                energy += ahead * ahead + behind * behind
