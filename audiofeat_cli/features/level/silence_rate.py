"""Share of quiet frames."""

import numpy as np

from audiofeat_cli.step import Array, Named, feature
from audiofeat_cli.steps.level import mean_square

THRESHOLDS_DBFS = (-20, -30, -60, -90)


def _shares(state: tuple[Array, int] | None) -> Array:
    if state is None:
        return np.full((1, len(THRESHOLDS_DBFS)), np.nan)
    quiet, frames = state
    return quiet / frames


@feature(
    mean_square,
    kind="clip",
    finish=_shares,
    reference="numpy.mean of the frames' levels",
    outputs=[
        Named(f"{-level}db", "1", summary=f"Share of the frames whose level is under {level} dBFS.")
        for level in THRESHOLDS_DBFS
    ],
)
def silence_rate(state: tuple[Array, int] | None, mean_square: Array) -> tuple[Array, int]:
    r"""Share of the frames whose level is under -20, -30, -60 and -90 dBFS.

    .. math:: \frac{1}{M} \sum_m [L_m < \theta]

    (channels, 4) per clip, between 0 and 1; a frame's level is that of the feature `level`, its
    mean square in dB. Silence: 1, its level is the floor.
    Source: Essentia's SilenceRate, which has the same thresholds on the same power. Keeps counts.
    """
    limits = 10 ** (np.array(THRESHOLDS_DBFS) / 10)
    quiet = (mean_square < limits).sum(axis=0)
    before, frames = (0, 0) if state is None else state
    return before + quiet, frames + len(mean_square)
