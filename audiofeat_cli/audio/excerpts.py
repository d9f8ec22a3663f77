"""Evenly spaced pieces of a long file, for looks that need not hear all of it."""

import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import soundfile as sf

from audiofeat_cli.audio.blocks import Samples
from audiofeat_cli.errors import ClipError


def evenly(frames: int, length: int, count: int) -> list[int]:
    """First samples of `count` pieces of `length`, from the beginning to the end of `frames`."""
    if count == 1 or frames <= length:
        return [0]
    return [int(start) for start in np.linspace(0, frames - length, count)]


class Excerpts:
    """Pieces of one file, as blocks of (length, channels) with time contiguous.

    Attributes
    ----------
    missing : pieces that could not be read: the file is cut or damaged there.
    """

    def __init__(self, file: str, starts: Sequence[int], length: int) -> None:
        self.file = file
        self.starts = starts
        self.length = length
        self.missing = 0

    def blocks(self) -> Iterator[Samples]:
        """Read piece after piece; one that is not there whole is passed over.

        Raises
        ------
        ClipError : none can be read, or a sample is no finite number.
        """
        self.missing = 0
        with sf.SoundFile(_name(self.file)) as handle:
            for start in self.starts:
                block = _piece(handle, start, self.length)
                if block is None:
                    self.missing += 1
                elif np.isfinite(block).all():
                    yield block
                else:
                    where = f"{start / handle.samplerate:.0f} s"
                    message = f"a sample after {where} is no finite number"
                    raise ClipError("decode", "non_finite", message)
        if self.missing == len(self.starts):
            raise ClipError("decode", "damaged", "damaged: no part of it can be decoded")


def _name(file: str) -> str | bytes:
    # As bytes: soundfile would refuse to encode a name that is not UTF-8.
    return file if sys.platform == "win32" else os.fsencode(file)


def _piece(handle: Any, start: int, length: int) -> Samples | None:
    try:
        handle.seek(start)
        samples = handle.read(length, dtype="float32", always_2d=True)
    except sf.LibsndfileError:
        return None
    return np.asfortranarray(samples) if len(samples) == length else None
