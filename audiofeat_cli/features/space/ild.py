"""Level differences between the channels, of the whole and in bands."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from audiofeat_cli.step import Array, Problem, feature
from audiofeat_cli.steps.bands import LOW_TO_HIGH, Edges
from audiofeat_cli.steps.pair import level_difference, padded_size, pair_energy, pair_power


@feature(
    pair_energy,
    unit="dB",
    gain="invariant",
    reference="naive float64 loop over frames of samples",
)
def ild(energies: Array) -> Array:
    r"""Level of the left channel over that of the right one, in decibels.

    .. math:: 20 \log_{10} \frac{\mathrm{rms}(l)}{\mathrm{rms}(r)}

    (frames, 1, 1), dB: positive where left is louder. Over the samples of each frame without a
    window, at the file's own rate, one value for all channels. Of more than two channels the first
    two are compared. Silence: null, and so is a frame in which one channel is silent, and a file of
    one channel. Source: Blauert 1997, chapter 2; also called interaural intensity difference.
    """
    return level_difference(energies[..., 0:1], energies[..., 1:2])


def _rising(*, edges: Edges = LOW_TO_HIGH) -> Sequence[Problem]:
    if len(edges) < 2:
        return [Problem("edges", f"expected at least 2 edges, for one band, got {len(edges)}")]
    wrong = next(((low, high) for low, high in pairwise(edges) if low >= high), None)
    if wrong:
        message = f"expected rising frequencies, got {wrong[1]:g} after {wrong[0]:g}"
        return [Problem("edges", message)]
    return []


@feature(
    pair_power,
    unit="dB",
    gain="invariant",
    reference="numpy.fft over a loop of frames",
    width=lambda *, edges: len(edges) - 1,
    labels=lambda *, edges: [(low + high) / 2 for low, high in pairwise(edges)],
    check=_rising,
)
def ild_bands(power: Array, *, sample_rate: float, n_fft: int, edges: Edges = LOW_TO_HIGH) -> Array:
    r"""Level of the left channel over that of the right one in bands of frequency, in decibels.

    .. math:: 10 \log_{10} \frac{\sum_{e_b \le f_k < e_{b+1}} |L_k|^2}
        {\sum_{e_b \le f_k < e_{b+1}} |R_k|^2}

    (frames, 1, bands), dB: positive where left is louder. `edges` are rising frequencies in Hz, the
    last band holds its upper one too. Windowed frames at the file's own rate; of more than two
    channels the first two. Silence: null, and so is a band in which one channel is silent, one
    above half the file's rate or without an FFT bin, and a file of one channel.
    Source: Blauert 1997, chapter 2.
    """
    frequencies = np.fft.rfftfreq(padded_size(n_fft, sample_rate), 1 / sample_rate)
    cuts = np.searchsorted(frequencies, edges)
    cuts[-1] = np.searchsorted(frequencies, edges[-1], side="right")
    sums = np.empty((len(edges) - 1, 2, len(power)))
    for band, (low, high) in enumerate(pairwise(cuts)):
        sums[band] = power[..., low:high].sum(axis=-1, dtype=np.float64).T
    return level_difference(sums[:, :1].T, sums[:, 1:].T)
