"""scipy.signal.lfilter and the steps that EBU Tech 3342 writes down."""

from collections.abc import Sequence

import numpy as np

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import Case, Settings
from tests.reference import _loudness

TOLERANCE = _loudness.VALUE
DEFINED_ON = _loudness.long_noise


def with_gaps(rate: int) -> Array:
    """Parts under the absolute gate, parts under the relative one, and silence."""
    levels = (0, -30, -6, -90, -12, -18)
    parts = [signals.noise(rate, 4, 0.1 * 10 ** (x / 20), seed=-x) for x in levels]
    return np.concatenate([*parts, signals.silence(rate, 4)])


def faint(rate: int) -> Array:
    """Parts of about -65 and -75 LUFS: the absolute gate leaves out what the relative would not."""
    parts = [signals.noise(rate, 6, 0.1 * 10 ** (-x / 20), seed=x) for x in (48, 58, 46)]
    return np.concatenate(parts)


CASES: Sequence[Case] = (
    Case({}, _loudness.STUDIO, faint),
    Case({}, {}, _loudness.loud_and_quiet),
    *(Case({}, {}, name) for name in ("scene", "silence")),
    *(Case({}, {"sample_rate": rate}, with_gaps) for rate in (8000, 11025, 22050, 48000)),
    Case({}, _loudness.STUDIO, _loudness.surround),
    Case({}, {}, "music/chords/c_minor.mp3"),
)


def expected(samples: Array, settings: Settings) -> float:
    levels = np.array(_loudness.windows(samples, settings.sample_rate, 3.0)[::10])
    levels = levels[levels >= -70]
    if len(levels) == 0:
        return np.nan
    gate = 10 * np.log10(np.mean([10 ** (x / 10) for x in levels])) - 20
    kept = sorted(x for x in levels if x >= gate)
    low, high = (kept[int(np.floor((len(kept) - 1) * p / 100 + 0.5))] for p in (10, 95))
    return float(high - low)
