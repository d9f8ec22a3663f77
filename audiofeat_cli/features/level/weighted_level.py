"""Level as a sound level meter weighs it."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.scale import compressed
from audiofeat_cli.steps.weighting import weighted_mean_square


@feature(
    compressed.reading(weighted_mean_square).pinned(scale="db", power=2.0),
    unit="dBFS",
    gain="decibel",
    reference="librosa.stft and librosa.frequency_weighting 0.11",
)
def weighted_level(levels: Array) -> Array:
    r"""Level of each frame, its frequencies weighted by curve A, B, C, D, or Z (none).

    .. math:: 10 \log_{10} \frac{\sum_k |X_k|^2 \, 10^{W(f_k) / 10}}{N \sum_n w_n^2}

    (frames, channels, 1), the sum over all N bins. As in `level`, 0 dBFS is a full-scale square
    wave before weighting: with Z it is the mean square under the window, and that is `level` for
    `window: boxcar`. Full scale is no sound pressure: for dB SPL add what a calibration gives.
    Bins weigh at least `min_db`. Silence: the floor, -100 dBFS by default (`amin` is an energy).
    Source: IEC 61672-1 (A, C, Z); IEC 60651 (B); IEC 537 (D).
    """
    return levels.astype(np.float32)
