"""One audio file, looked at: what it says of itself, and what is measured."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from audiofeat_cli.audio.blocks import Samples
from audiofeat_cli.audio.decode import NATIVE, Audio, Decoder, Request
from audiofeat_cli.audio.excerpts import Excerpts, evenly
from audiofeat_cli.audio.facts import FileFacts, declared_frames, file_facts
from audiofeat_cli.audio.names import escape_path
from audiofeat_cli.errors import ClipError
from audiofeat_cli.inspect.bandwidth import Bandwidth, judge
from audiofeat_cli.inspect.envelope import peaks
from audiofeat_cli.inspect.hearing import Heard, Source, grid_for, hear
from audiofeat_cli.inspect.levels import ChannelLevels, decibels
from audiofeat_cli.inspect.stereo import StereoFacts
from audiofeat_cli.step import Array

if TYPE_CHECKING:
    from audiofeat_cli.inspect.music import Music, MusicListener

STRIP_WIDTH = 60
LONG_SECONDS = 600.0
LONG_SAMPLES = 1 << 26
"""Beyond the one or the other (samples of all channels together), excerpts are measured."""

EXCERPTS = 60
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Picture:
    """What can be drawn of a sound.

    Attributes
    ----------
    outline : (2, channels, pieces) lowest and highest samples of equal stretches of time.
    mel_power : (frames, bands) energy, mean over channels.
    mel_hz : centre of each band.
    """

    outline: Array
    mel_power: Array
    mel_hz: Array


@dataclass(frozen=True, slots=True)
class Sound:
    """One audio file.

    Attributes
    ----------
    path : as tables write it.
    measured_seconds : how much of it the measurements below saw; all of a short file.
    excerpts : 0 where it was measured as a whole, else the number of its pieces that were.
    loudness_lufs : integrated (EBU R128); None for silence and where it is not defined.
    stereo : for two channels only.
    music : tempo, key and pitch; None where it was not asked for, and of excerpts.
    strip_dbfs : peak of up to 60 equal stretches of the file.
    """

    path: str
    facts: FileFacts
    measured_seconds: float
    excerpts: int
    loudness_lufs: float | None
    levels: tuple[ChannelLevels, ...]
    bandwidth: Bandwidth
    stereo: StereoFacts | None
    music: "Music | None"
    strip_dbfs: tuple[float | None, ...]
    picture: Picture

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for `--json`; docs/inspect.md lists the keys."""
        return {
            "kind": "audio",
            "path": self.path,
            **asdict(self.facts),
            "measured_seconds": round(self.measured_seconds, 6),
            "excerpts": self.excerpts,
            "loudness_lufs": _rounded(self.loudness_lufs, 3),
            "levels": [_plain(asdict(level), 6) for level in self.levels],
            "bandwidth": _plain(asdict(self.bandwidth), 1),
            "stereo": None if self.stereo is None else _plain(asdict(self.stereo), 6),
            "music": None if self.music is None else _plain(asdict(self.music), 3),
            "strip_dbfs": [_rounded(value, 1) for value in self.strip_dbfs],
        }


class Listener:
    """Measures file after file.

    Parameters
    ----------
    full : measure all of a long file, too.
    music : find tempo, key and pitch of what is measured whole.
    """

    def __init__(self, *, full: bool = False, music: bool = False) -> None:
        self._decoder = Decoder(Request(None, "each", "soxr_hq", _BLOCK, allow_truncated=True))
        self._full = full
        self._wants_music = music
        self._music: MusicListener | None = None

    def listen(self, file: str) -> Sound:
        """Decode a file, or excerpts of a long one, and measure it.

        Raises
        ------
        ClipError : it cannot be decoded.
        """
        with quiet_decoders(), self._decoder.open(file) as audio:
            expected = audio.declared_frames or declared_frames(file)
            if not self._full and is_long(audio, expected):
                return self._pieces(audio, expected)
            sound = self._whole(audio, expected)
            return replace(sound, music=self._music_of(file)) if self._wants_music else sound

    def _music_of(self, file: str) -> "Music":
        from audiofeat_cli.inspect.music import MusicListener

        self._music = self._music or MusicListener()
        return self._music.listen(file)

    def _whole(self, audio: Audio, expected: int) -> Sound:
        grid = grid_for(audio.sample_rate, expected)
        source = Source(
            lambda: decoded(audio), audio.sample_rate, audio.channels, expected, in_pieces=False
        )
        heard = hear(source, grid, audio.channels)
        return _sound(audio.file, file_facts(audio), source, heard, excerpts=0)

    def _pieces(self, audio: Audio, expected: int) -> Sound:
        grid = grid_for(audio.sample_rate, expected, in_pieces=True)
        pieces = cut_excerpts(audio, expected, grid.n_fft)
        samples = EXCERPTS * pieces.length
        source = Source(pieces.blocks, audio.sample_rate, audio.channels, samples, in_pieces=True)
        heard = hear(source, grid, audio.channels)
        facts = file_facts(audio, frames=expected)
        if pieces.missing and facts.format == "FLAC":
            facts = replace(facts, truncated=True)
        return _sound(audio.file, facts, source, heard, excerpts=EXCERPTS - pieces.missing)


def decoded(audio: Audio) -> Iterator[Samples]:
    """All of a file, block after block."""
    return (block for _, block in audio.blocks(frozenset({NATIVE})))


def is_long(audio: Audio, expected: int) -> bool:
    """Whether a file of so many samples is looked at in excerpts."""
    is_large = expected * audio.channels > LONG_SAMPLES
    return is_large or expected > LONG_SECONDS * audio.sample_rate


def cut_excerpts(audio: Audio, expected: int, n_fft: int) -> Excerpts:
    """Excerpts of about a second, each a whole number of frames, all over a file."""
    length = max(1, audio.sample_rate // n_fft) * n_fft
    return Excerpts(audio.file, evenly(expected, length, EXCERPTS), length)


def _sound(file: str, facts: FileFacts, source: Source, heard: Heard, *, excerpts: int) -> Sound:
    outline = source.envelope.outline()
    bandwidth = judge(
        heard.band_powers,
        sample_rate=facts.sample_rate,
        n_fft=heard.grid.n_fft,
        bits=facts.bits,
        lossy=facts.lossless is False,
    )
    return Sound(
        path=escape_path(file),
        facts=facts,
        measured_seconds=source.levels.samples / facts.sample_rate,
        excerpts=excerpts,
        loudness_lufs=heard.values.get("integrated_loudness"),
        levels=tuple(source.levels.levels()),
        bandwidth=bandwidth,
        stereo=None if source.stereo is None else source.stereo.facts(),
        music=None,
        strip_dbfs=tuple(decibels(peak) for peak in peaks(outline, STRIP_WIDTH)),
        picture=Picture(outline, heard.mel_power, heard.mel_hz),
    )


def _plain(values: dict[str, Any], digits: int) -> dict[str, Any]:
    return {k: round(v, digits) if isinstance(v, float) else v for k, v in values.items()}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


@contextmanager
def quiet_decoders() -> Iterator[None]:
    """Decoders print their complaints to descriptor 2; the message that we give is enough."""
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        saved = os.dup(2)
    except OSError:
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def clip_error(file: str, error: ClipError) -> dict[str, str]:
    """What `--json` says of a file that cannot be decoded."""
    return {
        "kind": "error",
        "path": escape_path(file),
        "error": error.kind,
        "message": error.message,
    }
