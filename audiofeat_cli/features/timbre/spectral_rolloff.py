"""Spectral roll-off."""

from itertools import pairwise

import numpy as np

from audiofeat_cli.step import Array, Fraction, feature
from audiofeat_cli.steps.spectrum import bin_frequencies, spectrum
from audiofeat_cli.steps.sums import GROUP, group_sums


@feature(
    spectrum.using(power=1.0),
    bin_frequencies,
    unit="Hz",
    gain="invariant",
    reference="librosa.feature.spectral_rolloff 0.11",
)
def spectral_rolloff(
    spectrum: Array, frequencies: Array, *, roll_percent: Fraction = 0.85
) -> Array:
    r"""Frequency below which a given share of the spectrum lies.

    .. math:: f_K, \quad K = \min \Big\{ k : \sum_{j \le k} |X_j|^p \ge r \sum_j |X_j|^p \Big\}

    (frames, channels, 1), Hz, the frequency of a bin. r is `roll_percent`, a share between 0 and 1;
    0.99 and 0.01 give the highest and lowest frequency. Silence: null. `power: 1` sums magnitudes
    (librosa, the default), `power: 2` energies. Source: Peeters 2004, section 6.1.7.
    """
    flat = spectrum.T.reshape(spectrum.shape[-1], -1)
    found, total, close = _grouped(flat, roll_percent)
    if close.any():
        again = np.flatnonzero(close)
        found[again] = _counted(np.take(flat, again, axis=1), roll_percent)
    out = np.where(total > 0, frequencies[found], np.nan).astype(np.float32)
    return out.reshape(1, *spectrum.T.shape[1:]).T


def _counted(flat: Array, share: float) -> Array:
    """(frames,) first bin at which the running sum, in float32 as librosa has it, is enough."""
    sums = np.cumsum(np.ascontiguousarray(flat.T), axis=1)
    return np.asarray((sums < share * sums[:, -1:]).argmin(axis=1))


def _running(values: Array) -> Array:
    """Running sums down the columns, in place: row by row six times as fast as cumsum."""
    for above, row in pairwise(values):
        np.add(above, row, out=row)
    return values


def _grouped(flat: Array, share: float) -> tuple[Array, Array, Array]:
    """The bin, the frame's sum, and whether rounding could decide: sums of groups, then one group.

    Many times as fast as a running sum over all bins, and more exact, so that a frame whose running
    sum passes the threshold within the rounding of float32 has to be done again as librosa does.
    """
    bins, frames = flat.shape
    columns = np.arange(frames)
    sums = np.zeros((2 + (bins - 1) // GROUP, frames))
    sums[1:] = group_sums(flat)
    total = _running(sums)[-1]
    threshold = share * total
    group = np.minimum(_true(sums[1:] < threshold), len(sums) - 2)
    first = GROUP * group
    within = np.empty((GROUP + 1, frames))
    within[0] = sums[group, columns]
    # Beyond the last bin any value will do: the threshold has been passed.
    places = (first * frames + columns) + frames * np.arange(GROUP)[:, np.newaxis]
    within[1:] = np.take(flat, places, mode="clip")
    _running(within)
    passed = _true(within[1:] < threshold)
    found = np.minimum(first + passed, bins - 1)
    slack = total * _rounding(found, bins, share)
    above = within[np.minimum(passed + 1, GROUP), columns] - threshold
    close = (threshold - within[passed, columns] <= slack) | (above <= slack)
    return found, total, close & (total > 0)


def _true(passed: Array) -> Array:
    """How many rows are true in each column, of less than 65536."""
    return np.asarray(passed.sum(axis=0, dtype=np.uint16), dtype=np.intp)


def _rounding(found: Array, bins: int, share: float) -> Array:
    """How far rounding can bring librosa's running sum from its threshold, of the frame's sum.

    An addition is off by at most half an epsilon of the running sum then, which is at most `share`
    up to the bin found and 1 above. What the sum has lost up to there the threshold has lost too,
    times `share`. Sums of a group are off by less than a group's length, and products by 3.
    """
    additions = share * ((1 - share) * (found + 1) + bins - found)
    return np.asarray((additions + GROUP + 3) * (np.finfo(np.float32).eps / 2))
