"""The mel scale, its filterbank, and mel spectra."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from audiofeat_cli.step import Array, Count, Hertz, Problem, constant, local
from audiofeat_cli.steps.project import project
from audiofeat_cli.steps.scale import compressed, limited
from audiofeat_cli.steps.spectrum import fft_frequencies, spectrum

Norm = Literal["slaney", "1", "2", "inf"]

_LINEAR = 200 / 3
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _LINEAR
_LOG_STEP = np.log(6.4) / 27


def hz_to_mel(frequency: float, *, htk: bool) -> float:
    """Mel of a frequency: HTK's 2595 log10(1 + f/700), or Slaney's (linear below 1 kHz)."""
    if htk:
        return float(2595 * np.log10(1 + frequency / 700))
    if frequency < _BREAK_HZ:
        return frequency / _LINEAR
    return float(_BREAK_MEL + np.log(frequency / _BREAK_HZ) / _LOG_STEP)


def mel_to_hz(mels: Array, *, htk: bool) -> Array:
    """Inverse of `hz_to_mel`, on arrays."""
    if htk:
        return np.asarray(700 * (10 ** (mels / 2595) - 1))
    above = _BREAK_HZ * np.exp(_LOG_STEP * (mels - _BREAK_MEL))
    return np.where(mels >= _BREAK_MEL, above, _LINEAR * mels)


def mel_edges(
    *, sample_rate: float, n_mels: Count, fmin: Hertz, fmax: Hertz | None, htk: bool
) -> Array:
    """(n_mels + 2,) corner frequencies of the triangles, equally spaced in mel, Hz."""
    top = sample_rate / 2 if fmax is None else fmax
    low, high = hz_to_mel(fmin, htk=htk), hz_to_mel(top, htk=htk)
    return mel_to_hz(np.linspace(low, high, n_mels + 2), htk=htk)


def mel_centres(
    *,
    sample_rate: float | None,
    n_mels: int,
    fmin: float,
    fmax: float | None,
    htk: bool,
) -> Sequence[float]:
    """Centre frequency of each band, Hz; nothing where it differs from file to file."""
    if sample_rate is None and fmax is None:
        return []
    edges = mel_edges(sample_rate=sample_rate or 0, n_mels=n_mels, fmin=fmin, fmax=fmax, htk=htk)
    return [float(f) for f in edges[1:-1]]


def mel_weights(
    *,
    sample_rate: float,
    n_fft: int,
    n_mels: int,
    fmin: float,
    fmax: float | None,
    htk: bool,
    norm: Norm | None,
) -> Array:
    """(n_mels, bins) float32 triangles. Reference: librosa.filters.mel, bit for bit."""
    edges = mel_edges(sample_rate=sample_rate, n_mels=n_mels, fmin=fmin, fmax=fmax, htk=htk)
    ramps = np.subtract.outer(edges, fft_frequencies(sample_rate, n_fft))
    widths = np.diff(edges)[:, np.newaxis]
    rising, falling = -ramps[:-2] / widths[:-1], ramps[2:] / widths[1:]
    weights = np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
    if norm == "slaney":
        weights *= (2 / (edges[2:] - edges[:-2]))[:, np.newaxis]
    elif norm is not None:
        length = np.linalg.norm(weights, ord=float(norm), axis=1, keepdims=True)
        weights /= np.where(length > 0, length, 1)
    return weights


def _bands_work(
    *,
    sample_rate: float | None,
    n_fft: int,
    n_mels: Count = 128,
    fmin: Hertz = 0.0,
    fmax: Hertz | None = None,
    htk: bool = False,
    allow_empty_bands: bool = False,
) -> Sequence[Problem]:
    if sample_rate is None:
        if fmax is None:
            message = "must be given where sample_rate is null, or bands differ from file to file"
            return [Problem("fmax", message)]
        return []
    nyquist = sample_rate / 2
    top = nyquist if fmax is None else fmax
    if top > nyquist:
        return [Problem("fmax", f"expected at most sample_rate / 2 ({nyquist:g} Hz), got {top:g}")]
    if fmin >= top:
        return [Problem("fmin", f"expected less than fmax ({top:g} Hz), got {fmin:g}")]
    weights = mel_weights(
        sample_rate=sample_rate,
        n_fft=n_fft,
        n_mels=n_mels,
        fmin=fmin,
        fmax=fmax,
        htk=htk,
        norm=None,
    )
    empty = np.flatnonzero(weights.max(axis=1) == 0)
    if len(empty) == 0 or allow_empty_bands:
        return []
    shown = ", ".join(map(str, empty[:8])) + (", ..." if len(empty) > 8 else "")
    message = (
        f"{len(empty)} of {n_mels} bands cover no FFT bin and would always be 0 ({shown}); "
        "use fewer bands, a larger n_fft or a higher fmin, or set allow_empty_bands: true"
    )
    return [Problem("n_mels", message)]


@constant(check=_bands_work)
def mel_filterbank(
    *,
    sample_rate: float,
    n_fft: int,
    n_mels: Count = 128,
    fmin: Hertz = 0.0,
    fmax: Hertz | None = None,
    htk: bool = False,
    norm: Norm | None = "slaney",
) -> Any:
    """(n_mels, bins) sparse triangles, equally spaced in mel.

    `norm`: slaney divides by the band's width in Hz, 1, 2 and inf by that norm of its weights.
    Reference: librosa.filters.mel 0.11. Source: Slaney 1998 (Auditory Toolbox), HTK book 5.4.
    """
    from scipy.sparse import csr_matrix

    return csr_matrix(
        mel_weights(
            sample_rate=sample_rate,
            n_fft=n_fft,
            n_mels=n_mels,
            fmin=fmin,
            fmax=fmax,
            htk=htk,
            norm=norm,
        )
    )


@local(spectrum, mel_filterbank)
def mel_spectrum(spectrum: Array, filterbank: Any) -> Array:
    """(frames, channels, n_mels) float32: the spectrum summed under each triangle."""
    return project(filterbank, spectrum)


log_mel = compressed.reading(mel_spectrum).using(scale="db")
"""Mel spectrum on the scale asked for."""

limited_mel = limited(log_mel).using(scale="db")
"""The same, not lower than the clip's maximum less `top_db`."""
