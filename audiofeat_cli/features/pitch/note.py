"""Note names of the fundamental frequency."""

from typing import Annotated

import numpy as np
from annotated_types import Interval

from audiofeat_cli.step import Array, Named, Unit, feature
from audiofeat_cli.steps.pyin import pitch_track
from audiofeat_cli.steps.tuning import A4_HZ

A4_MIDI = 69
_PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
MIDI_NAMES = tuple(f"{_PITCH_CLASSES[n % 12]}{n // 12 - 1}" for n in range(128))

_ROUNDING = 1e-5
"""Of f0 in float32, in semitones: half-way between two notes is the upper one, each time."""


@feature(
    pitch_track,
    reference="librosa.hz_to_midi and hz_to_note 0.11 of librosa.pyin",
    outputs=[
        Named("name", "1", "invariant", "string", MIDI_NAMES, "Nearest note, C4 is middle C."),
        Named(
            "midi", "MIDI", "invariant", "int32", summary="Number of the nearest note, A4 is 69."
        ),
        Named("cents", "cent", "invariant", summary="How far above the nearest note f0 is."),
    ],
)
def note(
    track: Array,
    *,
    a4_hz: Annotated[float, Interval(ge=220, le=880), Unit("Hz")] = A4_HZ,
) -> Array:
    r"""Nearest note of equal temperament to the fundamental frequency (that of pyin).

    .. math:: d = 69 + 12 \log_2 (f_0 / A_4), \quad m = \lfloor d + 1/2 \rfloor, \quad
        c = 100 (d - m)

    (frames, channels, 3): name and MIDI number of the note, and cents from it, from -50 to 50.
    Silence: null, as are unvoiced frames, and notes outside MIDI's 0 to 127.
    Source: MIDI 1.0 specification, key numbers; ISO 16 (A4 is 440 Hz).
    """
    distance = A4_MIDI + 12 * np.log2(track[..., 0].T.astype(np.float64) / a4_hz)
    nearest = np.floor(distance + 0.5 + _ROUNDING)
    nearest = np.where((nearest >= 0) & (nearest < len(MIDI_NAMES)), nearest, np.nan)
    cents = 100 * (distance - nearest)
    return np.stack([nearest, nearest, cents]).astype(np.float32).T
