"""Levels of the samples of each frame, without a window."""

import numpy as np

from audiofeat_cli.step import Array, analysis_samples, local
from audiofeat_cli.steps.framesum import frame_maxima, frame_sums
from audiofeat_cli.steps.spectrum import framing


@local(analysis_samples, reach=framing)
def mean_square(samples: Array, *, n_fft: int, hop_length: int) -> Array:
    """(frames, channels, 1) float64, FS^2: mean of the squared samples."""
    squares = np.square(samples.T, dtype=np.float64).T
    return np.asarray(frame_sums(squares, n_fft, hop_length) / n_fft)


@local(analysis_samples, reach=framing)
def largest_magnitude(samples: Array, *, n_fft: int, hop_length: int) -> Array:
    """(frames, channels, 1) float32, FS: the largest sample, whatever its sign."""
    return frame_maxima(np.abs(samples.T).T, n_fft, hop_length)
