"""SuperFlux: onset strength that vibrato does not move."""

from typing import Any

from audiofeat_cli.step import Array, Count, Hertz, constant, feature, when
from audiofeat_cli.steps.mel import mel_spectrum, mel_weights
from audiofeat_cli.steps.onset import onset_envelope, rise
from audiofeat_cli.steps.scale import compressed, limited
from audiofeat_cli.steps.spectrum import spectrum


@constant()
def superflux_filterbank(
    *,
    sample_rate: float,
    n_fft: int,
    n_mels: Count = 138,
    fmin: Hertz = 27.5,
    fmax: Hertz = 16000.0,
) -> Any:
    """(n_mels, bins) sparse triangles up to `fmax`, or half the rate where that is less.

    The lowest are narrower than a bin of a window so short, and some have none: they stay 0.
    """
    from scipy.sparse import csr_matrix

    return csr_matrix(
        mel_weights(
            sample_rate=sample_rate,
            n_fft=n_fft,
            n_mels=n_mels,
            fmin=fmin,
            fmax=min(fmax, sample_rate / 2),
            htk=False,
            norm="slaney",
        )
    )


_levels = compressed.reading(mel_spectrum.reading(spectrum, superflux_filterbank))
_rise = rise.reading(
    when(
        "top_db",
        limited(_levels.using(scale="db")).using(top_db=80.0).pinned(scale="db", power=2.0),
        _levels.pinned(scale="db", power=2.0),
    )
)


@feature(
    onset_envelope.reading(_rise).using(
        n_fft=1024, win_length=1024, n_mels=138, fmin=27.5, fmax=16000.0, lag=2, max_size=3
    ),
    unit="dB",
    gain="invariant",
    reference="librosa.onset.onset_strength 0.11 as its example plot_superflux calls it",
)
def superflux(envelope: Array) -> Array:
    r"""Onset strength over a maximum of neighbouring bands, so that vibrato is no onset.

    .. math:: \frac{1}{B} \sum_b \max(0, L_{t,b} - \max_{|j| \le 1} L_{t-2,b+j})

    (frames, channels, 1) in dB: `onset_strength` with `lag` 2, `max_size` 3, windows of its own
    (`n_fft` 1024) and 138 mel bands from 27.5 to 16000 Hz, or to half the rate where that is less.
    Meant for 44100 Hz and 200 frames/s, so a `hop_length` of 220; at others say how many frames
    `lag` shall be. Silence: 0. The first frames, which have nothing before them, are 0, too.
    Source: Boeck and Widmer 2013.
    """
    return envelope
