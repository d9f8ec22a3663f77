"""True peak level."""

import numpy as np

from audiofeat_cli.step import feature
from audiofeat_cli.steps.truepeak import true_peak_amplitude


@feature(
    true_peak_amplitude,
    kind="clip",
    unit="dBTP",
    gain="decibel",
    reference="scipy.signal.resample, exact interpolation; EBU Tech 3341 cases 15 to 19",
)
def true_peak(amplitude: float) -> float:
    r"""Highest level that the signal reaches between its samples, over all channels of the file.

    .. math:: 20 \log_{10} \max_{c,n} |(h * x_c)(n / 4)|

    One value per clip, dB of full scale, at the file's own rate: four times oversampled at every
    rate, and never below the largest sample. Within +0.1 and -0.6 dB of the exact curve up to 0.45
    of the rate (-0.2 up to a quarter). Between the first and the last 16 samples of a clip, whose
    surroundings are not known, only the samples count. Silence: null.
    Source: ITU-R BS.1770-5 annex 2; EBU Tech 3341. Keeps 100 samples a channel.
    """
    return float(20 * np.log10(amplitude)) if amplitude > 0 else float("nan")
