"""Linear prediction of each frame, and its line spectral frequencies."""

from collections.abc import Sequence

import numpy as np

from audiofeat_cli.kernels import kernels
from audiofeat_cli.step import Array, Count, Problem, analysis_samples, local
from audiofeat_cli.steps.spectrum import framing, window_shape

_EXACT = 1e-18
"""Share of its energy that rounding leaves of a frame which is predicted exactly."""


def _order_fits(*, win_length: int, order: Count = 16) -> Sequence[Problem]:
    if order >= win_length:
        return [Problem("order", f"expected less than win_length ({win_length}), got {order}")]
    return []


@local(analysis_samples, window_shape, reach=framing, check=_order_fits)
def prediction(
    samples: Array,
    window: Array,
    *,
    n_fft: int,
    win_length: int,
    hop_length: int,
    order: Count = 16,
) -> Array:
    """(frames, channels, 1 + order) float64: prediction filter of each windowed frame, a_0 is 1.

    Burg's method; NaN for silence. The zeros around a short window are left out.
    Source: Burg 1975; Marple 1980. Reference: librosa.lpc.
    """
    first = (n_fft - win_length) // 2
    weights = window[first : first + win_length].astype(np.float64)
    frames = 1 + (len(samples) - n_fft) // hop_length
    out = np.empty((samples.shape[1], frames, 1 + order))
    for row, to in zip(samples.T, out, strict=True):
        used = np.require(row[first:], np.float32, ["C", "W"])
        kernels("lpc").burg(used, hop_length, weights, _EXACT, to)
    return out.swapaxes(0, 1)


def line_frequencies(filters: Array) -> Array:
    """(frames, order) rad, rising, of (frames, 1 + order) prediction filters; NaN where they are.

    The angles of the roots of P(z) = A(z) + z^-(p+1) A(1/z) and Q(z) = A(z) - z^-(p+1) A(1/z),
    which lie on the unit circle, without those at 1 and -1. In cos(w) both are Chebyshev series.
    """
    known = np.asarray(np.isfinite(filters).all(axis=-1))
    padded = np.pad(np.where(known[:, np.newaxis], filters, 0), ((0, 0), (0, 1)))
    padded[:, 0] = 1
    odd = filters.shape[-1] % 2 == 0
    even, uneven = padded + padded[:, ::-1], padded - padded[:, ::-1]
    parts = (
        (even, _divided(uneven, 2, 1)) if odd else (_divided(even, 1, -1), _divided(uneven, 1, 1))
    )
    angles = np.concatenate([_angles(part) for part in parts], axis=-1)
    angles[~known] = np.nan
    return np.sort(angles, axis=-1)


def _divided(series: Array, lag: int, sign: int) -> Array:
    """Quotient by 1 - sign z^-lag, which is a factor."""
    quotient = series[:, : series.shape[1] - lag].copy()
    for k in range(lag, quotient.shape[1]):
        quotient[:, k] += sign * quotient[:, k - lag]
    return quotient


def _angles(series: Array) -> Array:
    """(frames, m) angles of the roots of (frames, 2m + 1) symmetric coefficients, 0 to pi.

    c_m + 2 sum c_{m-k} cos(kw) is a Chebyshev series in cos(w); its roots are the eigenvalues of
    its companion matrix. Reference: numpy.polynomial.chebyshev.chebcompanion.
    """
    m = series.shape[1] // 2
    if m == 0:
        return np.empty((len(series), 0))
    chebyshev = series[:, m::-1].copy()
    chebyshev[:, 1:] *= 2
    scale = np.full(m, np.sqrt(0.5))
    scale[0] = 1
    matrix = np.zeros((len(series), m, m))
    at = np.arange(m - 1)
    matrix[:, at, at + 1] = matrix[:, at + 1, at] = np.where(at == 0, np.sqrt(0.5), 0.5)
    half = 1.0 if m == 1 else 0.5
    matrix[:, :, -1] -= chebyshev[:, :-1] / chebyshev[:, -1:] * (scale / scale[-1]) * half
    cosines = np.linalg.eigvals(matrix).real
    return np.asarray(np.arccos(np.clip(cosines, -1, 1)))
