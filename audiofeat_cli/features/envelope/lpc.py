"""Linear prediction coefficients."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.lpc import prediction


@feature(
    prediction,
    width=lambda *, order: 1 + order,
    unit="1",
    gain="invariant",
    reference="naive long double recursion; librosa.lpc 0.11 of each windowed frame",
)
def lpc(prediction: Array) -> Array:
    r"""Linear prediction filter of each windowed frame, by Burg's method.

    .. math:: a = \arg\min_a \sum_n \Big( \sum_{i=0}^{p} a_i x_{n-i} \Big)^2
        + \Big( \sum_{i=0}^{p} a_i x_{n-p+i} \Big)^2, \quad a_0 = 1

    (frames, channels, 1 + order), index i is a_i; a_0 stays, as in librosa, so that the index is
    the delay. 1 / A(z) is the spectrum's envelope: two coefficients for each formant, and two more.
    librosa loses digits where a frame is predicted almost entirely (up-sampled speech: 1e-3).
    Silence: null. Source: Burg 1975; Marple 1980. Other methods (autocorrelation) give others.
    """
    return np.asfortranarray(prediction, dtype=np.float32)
