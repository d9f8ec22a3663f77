"""Short-time Fourier spectrum."""

from collections.abc import Sequence

from audiofeat_cli.step import Array, Decibels, Problem, feature, when
from audiofeat_cli.steps.scale import compressed, gain_of, limited, unit_of
from audiofeat_cli.steps.spectrum import fft_frequencies, spectrum

_levels = compressed.reading(spectrum)


def _frequencies(*, sample_rate: float | None, n_fft: int) -> Sequence[float]:
    return [] if sample_rate is None else [float(f) for f in fft_frequencies(sample_rate, n_fft)]


def _bins_mean_one_thing(*, sample_rate: float | None) -> Sequence[Problem]:
    if sample_rate is None:
        message = "null would give each bin another frequency in each file; state one for stft"
        return [Problem("sample_rate", message)]
    return []


@feature(
    when("top_db", limited(_levels).using(power=1.0), _levels.using(power=1.0)),
    unit=unit_of,
    gain=gain_of,
    reference="numpy.abs(librosa.stft) 0.11",
    width=lambda *, n_fft: 1 + n_fft // 2,
    labels=_frequencies,
    check=_bins_mean_one_thing,
)
def stft(levels: Array, *, top_db: Decibels | None = None) -> Array:
    r"""Magnitude (`power: 1`) or energy (`power: 2`) of each frame's spectrum.

    .. math:: |X_{m,k}|^p, \quad X_{m,k} = \sum_n x_{n + mH} w_n e^{-2 \pi i k n / N}

    (frames, channels, 1 + n_fft // 2). Silence: 0, or the floor on a logarithmic scale.
    Source: Allen and Rabiner 1977.
    """
    del top_db  # chose the input
    return levels
