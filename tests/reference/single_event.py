"""scipy.ndimage.grey_closing, and scipy.signal.find_peaks by their prominence in dB."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import GRIDS, Case, Settings, Tolerance, heard, over
from tests.reference import _envelope

TOLERANCE = Tolerance(0, 0, "yes or no", absolute=True)
MADE = ("note", "plucked", "organ", "cut_off", "two_notes", "click", "short", "long")
CASES = (
    *over(GRIDS),
    *heard(),
    *(Case({}, {}, getattr(_envelope, name)) for name in MADE),
    Case({}, {"sample_rate": 500}, _envelope.note),
    Case({"max_duration": 10.0}, {}, _envelope.long),
    Case({"max_duration": 1.0}, {}, _envelope.note),
    Case({"merge_gap": 0.4}, {}, _envelope.two_notes),
    Case({"merge_gap": 0.001}, {}, _envelope.note),
    Case({"min_drop": 20.0, "range_db": 40.0}, {}, "music/chords/c_minor.mp3"),
    Case({"range_db": 8.0}, {}, _envelope.note),
)


def expected(
    samples: Array,
    settings: Settings,
    *,
    max_duration: float = 7.0,
    merge_gap: float = 0.05,
    min_drop: float = 6.0,
    range_db: float = 20.0,
) -> float:
    level, piece = _envelope.outline(samples, settings.sample_rate, merge_gap)
    return float(events(level, min_drop, range_db) == 1 and len(level) * piece <= max_duration)


def events(level: Array, min_drop: float = 6.0, range_db: float = 20.0) -> int:
    import scipy.signal

    if level.size == 0 or level.max() == 0:
        return 0
    db = np.maximum(20 * np.log10(np.maximum(level, 1e-30) / level.max()), -range_db)
    padded = np.pad(db, 1, constant_values=-range_db)
    padded[1:-1] += 1e-9 * np.arange(len(db))  # of two equal peaks one is the higher
    peaks, _ = scipy.signal.find_peaks(padded, prominence=min_drop)
    return len(peaks)
