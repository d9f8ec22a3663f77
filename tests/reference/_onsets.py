"""Onset envelopes for the references of what is made of them, and what librosa makes of them."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import Settings
from tests.reference import onset_strength

LOOP = "music/drums/drum loop 100 bpm.flac"
DRUMS = "music/drums/drums_120bpm.mp3"


def pulse(rate: int) -> Array:
    """Bursts of noise at 120 BPM, every other one louder."""
    out = signals.noise(rate, 5.0, 0.001)
    burst = signals.noise(rate, 0.05, 0.3, seed=3)
    for i, start in enumerate(np.arange(0.25, 4.5, 0.5)):
        first = round(start * rate)
        out[first : first + len(burst)] += burst * np.float32(1 if i % 2 else 0.3)
    return out


def envelope(samples: Array, settings: Settings, **parameters: Any) -> Array:
    """(frames,) float32, as librosa has it; `mel_norm` is the norm of the mel bands."""
    if "mel_norm" in parameters:
        parameters["norm"] = parameters.pop("mel_norm")
    found = onset_strength.expected(samples, settings, **parameters)
    return np.asarray(found, dtype=np.float32)


def grid(settings: Settings) -> dict[str, Any]:
    """Arguments that librosa's rhythmic functions share."""
    return {"sr": settings.sample_rate, "hop_length": settings.hop_length}


def events(frames: Array, envelope: Array, settings: Settings) -> Array:
    """(events, 2) time in s and onset strength."""
    import librosa

    return np.stack([librosa.frames_to_time(frames, **grid(settings)), envelope[frames]], axis=1)


def onset_events(samples: Array, settings: Settings, **parameters: Any) -> Array:
    """(onsets, 2) of librosa.onset.onset_detect."""
    import librosa

    names = ("pre_max", "post_max", "pre_avg", "post_avg", "wait", "delta")
    picking = {name: parameters.pop(name) for name in names if name in parameters}
    found = envelope(samples, settings, **parameters)
    if len(found) == 0:
        return np.zeros((0, 2))
    at = librosa.onset.onset_detect(onset_envelope=found, **grid(settings), **picking)
    return events(at, found, settings)


def tempogram_lags(ac_size: float, settings: Settings) -> int:
    """Frames of the window of librosa.feature.tempo."""
    import librosa

    return int(librosa.time_to_frames(ac_size, **grid(settings)))


def has_rhythm(envelope: Array, settings: Settings) -> bool:
    """Whether there are three onsets, without which we know no tempo."""
    import librosa

    return len(librosa.onset.onset_detect(onset_envelope=envelope, **grid(settings))) >= 3
