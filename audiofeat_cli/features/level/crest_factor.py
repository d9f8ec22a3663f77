"""Crest factor of a clip."""

import numpy as np

from audiofeat_cli.step import feature
from audiofeat_cli.steps.totals import Totals, totals


@feature(
    totals,
    kind="clip",
    unit="dB",
    gain="invariant",
    reference="numpy, by hand",
)
def crest_factor(totals: Totals | None) -> float:
    r"""Peak over root mean square, of all samples of all channels of the file.

    .. math:: 20 \log_{10} \frac{\max |x|}{\big( \frac{1}{N} \sum x^2 \big)^{1/2}}

    One value per clip, dB, at the file's own rate: 0 for a square wave, 3.01 for a sine.
    Silence: null. Source: IEC 60268-17; AES17 for full scale. Keeps one sum a channel.
    """
    if totals is None or totals.peak.max() == 0:
        return float("nan")
    mean_square = totals.energy.mean() / totals.count
    return float(20 * np.log10(totals.peak.max()) - 10 * np.log10(mean_square))
