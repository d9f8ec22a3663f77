"""Statistics of the samples."""

import numpy as np

from audiofeat_cli.step import Array, Named, analysis_samples, feature
from audiofeat_cli.steps.framesum import blocks_of_frames, frame_blocks, frame_maxima
from audiofeat_cli.steps.ratio import ratio_or_nan
from audiofeat_cli.steps.spectrum import framing


@feature(
    analysis_samples,
    reach=framing,
    reference="naive float64 loop with scipy.stats",
    outputs=(
        Named("min", "FS", "linear", summary="Smallest sample of the frame."),
        Named("max", "FS", "linear", summary="Largest sample of the frame."),
        Named("mean", "FS", "linear", summary="Mean of the frame's samples, its DC offset."),
        Named("std", "FS", "linear", summary="Population standard deviation of the samples."),
        Named("skewness", "1", "invariant", summary="Third standardised moment of the samples."),
        Named("kurtosis", "1", "invariant", summary="Fourth standardised moment less 3 (excess)."),
    ),
)
def waveform(samples: Array, *, n_fft: int, hop_length: int) -> Array:
    r"""Statistics of the samples of each frame (`n_fft` samples, no window).

    .. math:: \mu = \frac{1}{N} \sum_n x_n, \quad \mu_k = \frac{1}{N} \sum_n (x_n - \mu)^k, \quad
        \sigma = \mu_2^{1/2}, \quad \mu_3 / \sigma^3, \quad \mu_4 / \sigma^4 - 3

    (frames, channels, 6). Silence: 0, and null for skewness and kurtosis, as wherever all samples
    of a frame are equal. Noise of a normal distribution has skewness and kurtosis about 0.
    Source: Kendall and Stuart, The Advanced Theory of Statistics, chapter 3.
    """
    least = -frame_maxima(-samples, n_fft, hop_length)
    largest = frame_maxima(samples, n_fft, hop_length)
    mean, second, third, fourth = _moments(samples, n_fft, hop_length)
    skewness = ratio_or_nan(third, second**1.5)
    kurtosis = ratio_or_nan(fourth - 3 * second**2, second**2)
    found = (least, largest, mean, np.sqrt(second), skewness, kurtosis)
    return np.concatenate([np.float32(each).T for each in found]).T


def _moments(samples: Array, size: int, hop: int) -> tuple[Array, Array, Array, Array]:
    """Mean and central moments 2 to 4, each (frames, channels, 1) float64.

    Those of blocks, moved to the mean of the frame. Source: Pebay 2008.
    """
    blocks = frame_blocks(samples, size, hop).astype(np.float64)
    means = blocks.mean(axis=-1)
    off = blocks - means[..., np.newaxis]
    square = off * off
    second = blocks_of_frames(square.mean(axis=-1), size, hop)
    third = blocks_of_frames((square * off).mean(axis=-1), size, hop)
    fourth = blocks_of_frames((square * square).mean(axis=-1), size, hop)
    mean = blocks_of_frames(means, size, hop).mean(axis=-1, keepdims=True)
    move = blocks_of_frames(means, size, hop) - mean
    moved = (
        second + move**2,
        third + 3 * move * second + move**3,
        fourth + 4 * move * third + 6 * move**2 * second + move**4,
    )
    m2, m3, m4 = (each.mean(axis=-1, keepdims=True) for each in moved)
    return mean, m2, m3, m4
