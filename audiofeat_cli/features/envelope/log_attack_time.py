"""Log attack time."""

from dataclasses import dataclass

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.envelope import follower, follower_peak

START, STOP = 0.2, 0.9
"""Shares of the maximum between which the attack is."""

SHORTEST = 1e-4
"""s; what is no longer counts as 10 microseconds."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """Samples so far, and the first (channels,) from `START` and from `STOP` on; -1 for none."""

    count: int
    start: Array
    stop: Array
    sounds: Array


def _logarithm(state: _Seen | None, *, sample_rate: float) -> Array:
    if state is None:
        return np.full((1, 1), np.nan)
    seconds = (state.stop - state.start) / sample_rate
    found = np.where(seconds > SHORTEST, np.log10(np.maximum(seconds, SHORTEST)), -5.0)
    return np.where(state.sounds, found, np.nan)[:, np.newaxis]


@feature(
    follower,
    follower_peak,
    kind="clip",
    finish=_logarithm,
    unit="log10(s)",
    gain="invariant",
    reference="naive float64 loop over samples",
)
def log_attack_time(state: _Seen | None, envelope: Array, peak: Array) -> _Seen:
    r"""Logarithm of the time in which the envelope goes from 20 to 90 % of its maximum.

    .. math:: \log_{10} (t_{90} - t_{20})

    One value per clip, of seconds, -5 where they are at most 0.1 ms. Both are the first time that
    the envelope is there, so it says something of clips that are one sound (`single_event`). The
    envelope is that of `envelope`, which takes its time: a step takes 20 ms by the default
    `attack_time`, the attack of a plucked string 80 ms. `adsr` has no such lag. Silence: null.
    Source: Peeters 2004, section 3.1.1; Essentia, LogAttackTime. Keeps two positions; the maximum
    has to be known first, which takes a second pass.
    """
    seen = state or _Seen(0, np.full(len(peak), -1), np.full(len(peak), -1), peak > 0)
    start = _first(seen.start, seen.count, envelope >= START * peak.astype(np.float64))
    stop = _first(seen.stop, seen.count, envelope >= STOP * peak.astype(np.float64))
    return _Seen(seen.count + len(envelope), start, stop, seen.sounds)


def _first(known: Array, count: int, there: Array) -> Array:
    """The position known, else that of the first item that is there."""
    found = np.where(there.any(axis=0), count + there.argmax(axis=0), -1)
    return np.where(known >= 0, known, found)
