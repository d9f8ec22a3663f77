"""scipy.signal.lfilter and a loop over windows."""

from collections.abc import Sequence

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import Case, Settings
from tests.reference import _loudness

TOLERANCE = _loudness.TOLERANCE
DEFINED_ON = _loudness.long_noise


def too_short(rate: int) -> Array:
    return signals.noise(rate, 3)[:-1]


CASES: Sequence[Case] = (
    Case({}, {}, _loudness.loud_and_quiet, start_bound=True),  # windows begin every 10 ms
    Case({}, {}, "noise"),  # too short
    Case({}, _loudness.STUDIO, too_short),
    Case({}, _loudness.STUDIO, _loudness.surround),
    Case({}, {"center": False}, _loudness.loud_and_quiet),
    Case({}, {"sample_rate": 8000, "hop_length": 80}, _loudness.loud_and_quiet),
    Case({}, {"sample_rate": 11025, "hop_length": 100}, _loudness.loud_and_quiet),
    Case({}, {"sample_rate": 44100}, _loudness.loud_and_quiet),
    Case({}, {}, "music/chords/c_minor.mp3"),
)


def expected(samples: Array, settings: Settings) -> Array:
    return _loudness.at_frames(samples, settings, 3.0)
