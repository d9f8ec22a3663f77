"""Effective duration."""

import numpy as np

from audiofeat_cli.step import Array, Fraction, feature
from audiofeat_cli.steps.envelope import follower, follower_peak


def _seconds(state: Array | None, *, sample_rate: float) -> Array:
    return np.full((1, 1), np.nan) if state is None else state[:, np.newaxis] / sample_rate


@feature(
    follower,
    follower_peak,
    kind="clip",
    finish=_seconds,
    unit="s",
    gain="invariant",
    reference="naive float64 loop over samples",
)
def effective_duration(
    state: Array | None, envelope: Array, peak: Array, *, threshold: Fraction = 0.1
) -> Array:
    r"""How long the envelope is above a share of its maximum.

    .. math:: \frac{1}{F_s} \, \# \{ n : e_n > \theta \max_m e_m \}

    One value per clip, s. The envelope is that of `envelope`, whose slow release counts. The
    `threshold` is that of Freesound's descriptors; Peeters and Essentia's algorithm have 0.4.
    Silence: 0. Source: Peeters 2004, section 3.1.3; Essentia, EffectiveDuration. Keeps one count;
    the maximum has to be known first, which takes a second pass.
    """
    above = (envelope > threshold * peak.astype(np.float64)).sum(axis=0)
    return np.asarray(above if state is None else state + above)
