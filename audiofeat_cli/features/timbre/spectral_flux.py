"""Spectral flux."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.ratio import ratio_or_nan
from audiofeat_cli.steps.spectrum import spectrum


@feature(
    spectrum.using(power=1.0),
    kind="scan",
    unit="1",
    gain="invariant",
    reference="naive float64 loop over numpy.abs(librosa.stft)",
)
def spectral_flux(last: Array | None, spectrum: Array) -> tuple[Array, Array]:
    r"""Distance between adjacent spectra, each divided by its sum.

    .. math:: \Big( \sum_k (p_{t,k} - p_{t-1,k})^2 \Big)^{1/2}, \quad
        p_{t,k} = |X_{t,k}| / \sum_j |X_{t,j}|

    (frames, channels, 1), between 0 and sqrt(2). Silence: null, as frame 0 is, and the frame after
    a silent one.
    Source: Tzanetakis and Cook 2002, section III.A (there squared).
    """
    shares = ratio_or_nan(spectrum, spectrum.sum(axis=-1, keepdims=True))
    if last is None:
        last = np.full_like(shares[:1], np.nan)
    steps = np.concatenate([shares[:1] - last, np.diff(shares, axis=0)])
    return shares[-1:], np.sqrt(np.square(steps).sum(axis=-1, keepdims=True))
