"""Root mean square level."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.level import mean_square


@feature(
    mean_square,
    unit="FS",
    gain="linear",
    reference="librosa.feature.rms 0.11",
)
def rms(mean_square: Array) -> Array:
    r"""Root mean square of the samples of each frame (`n_fft` samples, no window).

    .. math:: \Big( \frac{1}{N} \sum_n x_n^2 \Big)^{1/2}

    (frames, channels, 1), 1 is a full-scale square wave. Silence: 0.
    Source: IEC 60268-17; librosa calls the frame `frame_length`.
    """
    return np.sqrt(mean_square).astype(np.float32)
