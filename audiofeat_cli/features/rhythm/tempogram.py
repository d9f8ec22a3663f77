"""Tempograms by autocorrelation and by Fourier transform."""

from collections.abc import Sequence

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.tempogram import (
    TEMPOGRAM_LENGTH,
    Length,
    local_autocorrelation,
    local_spectrum,
)


def _lag_frequencies(
    *,
    sample_rate: float | None,
    hop_length: int,
    tempogram_length: Length = TEMPOGRAM_LENGTH,
) -> Sequence[float]:
    """Hz of what repeats at each lag; that of lag 0 is infinite."""
    if sample_rate is None:
        return []
    rate = sample_rate / hop_length
    return [float("inf"), *(rate / lag for lag in range(1, tempogram_length))]


def _bin_frequencies(
    *,
    sample_rate: float | None,
    hop_length: int,
    tempogram_length: Length = TEMPOGRAM_LENGTH,
) -> Sequence[float]:
    if sample_rate is None:
        return []
    return [float(f) for f in np.fft.rfftfreq(tempogram_length, hop_length / sample_rate)]


@feature(
    local_autocorrelation,
    unit=lambda *, norm: "1" if norm else "dB^2",
    gain="invariant",
    reference="librosa.feature.tempogram 0.11",
    width=lambda *, tempogram_length: tempogram_length,
    labels=_lag_frequencies,
)
def tempogram(autocorrelation: Array) -> Array:
    r"""How well the onset envelope around each frame repeats at each lag.

    .. math:: R_{t,l} = \sum_n w_n o_{t+n} \, w_{n+l} o_{t+n+l}, \quad
        \text{divided by } \lVert R_t \rVert

    (frames, channels, tempogram_length): lag l in frames is a tempo of 60 sample_rate / (hop_length
    l) BPM, and the columns say it in Hz, which is BPM / 60. `tempogram_length` is librosa's
    win_length: frames of the Hann window w, 384 or 8.9 s at 22050 Hz and hop 512. It is centred on
    the frame; beyond the ends of the clip the envelope goes down to 0 in a ramp. `norm: inf` makes
    the largest value, that of lag 0, 1. Takes what `onset_strength` takes; the mel bands' norm is
    `mel_norm`. Silence: 0.
    Source: Grosche, Mueller and Kurth 2010.
    """
    return autocorrelation


@feature(
    local_spectrum,
    unit="dB",
    gain="invariant",
    reference="numpy.abs(librosa.feature.fourier_tempogram) 0.11",
    width=lambda *, tempogram_length: 1 + tempogram_length // 2,
    labels=_bin_frequencies,
)
def fourier_tempogram(spectrum: Array) -> Array:
    r"""Magnitude of the spectrum of the onset envelope around each frame.

    .. math:: \left| \sum_n w_n o_{t+n} e^{-2 \pi i k n / N} \right|

    (frames, channels, 1 + tempogram_length // 2): bin k is a tempo of 60 k sample_rate /
    (hop_length N) BPM, and the columns say it in Hz, which is BPM / 60; bin 0 is the sum of the
    window. N is `tempogram_length`, librosa's win_length: frames of the Hann window w, centred on
    the frame, with zeros beyond the ends of the clip. librosa gives one frame more than the clip
    has. Takes what `onset_strength` takes; the mel bands' norm is `mel_norm`. Silence: 0.
    Source: Grosche, Mueller and Kurth 2010.
    """
    return spectrum
