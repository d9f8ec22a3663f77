"""Zero-crossing rate."""

import numpy as np

from audiofeat_cli.step import Array, Positive, analysis_samples, feature
from audiofeat_cli.steps.framesum import frame_counts
from audiofeat_cli.steps.spectrum import edge_framing


@feature(
    analysis_samples,
    reach=edge_framing,
    unit="1/sample",
    gain="invariant",
    reference="librosa.feature.zero_crossing_rate 0.11",
)
def zero_crossing_rate(
    samples: Array, *, n_fft: int, hop_length: int, threshold: Positive = 1e-10
) -> Array:
    r"""Share of the samples of a frame whose sign is not that of the sample before.

    .. math:: \frac{1}{N} \sum_{n=1}^{N-1} [\operatorname{sgn} x_n \ne \operatorname{sgn} x_{n-1}]

    (frames, channels, 1), between 0 and 1; times sample_rate / 2 it is a frequency in Hz. Samples
    within `threshold` of 0 count as 0, and 0 as positive. Silence: 0.
    Source: Peeters 2004, section 4.2.
    """
    negative = np.less(samples.T, -np.float32(threshold))
    before = np.zeros(negative.shape, np.uint8)
    np.not_equal(negative[:, 1:], negative[:, :-1], out=before[:, 1:].view(bool))
    # A frame of N samples has N - 1 neighbours: the one before its first sample is not its own.
    counts = frame_counts(before.T, n_fft, hop_length)
    first = before.T[: (len(counts) - 1) * hop_length + 1 : hop_length, :, np.newaxis]
    return np.asarray((counts - first) / n_fft, dtype=np.float32)
