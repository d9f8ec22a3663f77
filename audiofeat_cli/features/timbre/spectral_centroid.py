"""Spectral centroid."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.moments import moments


@feature(
    moments.using(power=1.0),
    unit="Hz",
    gain="invariant",
    reference="librosa.feature.spectral_centroid 0.11",
    version=2,
)
def spectral_centroid(moments: Array) -> Array:
    r"""Centre of gravity of the spectrum.

    .. math:: \sum_k f_k |X_k|^p / \sum_k |X_k|^p

    (frames, channels, 1), Hz. Silence: null. `power: 1` weighs by magnitude (librosa, the default),
    `power: 2` by energy. Source: Peeters 2004, section 6.1.1.
    """
    return moments[..., 1:2].astype(np.float32)
