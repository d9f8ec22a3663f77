"""Peak level."""

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.level import largest_magnitude
from audiofeat_cli.steps.scale import compressed, gain_of, unit_of


@feature(
    compressed.reading(largest_magnitude).pinned(power=1.0),
    unit=unit_of,
    gain=gain_of,
    reference="naive loop over frames of samples",
)
def peak(levels: Array) -> Array:
    r"""Largest magnitude of the samples of each frame (`n_fft` samples, no window).

    .. math:: \max_n |x_n|, \quad \text{in dB } 20 \log_{10} \max_n |x_n|

    (frames, channels, 1), 1 or 0 dB is full scale. Samples, not what lies between them: the true
    peak of a signal may be higher. Silence: 0, or the floor on a logarithmic scale.
    Source: IEC 60268-18; AES17 for full scale.
    """
    return levels
