"""Files of two channels that are one."""

from typing import Annotated

import numpy as np
from annotated_types import Interval

from audiofeat_cli.step import Array, Unit, feature, native_samples

FullScale = Annotated[float, Interval(ge=0, le=1), Unit("FS")]


def _verdict(state: Array | None, *, largest_difference: FullScale = 2.0**-15) -> float:
    if state is None or not state[0] > largest_difference:
        return float("nan")
    return float(state[1] <= largest_difference)


@feature(
    native_samples,
    kind="clip",
    finish=_verdict,
    unit="1",
    gain="none",
    dtype="bool",
    reference="numpy.allclose over the whole clip",
)
def false_stereo(state: Array | None, samples: Array) -> Array:
    r"""Whether both channels of a file are the same, but for rounding.

    .. math:: \max_n |l_n - r_n| \le \epsilon

    One value per clip, at the file's own rate. `largest_difference` (epsilon) is one step of 16
    bits; 0 asks for equal samples. Of more than two channels the first two are compared.
    Silence: null, and so is a file that never exceeds `largest_difference`, and one of one channel.
    Source: Essentia, FalseStereoDetector (which compares a correlation with 0.9995).
    """
    rows = samples.T[:2]
    if len(rows) < 2:
        return np.full(2, np.nan)
    found = np.array([np.abs(rows).max(), np.abs(rows[0] - rows[1]).max()])
    return found if state is None else np.maximum(state, found)
