"""Low-energy ratio."""

import numpy as np

from audiofeat_cli.reach import Reach, Span
from audiofeat_cli.step import Array, Count, feature
from audiofeat_cli.steps.level import mean_square
from audiofeat_cli.steps.variance import FLAT


def _so_far(*, length: Count = 43) -> Reach:
    return Reach(1, length - 1, 1, edges="cut")


@feature(
    mean_square,
    reach=_so_far,
    unit="1",
    gain="invariant",
    reference="naive float64 loop over frames",
)
def low_energy_ratio(mean_square: Array, span: Span, *, length: Count = 43) -> Array:
    r"""Share of the frames of a texture window whose RMS is under the window's mean RMS.

    .. math:: \frac{1}{L} \# \{ l < L : r_{t-l} < \mu_t \}, \quad
        \mu_t = \frac{1}{L} \sum_{l=0}^{L-1} r_{t-l}

    (frames, channels, 1). L is `length` in frames, the current one with them; 43 are 1 s at
    22050 Hz and hop 512. The first frames take what there is so far. High for speech, whose pauses
    are quiet, lower for music. A frame within a millionth of the mean is not under it, so that a
    steady sound gives 0. Silence: 0. Source: Tzanetakis and Cook 2002, section III.A.
    """
    levels = np.sqrt(mean_square[..., 0].T)
    missing = length - 1 - span.offset
    if missing > 0:
        levels = np.pad(levels, ((0, 0), (missing, 0)), constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(levels, length, axis=-1)
    known = (~np.isnan(windows)).sum(axis=-1)
    bound = np.nansum(windows, axis=-1) / known * (1 - FLAT)
    below = (windows < bound[..., np.newaxis]).sum(axis=-1)
    return np.asarray((below / known).T[..., np.newaxis], dtype=np.float32)
