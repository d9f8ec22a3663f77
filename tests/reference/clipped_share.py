"""itertools.groupby, sample by sample."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import SIGNALS, Case, Settings, Tolerance

TOLERANCE = Tolerance(1e-12, 1e-12, "a quotient of counts", absolute=True)


def clipped(rate: int) -> Array:
    return np.clip(signals.noise(rate, 0.5, 0.8), -1, 32767 / 32768).astype(np.float32)


def at_the_ends(rate: int) -> Array:
    """Runs that begin and end the clip, one of two samples, and a channel without any."""
    one = 0.5 * signals.noise(rate, 0.3)
    one[:4], one[100:102], one[-3:] = 1, 1, -1
    return np.stack([one, 0.5 * one], axis=1)


def just_under(rate: int) -> Array:
    return np.float32(32766 / 32768) * signals.square(rate, 0.2)


CASES: Sequence[Case] = (
    *(Case({}, {}, name) for name in SIGNALS),
    *(Case({}, {}, made) for made in (clipped, at_the_ends)),
    Case({}, {}, "square", published=1.0),
    Case({}, {}, just_under, published=0.0),
    Case({}, {}, "speech/vowels.wav"),
)


def expected(samples: Array, settings: Settings) -> float:
    found = 0
    for channel in samples.reshape(len(samples), -1).T:
        for full, run in groupby(abs(float(x)) * 32768 >= 32767 for x in channel):
            length = len(list(run))
            found += length if full and length >= 3 else 0
    return found / samples.size
