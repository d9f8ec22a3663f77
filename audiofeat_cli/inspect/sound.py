"""Facts, levels and loudness of audio files, each decoded once."""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from audiofeat_cli.arrays import Collected
from audiofeat_cli.audio.decode import NATIVE, Audio, Decoder, Request
from audiofeat_cli.audio.facts import ChannelLevels, FileFacts, LevelMeter, file_facts
from audiofeat_cli.audio.names import escape_path
from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.config.load import load_config
from audiofeat_cli.errors import ClipError
from audiofeat_cli.registry import load_features
from audiofeat_cli.step import Array
from audiofeat_cli.steps.loudness import LOWEST_RATE
from audiofeat_cli.stream import Program

STRIP_WIDTH = 60
_BLOCK = 1 << 16
_LOUDNESS = "sample_rate: null\nfeatures: [integrated_loudness]\n"


@dataclass(frozen=True, slots=True)
class Sound:
    """One audio file.

    Attributes
    ----------
    path : as tables write it.
    loudness_lufs : integrated (EBU R128); None for silence and where it is not defined.
    strip_dbfs : peak of up to 60 equal stretches of the file.
    """

    path: str
    facts: FileFacts
    loudness_lufs: float | None
    levels: tuple[ChannelLevels, ...]
    strip_dbfs: tuple[float | None, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for `--json`."""
        return {
            "path": self.path,
            **asdict(self.facts),
            "loudness_lufs": _rounded(self.loudness_lufs, 3),
            "levels": [
                {name: _rounded(value, 6) for name, value in asdict(level).items()}
                for level in self.levels
            ],
            "strip_dbfs": [_rounded(value, 1) for value in self.strip_dbfs],
        }


class Listener:
    """Measures file after file."""

    def __init__(self) -> None:
        self._decoder = Decoder(Request(None, "each", "soxr_hq", _BLOCK, allow_truncated=True))
        self._programs: dict[int, Program | None] = {}

    def listen(self, file: str) -> Sound:
        """Decode a file and measure it.

        Raises
        ------
        ClipError : it cannot be decoded.
        """
        with _quiet_decoders(), self._decoder.open(file) as audio:
            meter = _Metered(audio)
            loudness = self._loudness(audio.sample_rate, meter)
            return Sound(
                path=escape_path(file),
                facts=file_facts(audio),
                loudness_lufs=loudness,
                levels=tuple(meter.meter.levels()),
                strip_dbfs=tuple(meter.meter.strip(STRIP_WIDTH)),
            )

    def _loudness(self, rate: int, source: "_Metered") -> float | None:
        program = self._program(rate)
        if program is None:
            source.run_through()
            return None
        value = float(np.ravel(program.run(source, Collected())[0])[0])
        return value if value == value else None  # noqa: PLR0124 - NaN

    def _program(self, rate: int) -> Program | None:
        """The engine with the one feature that it is asked for; None where the rate is too low."""
        if rate not in self._programs:
            features = load_features()
            config = load_config(_LOUDNESS, "inspect", features=features).config
            assert config is not None
            plan = compile_plan(config, features, file_rate=rate).plan
            usable = plan if rate >= LOWEST_RATE else None
            self._programs[rate] = None if usable is None else Program(usable)
        return self._programs[rate]


class _Metered:
    """The engine's source: the file's own channels, metered as they go by."""

    def __init__(self, audio: Audio) -> None:
        self.audio = audio
        self.meter = LevelMeter(audio.sample_rate, audio.channels)

    def blocks(self, roots: frozenset[str]) -> Iterable[tuple[str, Array]]:
        del roots
        for root, block in self.audio.blocks(frozenset({NATIVE})):
            self.meter.add(block)
            yield root, block

    def run_through(self) -> None:
        """Only meter."""
        for _ in self.blocks(frozenset()):
            pass


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


@contextmanager
def _quiet_decoders() -> Iterator[None]:
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
    return {"path": escape_path(file), "error": error.kind, "message": error.message}
