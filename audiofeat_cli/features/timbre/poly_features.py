"""Polynomials fitted to the spectrum."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from annotated_types import Interval

from audiofeat_cli.step import Array, Problem, constant, feature
from audiofeat_cli.steps.project import project
from audiofeat_cli.steps.scale import gain_of, unit_of
from audiofeat_cli.steps.spectrum import fft_frequencies, spectrum

Order = Annotated[int, Interval(ge=0, le=10)]

_LARGEST = 1e35
"""f^order at the highest frequency; beyond it coefficients leave the range of float32."""


def _fits(*, sample_rate: float | None, n_fft: int, order: Order = 1) -> Sequence[Problem]:
    bins = 1 + n_fft // 2
    most = bins - 1
    if sample_rate is not None and sample_rate > 2:
        most = min(most, int(np.log(_LARGEST) / np.log(sample_rate / 2)))
    if order > most:
        why = f"n_fft {n_fft} has {bins} bins" if most == bins - 1 else "float32 holds no more"
        return [Problem("order", f"expected at most {most} ({why}), got {order}")]
    return []


@constant(check=_fits)
def polynomial_weights(*, sample_rate: float, n_fft: int, order: Order = 1) -> Array:
    """(order + 1, bins): least squares as a matrix, highest degree first; the power of f apart.

    Rows are scaled to unit length, as numpy.polyfit does.
    """
    frequencies = fft_frequencies(sample_rate, n_fft)
    powers = np.vander(frequencies, order + 1)
    lengths = np.sqrt((powers**2).sum(axis=0))
    cutoff = len(frequencies) * np.finfo(np.float64).eps
    return np.asarray(np.linalg.pinv(powers / lengths, rcond=cutoff) / lengths[:, np.newaxis])


@feature(
    spectrum.using(power=1.0),
    polynomial_weights,
    unit=lambda *, power: f"{unit_of(scale='linear', power=power)}/Hz^n",
    gain=lambda *, power: gain_of(scale="linear", power=power),
    reference="librosa.feature.poly_features 0.11",
    width=lambda *, order: order + 1,
)
def poly_features(spectrum: Array, weights: Array) -> Array:
    r"""Coefficients of the polynomial over frequency that fits the spectrum best.

    .. math:: \arg\min_{a} \sum_k \Big( |X_k|^p - \sum_n a_n f_k^n \Big)^2

    (frames, channels, order + 1), the highest degree first: column 0 belongs to f^order, the last
    to f^0. Silence: 0. `power: 1` fits magnitudes (librosa, the default), `power: 2` energies.
    Source: least squares, Legendre 1805; librosa.
    """
    scale = np.abs(weights).max(axis=1, keepdims=True)
    fitted = project((weights / scale).astype(np.float32), spectrum)
    return np.asarray(fitted * scale[:, 0], dtype=np.float32)
