"""Mu-law companding."""

from typing import Annotated

import numpy as np
from annotated_types import Interval

from audiofeat_cli.step import Array, Named, analysis_samples, feature
from audiofeat_cli.steps.framesum import frame_sums
from audiofeat_cli.steps.spectrum import framing, sliding

_AT_ONCE = 32
"""Frames whose codes are counted at a time."""


@feature(
    analysis_samples,
    reach=framing,
    reference="librosa.mu_compress 0.11 of each frame",
    outputs=[
        Named("level", "1", summary="Mean companded magnitude of the frame's samples, 0 to 1."),
        Named("entropy", "bit", summary="Entropy of the frame's codes, 0 to log2(mu + 1)."),
    ],
)
def mu_law(
    samples: Array,
    *,
    n_fft: int,
    hop_length: int,
    mu: Annotated[int, Interval(ge=1, le=65535)] = 255,
) -> Array:
    r"""Level and information of each frame (`n_fft` samples, no window) in mu-law's companding.

    .. math:: F(x) = \operatorname{sgn} x \, \frac{\ln(1 + \mu |x|)}{\ln(1 + \mu)}, \quad
        \frac{1}{N} \sum_n |F(x_n)|, \quad -\sum_c p_c \log_2 p_c

    (frames, channels, 2). F spends equal steps on equal ratios, much as hearing does: p_c is the
    share of the samples whose F(x) is rounded to code c of mu + 1, so the entropy is what one
    sample of mu-law audio tells, at most 8 bit. Samples beyond full scale count as full scale.
    Silence: 0. Source: ITU-T G.711; librosa.mu_compress.
    """
    companded = _companded(samples.T, mu)
    level = frame_sums(np.abs(companded).T, n_fft, hop_length) / n_fft
    codes = np.digitize(companded, np.linspace(-1, 1, 1 + mu), right=True)
    entropy = _entropies(codes.T, n_fft, hop_length, 1 + mu)
    return np.concatenate([np.float32(level).T, np.float32(entropy).T]).T


def _companded(samples: Array, mu: int) -> Array:
    magnitudes = np.minimum(np.abs(samples, dtype=np.float64), 1)
    return np.asarray(np.copysign(np.log1p(mu * magnitudes) / np.log1p(mu), samples))


def _entropies(codes: Array, size: int, hop: int, levels: int) -> Array:
    """(frames, channels, 1) bit, of the codes of each frame."""
    frames = sliding(codes, size, hop)
    count, channels, _ = frames.shape
    number = np.arange(size + 1)
    terms = number * np.log2(np.maximum(number, 1))
    out = np.empty((1, channels, count))
    for channel in range(channels):
        for start in range(0, count, _AT_ONCE):
            part = frames[start : start + _AT_ONCE, channel]
            rows = levels * np.arange(len(part))[:, np.newaxis]
            counts = np.bincount((part + rows).ravel(), minlength=levels * len(part))
            spent = terms[counts].reshape(len(part), levels).sum(axis=-1)
            out[0, channel, start : start + len(part)] = np.log2(size) - spent / size
    return np.maximum(out, 0).T
