"""librosa.beat.beat_track 0.11: times, and the onset strength there."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import MUSIC, Case, Settings, Tolerance
from tests.reference import _onsets

TOLERANCE = Tolerance(1e-5, 1e-5, "the strength is float32, a difference of levels; times agree")
DEFINED_ON = _onsets.pulse
CASES = (
    *(Case({}, {}, signal) for signal in (_onsets.pulse, _onsets.LOOP, _onsets.DRUMS, MUSIC)),
    *(Case({}, {}, name) for name in ("silence", "dc", "sine")),
    Case({"trim": False, "tightness": 20.0}, {}, _onsets.pulse),
    Case({"bpm": 97.0}, {}, _onsets.LOOP),
    Case({"bpm": 230.0, "trim": False}, {}, _onsets.pulse),
    Case({"start_bpm": 60.0, "aggregate": "mean"}, {}, _onsets.LOOP),
    Case({"n_mels": 40}, {"sample_rate": 16000, "n_fft": 1024, "hop_length": 256}, _onsets.pulse),
)


def tracked(
    samples: Array,
    settings: Settings,
    *,
    bpm: float | None = None,
    tightness: float = 100.0,
    trim: bool = True,
    start_bpm: float = 120.0,
    aggregate: str = "median",
    **onset: Any,
) -> tuple[Array, Array]:
    """Frames of the beats, and the envelope that they lie on; none without three onsets."""
    import librosa

    envelope = _onsets.envelope(samples, settings, aggregate=aggregate, **onset)
    if bpm is None and not _onsets.has_rhythm(envelope, settings):
        return np.zeros(0, np.intp), envelope
    _, frames = librosa.beat.beat_track(
        onset_envelope=envelope,
        bpm=bpm,
        tightness=tightness,
        trim=trim,
        start_bpm=start_bpm,
        **_onsets.grid(settings),
    )
    return frames, envelope


def expected(samples: Array, settings: Settings, **parameters: Any) -> Array:
    return _onsets.events(*tracked(samples, settings, **parameters), settings)
