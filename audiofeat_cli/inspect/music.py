"""What the sound is as music: tempo, key, and the note it plays.

A pass of its own, over the mono mix at the rate that these features are tried at.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from audiofeat_cli.arrays import collect
from audiofeat_cli.audio.decode import ANALYSIS, Decoder, Request
from audiofeat_cli.config.model import FeatureRequest
from audiofeat_cli.features.harmony.chroma_cqt import chroma_cqt
from audiofeat_cli.features.harmony.key import key
from audiofeat_cli.features.pitch.note import A4_MIDI, MIDI_NAMES
from audiofeat_cli.features.pitch.pyin import pyin
from audiofeat_cli.features.rhythm.tempo import tempo
from audiofeat_cli.inspect.hearing import Grid, program_of
from audiofeat_cli.step import Array, Feature
from audiofeat_cli.steps.tuning import A4_HZ
from audiofeat_cli.steps.yin import C2_HZ, C7_HZ

RATE = 22050
LEAST_VOICED = 0.1
"""Share of the frames that must have a pitch before one is told."""

_A_BIN = 2 ** (1 / 120)
"""Step of pyin's grid."""

_GRID = Grid(RATE, n_fft=2048, hop=512, center=True)
_FEATURES: Mapping[str, Feature] = {f.name: f for f in (tempo, key, chroma_cqt, pyin)}
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Music:
    """Tempo, key and pitch of a file; None where there is none.

    Attributes
    ----------
    tempo_bpm, tempo_weight : the best tempo, and its share among all; the next best in `second_`.
    key, key_strength : tonic and mode, and its correlation with the key's profile.
    f0_hz, note, cents : median of the fundamental frequency, the note nearest to it, and how far
        above that note it is.
    voiced_share : share of the frames that have a pitch.
    """

    tempo_bpm: float | None
    tempo_weight: float | None
    second_tempo_bpm: float | None
    second_tempo_weight: float | None
    key: str | None
    key_strength: float | None
    f0_hz: float | None
    note: str | None
    cents: float | None
    voiced_share: float | None


class MusicListener:
    """Listens to file after file."""

    def __init__(self) -> None:
        self._decoder = Decoder(Request(RATE, "mono", "soxr_hq", _BLOCK, allow_truncated=True))
        asked = tuple(FeatureRequest(name, name) for name in ("tempo", "key", "pyin"))
        self._program = program_of(_GRID, asked, _FEATURES)
        outputs = {output.alias: output for output in self._program.plan.outputs}
        self._keys = outputs["key_name"].categories

    def listen(self, file: str) -> Music:
        """Decode a file and find what it plays.

        Raises
        ------
        ClipError : it cannot be decoded.
        """
        with self._decoder.open(file) as audio:
            return self._music(collect(self._program, _Mono(audio), 1))

    def _music(self, found: Mapping[str, Array]) -> Music:
        def value(name: str) -> float | None:
            number = float(np.ravel(found[name])[0])
            return None if np.isnan(number) else number

        tonality = value("key_name")
        f0, voiced = _pitch(found["pyin_f0"][:, 0, 0])
        distance = None if f0 is None else A4_MIDI + 12 * float(np.log2(f0 / A4_HZ))
        midi = None if distance is None else round(distance)
        return Music(
            tempo_bpm=value("tempo"),
            tempo_weight=value("tempo_weight"),
            second_tempo_bpm=value("tempo_second"),
            second_tempo_weight=value("tempo_second_weight"),
            key=None if tonality is None else self._keys[int(tonality)],
            key_strength=value("key_strength"),
            f0_hz=f0,
            note=None if midi is None else MIDI_NAMES[midi],
            cents=None if midi is None or distance is None else 100 * (distance - midi),
            voiced_share=voiced,
        )


class _Mono:
    """The engine's source: the mix of a file."""

    def __init__(self, audio: Any) -> None:
        self._audio = audio

    def blocks(self, roots: frozenset[str]) -> Iterator[tuple[str, Array]]:
        """See `stream.Source`."""
        del roots
        yield from self._audio.blocks(frozenset({ANALYSIS}))


def _pitch(f0: Array) -> tuple[float | None, float | None]:
    """Median of the voiced frames, and their share; what lies at the end of the range is none."""
    if len(f0) == 0:
        return None, None
    voiced = f0[(f0 > C2_HZ * _A_BIN) & (f0 < C7_HZ / _A_BIN)]
    share = len(voiced) / len(f0)
    return (float(np.median(voiced)) if share >= LEAST_VOICED else None), share
