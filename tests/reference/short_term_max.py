"""scipy.signal.lfilter and a loop over windows."""

from collections.abc import Sequence

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Case, Settings
from tests.reference import _loudness

TOLERANCE = _loudness.VALUE
DEFINED_ON = _loudness.long_noise
CASES: Sequence[Case] = (
    Case({}, {}, _loudness.loud_and_quiet),
    *(Case({}, {}, name) for name in ("scene", "dc", "silence")),
    Case({}, _loudness.STUDIO, _loudness.surround),
    Case({}, {"sample_rate": 8000}, _loudness.loud_and_quiet),
    Case({}, {"sample_rate": 11025}, _loudness.loud_and_quiet),
    Case({}, {}, "music/chords/c_minor.mp3"),
)


def expected(samples: Array, settings: Settings) -> float:
    found = np.array(_loudness.windows(samples, settings.sample_rate, 3.0))
    return float(np.nanmax(found, initial=-np.inf)) if np.isfinite(found).any() else np.nan
