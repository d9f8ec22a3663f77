"""scipy.signal.lfilter and a loop over windows."""

from collections.abc import Sequence

import numpy as np

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import Case, Settings
from tests.reference import _loudness

TOLERANCE = _loudness.TOLERANCE


def barely(rate: int) -> Array:
    return signals.noise(rate, 0.4)


def too_short(rate: int) -> Array:
    return signals.noise(rate, 0.4)[:-1]


def then_silence(rate: int) -> Array:
    """The filter dies away: null, not hundreds of decibels down."""
    return np.concatenate([signals.noise(rate, 0.5), signals.silence(rate, 3)])


CASES: Sequence[Case] = (
    Case(start_bound=True),  # windows begin every 10 ms of the clip
    *(Case({}, {}, name) for name in ("noise", "dc", "square", "clicks", "silence")),
    *(Case({}, _loudness.STUDIO, made) for made in (barely, too_short, then_silence)),
    Case({}, _loudness.STUDIO, _loudness.surround),
    Case({}, {"center": False}, _loudness.loud_and_quiet),
    Case({}, {"sample_rate": 8000, "hop_length": 80}, _loudness.loud_and_quiet),
    Case({}, {"sample_rate": 11025, "hop_length": 100}, _loudness.loud_and_quiet),
    Case({}, {"sample_rate": 44100, "hop_length": 441}, _loudness.loud_and_quiet),
    Case({}, {"sample_rate": 96000, "hop_length": 2048}, _loudness.loud_and_quiet),
    Case({}, {}, "speech/vowels.wav"),
)


def expected(samples: Array, settings: Settings) -> Array:
    return _loudness.at_frames(samples, settings, 0.4)
