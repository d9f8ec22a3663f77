"""Line spectral frequencies."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.lpc import line_frequencies, prediction


@feature(
    prediction,
    width=lambda *, order: order,
    unit="rad",
    gain="invariant",
    reference="numpy.roots of the polynomials made of the reference of lpc",
)
def lsf(prediction: Array) -> Array:
    r"""Line spectral frequencies of the linear prediction filter of each windowed frame.

    .. math:: \{ \omega \in (0, \pi) :
        A(e^{i \omega}) \pm e^{-i \omega (p+1)} A(e^{-i \omega}) = 0 \}

    (frames, channels, order), rad, rising; times sample_rate / (2 pi) they are Hz. Two that are
    close together mark a formant. The filter is that of `lpc`. Silence: null.
    Source: Itakura 1975; Kabal and Ramachandran 1986 (Chebyshev series).
    """
    flat = prediction.reshape(-1, prediction.shape[-1])
    found = line_frequencies(flat).reshape(*prediction.shape[:2], -1)
    return np.asfortranarray(found, dtype=np.float32)
