"""What a batch leaves in its staging folder for the case that its process dies."""

import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

PRINTED = "printed"
MARKER = "marker"
HANG = "hang"
PRINTED_SHOWN = 4000
"""Characters of what was printed that a failure keeps: the last ones."""

_MARK = struct.Struct("<qd")
_STDOUT, _STDERR = 1, 2


class Marker:
    """A tiny file that says which clip of a batch is in work; it outlives the worker."""

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder / MARKER, os.O_RDWR | os.O_CREAT)

    def at(self, index: int, seconds: float) -> None:
        """Clip number `index` begins; `seconds` of audio are behind."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, _MARK.pack(index, seconds))

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def read_marker(folder: Path) -> tuple[int, float]:
    """Clip number and audio seconds behind it of the batch in `folder`; -1 before the first."""
    try:
        index, seconds = _MARK.unpack((folder / MARKER).read_bytes())
    except (OSError, struct.error):
        return -1, 0.0
    return int(index), float(seconds)


class Printed:
    """What was printed since the last `take`, by Python or C code."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def take(self) -> str:
        """The end of it, and forget it."""
        if self._descriptor < 0:
            return ""
        sys.stdout.flush()
        sys.stderr.flush()
        size = os.lseek(self._descriptor, 0, os.SEEK_END)
        if not size:
            return ""
        os.lseek(self._descriptor, max(0, size - PRINTED_SHOWN), os.SEEK_SET)
        data = os.read(self._descriptor, PRINTED_SHOWN)
        os.ftruncate(self._descriptor, 0)
        return as_text(data)


def as_text(data: bytes) -> str:
    """What a program printed, as far as it is text."""
    return data.decode(errors="replace").strip()


def read_printed(folder: Path) -> str:
    """What a worker that died had printed for the clip it was at."""
    try:
        return as_text((folder / PRINTED).read_bytes()[-PRINTED_SHOWN:])
    except OSError:
        return ""


@contextmanager
def catch_printed(folder: Path, *, enabled: bool) -> Iterator[Printed]:
    """Send what this process prints to a file of the batch. Not where threads share the output."""
    if not enabled:
        yield Printed(-1)
        return
    path = folder / PRINTED
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    with path.open("a", encoding="utf-8", errors="replace", buffering=1) as text:
        saved = redirect(descriptor)
        try:
            with redirect_stdout(text), redirect_stderr(text):
                yield Printed(descriptor)
        finally:
            restore(saved)
            os.close(descriptor)


def redirect(descriptor: int) -> tuple[int, int]:
    """Send descriptors 1 and 2 to another; returns what `restore` needs."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(_STDOUT), os.dup(_STDERR)
    os.dup2(descriptor, _STDOUT)
    os.dup2(descriptor, _STDERR)
    return saved


def restore(saved: tuple[int, int]) -> None:
    """Undo `redirect`."""
    sys.stdout.flush()
    sys.stderr.flush()
    for copy, target in zip(saved, (_STDOUT, _STDERR), strict=True):
        os.dup2(copy, target)
        os.close(copy)


def read_hang(folder: Path) -> str:
    """Where the process of the batch in `folder` hung; empty unless it was ended for that."""
    try:
        return as_text((folder / HANG).read_bytes())
    except OSError:
        return ""
