"""Fundamental frequency by YIN."""

import numpy as np

from audiofeat_cli.step import Array, Count, Fraction, Hertz, feature
from audiofeat_cli.steps.yin import C2_HZ, C7_HZ, lag_range, normalized_difference, parabolic_shift


@feature(
    normalized_difference,
    unit="Hz",
    gain="invariant",
    reference="librosa.yin 0.11",
)
def yin(
    difference: Array,
    *,
    sample_rate: float,
    frame_length: Count = 2048,
    fmin: Hertz = C2_HZ,
    fmax: Hertz = C7_HZ,
    trough_threshold: Fraction = 0.1,
) -> Array:
    r"""Fundamental frequency of each frame by YIN: the first deep trough of a difference.

    .. math:: f_0 = F_s / \tau, \quad d'(\tau) = d(\tau) \Big/ \frac{1}{\tau} \sum_{j=1}^{\tau} d(j)

    (frames, channels, 1), Hz: the first trough of d' under `trough_threshold`, else the least
    value, refined by a parabola. Silence: null, as is a frame without any trough (librosa gives the
    edge of the search range). YIN does not tell voiced from unvoiced: see pyin.
    Source: de Cheveigne and Kawahara 2002.
    """
    before, at, after = difference[..., :-2], difference[..., 1:-1], difference[..., 2:]
    trough = np.zeros(difference.shape, bool)
    trough[..., 1:-1] = (at < before) & (at <= after)
    trough[..., 0] = difference[..., 0] < difference[..., 1]
    trough[..., -1] = difference[..., -1] < difference[..., -2]
    deep = trough & (difference < trough_threshold)
    lag = np.where(deep.any(axis=-1), deep.argmax(axis=-1), difference.argmin(axis=-1))
    lag = lag[..., np.newaxis]
    inner = np.clip(lag, 1, difference.shape[-1] - 2)
    values = [np.take_along_axis(difference, inner + step, axis=-1) for step in (-1, 0, 1)]
    shift = np.where(lag == inner, parabolic_shift(*values), 0)
    shortest, _ = lag_range(
        sample_rate=sample_rate, frame_length=frame_length, fmin=fmin, fmax=fmax
    )
    found = sample_rate / (shortest + lag + shift)
    return np.where(np.take_along_axis(trough, lag, axis=-1), found, np.nan).astype(np.float32)
