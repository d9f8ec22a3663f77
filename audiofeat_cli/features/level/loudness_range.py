"""Loudness range (EBU R128)."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.loudness import block_loudness, step_energy

ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -20.0
LOW, HIGH = 0.10, 0.95


@feature(
    step_energy,
    kind="clip",
    unit="LU",
    gain="invariant",
    reference="scipy.signal.sosfilt and a loop; pyloudnorm 0.2; EBU Tech 3342 cases 1 to 4",
)
def loudness_range(step_energies: Array, *, sample_rate: float) -> float:
    r"""How far apart a clip's quiet and loud parts are, all channels at the file's own rate.

    .. math:: \text{LRA} = P_{95} - P_{10} \text{ of the gated short-term loudness}

    Windows of 3 s every 100 ms; those under -70 LUFS are left out, then those more than 20 LU under
    the mean energy of the rest. Percentiles are values that occur. One value per clip, LU.
    Silence: null. Null under 3 s and for files below 4 kHz, too; the standard calls the range of
    less than a minute not yet stable.
    Source: EBU Tech 3342. Keeps 0.3 MB per hour.
    """
    levels = block_loudness(step_energies, steps=30, sample_rate=sample_rate)
    levels = np.sort(levels[levels >= ABSOLUTE_GATE_LUFS])
    if len(levels) == 0:
        return float("nan")
    mean = 10 * np.log10(np.mean(10 ** (levels / 10)))
    levels = levels[levels >= mean + RELATIVE_GATE_LU]
    low, high = (int((len(levels) - 1) * share + 0.5) for share in (LOW, HIGH))
    return float(levels[high] - levels[low])
