"""YIN's difference function, which its pitch estimates share."""

import math
from collections.abc import Sequence

import numpy as np

from audiofeat_cli.reach import Reach
from audiofeat_cli.step import Array, Count, Hertz, Problem, analysis_samples, local
from audiofeat_cli.steps.spectrum import sliding

C2_HZ = 440 * 2 ** ((36 - 69) / 12)
C7_HZ = 440 * 2 ** ((96 - 69) / 12)


def yin_framing(*, frame_length: Count = 2048, hop_length: int, center: bool) -> Reach:
    """Reach of a frame of `frame_length` samples, zeros beyond the ends."""
    left = frame_length // 2 if center else 0
    return Reach(hop_length, left, frame_length - left, count="centered" if center else "valid")


def lag_range(
    *, sample_rate: float, frame_length: int, fmin: float, fmax: float
) -> tuple[int, int]:
    """Shortest and longest period looked at, in samples, as librosa rounds them."""
    longest = min(math.ceil(sample_rate / fmin), frame_length - 1)
    return math.floor(sample_rate / fmax), longest


def _range_works(
    *,
    sample_rate: float | None,
    frame_length: Count = 2048,
    fmin: Hertz = C2_HZ,
    fmax: Hertz = C7_HZ,
) -> Sequence[Problem]:
    if not 0 < fmin < fmax:
        return [
            Problem("fmin", f"expected more than 0 and less than fmax ({fmax:g}), got {fmin:g}")
        ]
    if sample_rate is None:
        return []
    nyquist = sample_rate / 2
    if fmax > nyquist:
        return [Problem("fmax", f"expected at most sample_rate / 2 ({nyquist:g} Hz), got {fmax:g}")]
    period = math.ceil(sample_rate / fmin)
    if sample_rate / fmin >= frame_length - 1:
        message = (
            f"a period of fmin ({fmin:g} Hz) is {period} samples, more than a frame holds; "
            f"expected at least {period + 2}, or a higher fmin"
        )
        return [Problem("frame_length", message)]
    if sample_rate / fmin >= frame_length // 2:
        message = (
            f"less than two periods of fmin ({fmin:g} Hz) fit into {frame_length} samples, so low "
            f"pitches may be wrong; {2 * period + 1} would hold them"
        )
        return [Problem("frame_length", message, warning=True)]
    return []


@local(analysis_samples, reach=yin_framing, check=_range_works)
def normalized_difference(
    samples: Array,
    *,
    sample_rate: float,
    frame_length: Count = 2048,
    hop_length: int,
    fmin: Hertz = C2_HZ,
    fmax: Hertz = C7_HZ,
) -> Array:
    """(frames, channels, lags) float64: cumulative mean normalised difference, lag last in memory.

    Lags go from the period of `fmax` to that of `fmin`. Source: de Cheveigne and Kawahara 2002,
    eq. 8, with the window that shrinks with the lag, as librosa has it.
    """
    shortest, longest = lag_range(
        sample_rate=sample_rate, frame_length=frame_length, fmin=fmin, fmax=fmax
    )
    frames = sliding(samples, frame_length, hop_length)
    count, channels, _ = frames.shape
    out = np.empty((count, channels, longest - shortest + 1))
    for channel in range(channels):
        for start in range(0, count, _AT_ONCE):
            part = frames[start : start + _AT_ONCE, channel].astype(np.float64)
            out[start : start + _AT_ONCE, channel] = _normalized(part, shortest, longest)
    return out


_AT_ONCE = 16
"""Frames at a time: few enough to stay in cache."""


_EVEN = 2.0**32


def _normalized(frames: Array, shortest: int, longest: int) -> Array:
    from scipy.fft import irfft, next_fast_len, rfft

    size = next_fast_len(frames.shape[1] + longest, real=True)
    spectrum = rfft(frames, size)
    parts = spectrum.view(np.float64)
    np.multiply(parts, parts, out=parts)
    spectrum.real += spectrum.imag
    spectrum.imag = 0
    products = irfft(spectrum, size, overwrite_x=True)[:, : longest + 1]
    energy = np.square(frames[:, :longest]).cumsum(axis=1)
    energy[:, 0] = 0  # as librosa has it: d(1) lacks the first sample
    difference = 2 * (products[:, :1] - products[:, 1:]) - energy
    mean = np.cumsum(difference, axis=1)
    mean /= np.arange(1, longest + 1)
    mean += np.finfo(np.float32).tiny
    np.divide(difference, mean, out=difference)
    found = difference[:, shortest - 1 :]
    # What is even must be even to the bit, or a click would have troughs of rounding.
    return np.asarray(np.rint(found * _EVEN) / _EVEN)


def parabolic_shift(before: Array, at: Array, after: Array) -> Array:
    """Offset of the extreme of a parabola through three values, 0 where over an item away."""
    curve = after + before - 2 * at
    slope = (after - before) / 2
    far = np.abs(slope) >= np.abs(curve)
    return np.where(far, 0, -slope / np.where(far, 1, curve))
