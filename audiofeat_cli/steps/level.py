"""Levels of the samples of each frame, without a window."""

import numpy as np

from audiofeat_cli.step import Array, analysis_samples, local
from audiofeat_cli.steps.framesum import blocks_of_frames, frame_blocks, frame_maxima
from audiofeat_cli.steps.spectrum import framing


@local(analysis_samples, reach=framing, version=2)
def mean_square(samples: Array, *, n_fft: int, hop_length: int) -> Array:
    """(frames, channels, 1) float64, FS^2: mean of the squared samples."""
    parts = frame_blocks(samples, n_fft, hop_length).astype(np.float64)
    sums = blocks_of_frames(np.vecdot(parts, parts), n_fft, hop_length)
    return np.asarray(sums.sum(axis=-1, keepdims=True) / n_fft)


@local(analysis_samples, reach=framing)
def largest_magnitude(samples: Array, *, n_fft: int, hop_length: int) -> Array:
    """(frames, channels, 1) float32, FS: the largest sample, whatever its sign."""
    return frame_maxima(np.abs(samples.T).T, n_fft, hop_length)
