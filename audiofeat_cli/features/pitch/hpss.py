"""Harmonic and percussive energy."""

import numpy as np

from audiofeat_cli.step import Array, Named, feature
from audiofeat_cli.steps.hpss import separated_energies
from audiofeat_cli.steps.ratio import ratio_or_nan


@feature(
    separated_energies,
    reference="librosa.decompose.hpss 0.11",
    outputs=[
        Named("harmonic", "FS^2", "power", summary="Energy of the harmonic part of the spectrum."),
        Named("percussive", "FS^2", "power", summary="Energy of its percussive part."),
        Named("ratio", "1", "invariant", summary="Share of the harmonic energy in both."),
    ],
)
def hpss(energies: Array) -> Array:
    r"""How much of a frame is harmonic (steady in time), how much percussive (broad in frequency).

    .. math:: E_H = \sum_k (M_k |X_k|)^2, \quad
        M_k = \frac{H_k^p}{H_k^p + (m P_k)^p}, \quad r = \frac{E_H}{E_H + E_P}

    (frames, channels, 3): E_H and E_P in FS^2, and r. H is the median of the magnitudes |X| over
    `kernel_size` frames, P that over as many bins (two numbers where they differ), p is `power`,
    m is `margin` (of each part where two are given), and P has its own mask with both exchanged.
    Above a margin of 1 there is a residual that is neither. Silence: energies are 0, the ratio
    null. Source: Fitzgerald 2010; Driedger, Mueller and Disch 2014 (margin).
    """
    harmonic, percussive = np.split(energies, 2, axis=-1)
    ratio = ratio_or_nan(harmonic, harmonic + percussive)
    return np.concatenate([e.T for e in (harmonic, percussive, ratio)]).astype(np.float32).T
