"""Whether a clip is one sound."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.events import event_counts


@feature(
    event_counts,
    kind="clip",
    unit="1",
    gain="invariant",
    dtype="bool",
    reference="naive float64 loops over outline and turning points",
)
def single_event(counts: Array) -> Array:
    r"""Whether the clip is one sound, that is, its level rises once.

    .. math:: \# \{ \text{rises by } d \text{ dB between falls by } d \text{ dB} \} = 1

    One value per clip. The outline is the largest magnitude of each ms, its valleys of less than
    `merge_gap` filled; what is more than `range_db` under the maximum counts as silence, as does
    the time before the clip; d is `min_drop`. False for clips of more than `max_duration`, as in
    Audio Commons. A tone or noise that fills a short clip is one sound. Silence: 0 (false).
    Source: the idea is Audio Commons' single_event, whose threshold compares energies with
    amplitudes, so that the answer changes with the level; this one does not. Keeps 28 kB.
    """
    return np.asarray(counts == 1)[:, np.newaxis]
