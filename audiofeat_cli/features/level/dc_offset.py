"""DC offset of a clip."""

import numpy as np

from audiofeat_cli.step import feature
from audiofeat_cli.steps.totals import Totals, totals


@feature(
    totals,
    kind="clip",
    unit="FS",
    gain="linear",
    reference="numpy.mean",
)
def dc_offset(totals: Totals | None) -> float:
    r"""Mean of the samples, of the channel of the file in which it is furthest from 0.

    .. math:: \frac{1}{N} \sum_n x_n

    One value per clip with its sign, at the file's own rate; offsets of two channels do not make
    up for each other. `waveform_mean` has it frame by frame. Silence: 0.
    Source: AES17. Keeps one sum a channel.
    """
    if totals is None:
        return float("nan")
    means = totals.total / totals.count
    return float(means[np.abs(means).argmax()])
