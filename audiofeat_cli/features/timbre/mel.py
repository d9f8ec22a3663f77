"""Mel spectrogram."""

from audiofeat_cli.step import Array, Decibels, feature, when
from audiofeat_cli.steps.mel import limited_mel, log_mel, mel_centres
from audiofeat_cli.steps.scale import gain_of, unit_of


@feature(
    when("top_db", limited_mel, log_mel),
    unit=unit_of,
    gain=gain_of,
    reference="librosa.feature.melspectrogram and librosa.power_to_db 0.11",
    width=lambda *, n_mels: n_mels,
    labels=mel_centres,
)
def mel(levels: Array, *, top_db: Decibels | None = None) -> Array:
    r"""Energy in bands that are equally spaced in mel.

    .. math:: M_b = \sum_k w_{b,k} |X_k|^p, \quad \text{in dB } (20/p) \log_{10} M_b

    (frames, channels, n_mels). Silence: 0, or the floor on a logarithmic scale, -100 dB by default.
    `top_db` raises everything to within that of the clip's maximum, for each channel.
    Source: Slaney 1998, Auditory Toolbox; HTK book 5.4 for `htk`.
    """
    del top_db  # chose the input
    return levels
