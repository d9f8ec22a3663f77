"""Phase of the short-time Fourier spectrum."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.spectrum import bin_labels, bins_mean_one_thing, complex_spectrum


@feature(
    complex_spectrum,
    unit="rad",
    gain="invariant",
    reference="numpy.angle(librosa.stft) 0.11",
    width=lambda *, n_fft: 1 + n_fft // 2,
    labels=bin_labels,
    check=bins_mean_one_thing,
)
def stft_phase(transform: Array) -> Array:
    r"""Angle of each bin of each frame's spectrum.

    .. math:: \arg X_{m,k}, \quad X_{m,k} = \sum_{n=0}^{N-1} x_{n + mH} w_n e^{-2 \pi i k n / N}

    (frames, channels, 1 + n_fft // 2), from -pi to pi. n counts from the first sample of the frame,
    as in librosa, for centred frames as well: a cosine whose crest is at a centred frame's middle
    has pi in odd bins. Silence: null, as every bin of magnitude 0. Bins far under the loudest hold
    rounding, and then any angle.
    Source: Allen and Rabiner 1977.
    """
    angles = np.angle(transform.T)
    angles[transform.T == 0] = np.nan
    return np.asarray(angles.T)
