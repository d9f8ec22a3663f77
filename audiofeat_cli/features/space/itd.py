"""Time difference between the channels."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.lags import time_difference


@feature(
    time_difference,
    unit="us",
    gain="invariant",
    reference="naive float64 GCC-PHAT: a sum of cosines, its maximum found by scipy.optimize",
)
def itd(seconds: Array) -> Array:
    r"""How much later a sound comes in the right channel than in the left one (GCC-PHAT).

    .. math:: \tau = \arg\max_{|\tau| \le 1\,\mathrm{ms}} \sum_k
        \frac{\mathrm{Re}(L_k R_k^* e^{-2 \pi i f_k \tau})}{|L_k R_k^*|}

    (frames, 1, 1), microseconds: positive where left leads. Windowed frames at the file's own rate,
    between samples by a correlation interpolated to 128 kHz or more and a parabola through its
    peak. All bins count alike, but those 60 dB below the strongest, which do not; so it is for
    broadband sound, and a steady tone has too few. Null where no peak within 1 ms exceeds what
    unrelated channels would give (six standard deviations), or where opposite phase is stronger. Of
    more than two channels the first two.
    Silence: null, and so is a silent channel and a file of one channel.
    Source: Knapp and Carter 1976, the phase transform; its sign follows `ild`.
    """
    return np.asarray(seconds * np.float32(1e6))
