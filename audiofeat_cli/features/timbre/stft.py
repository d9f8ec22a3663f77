"""Short-time Fourier spectrum."""

from audiofeat_cli.step import Array, Decibels, feature, when
from audiofeat_cli.steps.scale import compressed, gain_of, limited, unit_of
from audiofeat_cli.steps.spectrum import bin_labels, bins_mean_one_thing, spectrum

_levels = compressed.reading(spectrum)


@feature(
    when("top_db", limited(_levels).using(power=1.0), _levels.using(power=1.0)),
    unit=unit_of,
    gain=gain_of,
    reference="numpy.abs(librosa.stft) 0.11",
    width=lambda *, n_fft: 1 + n_fft // 2,
    labels=bin_labels,
    check=bins_mean_one_thing,
)
def stft(levels: Array, *, top_db: Decibels | None = None) -> Array:
    r"""Magnitude (`power: 1`) or energy (`power: 2`) of each frame's spectrum.

    .. math:: |X_{m,k}|^p, \quad X_{m,k} = \sum_n x_{n + mH} w_n e^{-2 \pi i k n / N}

    (frames, channels, 1 + n_fft // 2). Silence: 0, or the floor on a logarithmic scale.
    Source: Allen and Rabiner 1977.
    """
    del top_db  # chose the input
    return levels
