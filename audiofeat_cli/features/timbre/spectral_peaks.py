"""Peaks of the spectrum: how many there are, and how strong the highest is."""

from collections.abc import Sequence

import numpy as np

from audiofeat_cli.step import Array, Hertz, Positive, Problem, feature
from audiofeat_cli.steps.scale import gain_of, unit_of
from audiofeat_cli.steps.spectrum import bin_frequencies, spectrum, window_shape


def _range_fits(
    *, sample_rate: float | None, fmin: Hertz = 100.0, fmax: Hertz = 5000.0
) -> Sequence[Problem]:
    if fmin >= fmax:
        return [Problem("fmin", f"expected less than fmax ({fmax:g} Hz), got {fmin:g}")]
    if sample_rate is not None and fmin >= sample_rate / 2:
        nyquist = sample_rate / 2
        message = f"expected less than sample_rate / 2 ({nyquist:g} Hz), got {fmin:g}"
        return [Problem("fmin", message)]
    return []


@feature(
    spectrum.pinned(power=1.0),
    bin_frequencies,
    window_shape,
    unit="1",
    gain="none",
    dtype="int32",
    check=_range_fits,
    reference="librosa.util.localmax over numpy.abs(librosa.stft)",
)
def spectral_complexity(
    spectrum: Array,
    frequencies: Array,
    window: Array,
    *,
    threshold: Positive = 0.005,
    fmin: Hertz = 100.0,
    fmax: Hertz = 5000.0,
) -> Array:
    r"""Number of peaks in the spectrum.

    .. math:: \# \{ k : f_{min} \le f_k \le f_{max},\; |X_{k-1}| < |X_k| \ge |X_{k+1}|,\;
        2 |X_k| / \textstyle\sum_n w_n > \theta \}

    (frames, channels, 1). A peak is a bin above the one before and not below the one after, whose
    amplitude is above `threshold`, where 1 is a full-scale sine. Silence: 0.
    Source: Laurier et al. 2009; Essentia's SpectralComplexity (there at most 100 peaks).
    """
    low = max(1, int(np.searchsorted(frequencies, fmin, "left")))
    high = min(len(frequencies) - 1, int(np.searchsorted(frequencies, fmax, "right")))
    values = spectrum.T
    if high <= low:
        return np.zeros((len(spectrum), spectrum.shape[1], 1), np.int32)
    middle = values[low:high]
    peaks = middle > np.float32(threshold * np.sum(window) / 2)
    peaks &= middle > values[low - 1 : high - 1]
    peaks &= middle >= values[low + 1 : high + 1]
    return np.asarray(peaks.sum(axis=0, keepdims=True, dtype=np.int32).T)


def _two_bins(*, n_fft: int) -> Sequence[Problem]:
    if n_fft < 2:
        return [Problem("n_fft", f"expected at least 2, for two bins to compare, got {n_fft}")]
    return []


@feature(
    spectrum.using(power=1.0),
    unit=lambda *, power: unit_of(scale="linear", power=power),
    gain=lambda *, power: gain_of(scale="linear", power=power),
    check=_two_bins,
    reference="naive loop over numpy.abs(librosa.stft)",
)
def spectral_strong_peak(spectrum: Array) -> Array:
    r"""Height of the spectrum's highest peak over its width: high and narrow is strong.

    .. math:: |X_m|^p \Big/ \log_{10} \frac{r}{l}, \quad m = \arg\max_k |X_k|

    (frames, channels, 1). l is the first and r the one after the last of the bins around m that are
    at least half as high; the width is that in decades of frequency. 0 where they reach down to
    0 Hz, whose logarithm has no end. Silence: null.
    Source: Gouyon and Herrera 2001; Essentia's StrongPeak (there 0 for silence).
    """
    frames = np.ascontiguousarray(spectrum.T.reshape(spectrum.shape[-1], -1).T)
    summit = frames.argmax(axis=1, keepdims=True)
    height = np.take_along_axis(frames, summit, axis=1)[:, 0]
    left, right = _run_around(summit, frames >= height[:, np.newaxis] / 2)
    with np.errstate(divide="ignore"):
        width = np.log10(right / left)
    out = np.where(height > 0, height / width, np.nan).astype(np.float32)
    return out.reshape(1, *spectrum.T.shape[1:]).T


def _run_around(summit: Array, high: Array) -> tuple[Array, Array]:
    """(frames,) first bin of the run of `high` ones around the summit, and its end."""
    count = high.shape[1]
    bins = np.arange(count, dtype=np.int32)
    summit = summit.astype(np.int32)
    before = (high | (bins >= summit))[:, ::-1]
    after = high | (bins <= summit)
    left, right = count - before.argmin(axis=1), after.argmin(axis=1)
    left[before.all(axis=1)] = 0
    right[after.all(axis=1)] = count
    return left, right
