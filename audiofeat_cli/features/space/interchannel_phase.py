"""Phase difference of the channels."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.pair import cross_spectrum


@feature(
    cross_spectrum,
    unit="rad",
    gain="invariant",
    reference="numpy.fft and a complex sum over a loop of frames",
)
def interchannel_phase(cross: Array) -> Array:
    r"""Phase by which left leads right, the mean over bins weighted by their energy.

    .. math:: \arg \sum_k L_k R_k^*

    (frames, 1, 1), rad in (-pi, pi]: the direction of the sum of the bins' phases as vectors, each
    as long as the product of the magnitudes. 0 for the same in both channels, pi for opposite ones.
    Windowed frames at the file's own rate; of more than two channels the first two. As angles wrap
    around, take care with means over a clip. Silence: null, and so is a silent channel and a file
    of one channel. Source: Breebaart et al. 2005, with one band of all frequencies.
    """
    total = cross.sum(axis=-1, keepdims=True, dtype=np.complex128)
    phase = np.where(total == 0, np.nan, np.angle(total)).astype(np.float32)
    return np.where(phase <= -np.float32(np.pi), np.float32(np.pi), phase)
