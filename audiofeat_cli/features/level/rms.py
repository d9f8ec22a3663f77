"""Root mean square level."""

import numpy as np

from audiofeat_cli.step import Array, analysis_samples, feature
from audiofeat_cli.steps.framesum import frame_sums
from audiofeat_cli.steps.spectrum import framing


@feature(
    analysis_samples,
    reach=framing,
    unit="FS",
    gain="linear",
    reference="librosa.feature.rms 0.11",
)
def rms(samples: Array, *, n_fft: int, hop_length: int) -> Array:
    r"""Root mean square of the samples of each frame (`n_fft` samples, no window).

    .. math:: \Big( \frac{1}{N} \sum_n x_n^2 \Big)^{1/2}

    (frames, channels, 1), 1 is a full-scale square wave. Silence: 0.
    Source: IEC 60268-17; librosa calls the frame `frame_length`.
    """
    squares = np.square(samples.T, dtype=np.float64).T
    return np.sqrt(frame_sums(squares, n_fft, hop_length) / n_fft).astype(np.float32)
