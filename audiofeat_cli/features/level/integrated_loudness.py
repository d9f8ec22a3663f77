"""Integrated loudness (EBU R128)."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.loudness import block_loudness, step_energy

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0


@feature(
    step_energy,
    kind="clip",
    unit="LUFS",
    gain="decibel",
    reference="pyloudnorm 0.2 (48 kHz), EBU Tech 3341 cases",
)
def integrated_loudness(step_energies: Array, *, sample_rate: float) -> float:
    r"""Programme loudness of the whole clip, all channels at the file's own rate.

    .. math:: L = -0.691 + 10 \log_{10} \sum_i G_i z_i, \quad z_i \text{ mean over gated blocks}

    Blocks of 400 ms every 100 ms; those under -70 LUFS are left out, then those more than 10 LU
    under the mean of the rest. One value per clip, LUFS. Silence: null. Null under 400 ms and
    for files below 4 kHz, too.
    Source: ITU-R BS.1770-5 annex 1; EBU R 128. Keeps 0.3 MB per hour.
    """
    levels = block_loudness(step_energies, steps=4, sample_rate=sample_rate)
    loud = levels[levels > ABSOLUTE_GATE_LUFS]
    if len(loud) == 0:
        return float("nan")
    gate = _mean_level(loud) + RELATIVE_GATE_LU
    return _mean_level(loud[loud > gate])


def _mean_level(levels: Array) -> float:
    """The level of the mean energy."""
    return float(10 * np.log10(np.mean(10 ** (levels / 10))))
