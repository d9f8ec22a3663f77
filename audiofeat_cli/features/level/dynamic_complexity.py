"""Dynamic complexity."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.complexity import FLOOR_DB, remembered_level

_PER_DB = 0.9
"""Each dB less weighs so much less in the global level."""


@feature(
    remembered_level,
    kind="clip",
    unit="dB",
    gain="invariant",
    reference="scipy.signal.lfilter and a loop, after Essentia's DynamicComplexity",
)
def dynamic_complexity(levels: Array) -> float:
    r"""How much the level moves: its mean distance from the level of the whole.

    .. math:: \frac{1}{M} \sum_m |V_m - \bar{V}|, \quad
        \bar{V} = \frac{\sum_m 0.9^{-V_m} V_m}{\sum_m 0.9^{-V_m}}

    One value per clip, dB, all channels at the file's own rate. V is the level of the last 35 ms or
    so, every 200 ms, after a high-pass that stands for the B curve, and at least -100 dB; quiet at
    the beginning and the end does not count. A steady tone has 0, noise about 0.1, a techno loop of
    Essentia's 5.9. Silence: null. Null under 200 ms, too.
    Source: Streich 2007, Music Complexity, 4.2; Vickers 2001. Keeps 0.14 MB per hour.
    """
    found = levels[:, 0, 0]
    loud = np.flatnonzero(found > FLOOR_DB)
    if len(loud) == 0:
        return float("nan")
    found = found[loud[0] : loud[-1] + 1]
    weights = _PER_DB ** -(found - found.max())
    overall = np.sum(weights * found) / np.sum(weights)
    return float(np.abs(found - overall).mean())
