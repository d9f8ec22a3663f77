"""Entropy of energy."""

import math
from collections.abc import Sequence

import numpy as np

from audiofeat_cli.step import Array, Count, Problem, analysis_samples, feature
from audiofeat_cli.steps.ratio import ratio_or_nan
from audiofeat_cli.steps.spectrum import framing, sliding


def _blocks_fit(*, n_fft: int, n_blocks: Count = 10) -> Sequence[Problem]:
    if n_blocks > n_fft:
        return [Problem("n_blocks", f"expected at most n_fft ({n_fft}), got {n_blocks}")]
    return []


@feature(
    analysis_samples,
    reach=framing,
    check=_blocks_fit,
    unit="bit",
    gain="invariant",
    reference="naive float64 loop over frames of samples",
)
def energy_entropy(samples: Array, *, n_fft: int, hop_length: int, n_blocks: Count = 10) -> Array:
    r"""Entropy of the energies of a frame's blocks: low where the energy comes all at once.

    .. math:: -\sum_{i=1}^{B} s_i \log_2 s_i, \quad s_i = E_i / \textstyle\sum_j E_j

    (frames, channels, 1), bit, from 0 (a click) to log2 of `n_blocks` (a steady sound). Blocks are
    of n_fft // B samples, without a window; what is left of the frame does not count
    (pyAudioAnalysis counts it in the sum only). Silence: null.
    Source: Giannakopoulos and Pikrakis 2014, section 4.3.3; pyAudioAnalysis, energy_entropy.
    """
    size = n_fft // n_blocks
    cell = math.gcd(size, hop_length)
    used = len(samples) // cell * cell
    squares = np.square(samples[:used].T, dtype=np.float64)
    cells = squares.reshape(len(squares), -1, cell).sum(axis=-1)
    parts = sliding(cells.T, n_blocks * size // cell, hop_length // cell)
    count = 1 + (len(samples) - n_fft) // hop_length
    energies = parts[:count].reshape(count, len(squares), n_blocks, -1).sum(axis=-1)
    shares = ratio_or_nan(energies, energies.sum(axis=-1, keepdims=True)).astype(np.float64)
    terms = shares * np.log2(np.where(shares > 0, shares, 1))
    return np.asarray(-terms.sum(axis=-1, keepdims=True), dtype=np.float32)
