"""Journals: one file per run, one line per commit, fsynced; the truth about what is done.

The first line says which plan and config the run had.  Every other line is a *record*, an object
with any of these keys:

`batch`     name of the staging folder its parts came from
`parts`     [table, name, rows, bytes]: published once the line is written
`clips`     [key, size, mtime_ns, seconds] and the path as the rows have it, if it is another
`failures`  objects of failures.jsonl
`old`       [table, name] of parts that go
`merged`    [table, name] of parts whose rows the one part in `parts` has from now on; they go
`dropped`   keys whose rows the record takes away
`cleared`   keys whose failures no longer stand
`stages` `frames` `nonfinite` `antiphase`  what the batch cost and met
`end`       how the run ended

A line counts once its newline is written.  What a kill leaves after the last newline is cut off.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audiofeat_cli.errors import StoppedError
from audiofeat_cli.run.faults import reach
from audiofeat_cli.run.layout import sync_folder

FORMAT = 1
Record = Mapping[str, Any]


class Journal:
    """A journal being written; made with its first record, so an idle run leaves none."""

    def __init__(self, path: Path, header: Record) -> None:
        self.path = path
        self._header = header
        self._descriptor = -1

    @property
    def started(self) -> bool:
        """Whether there is anything in it."""
        return self._descriptor >= 0

    def append(self, record: Record) -> None:
        """Write one record and wait until it is on disk.

        Raises
        ------
        StoppedError : the disk is full or gone; the record does not count.
        """
        if not self.started:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
            self._descriptor = os.open(self.path, flags | getattr(os, "O_BINARY", 0), 0o666)
            self._write(self._header)
            sync_folder(self.path.parent)
        self._write(record)

    def _write(self, record: Record) -> None:
        line = json.dumps(record, separators=(",", ":")).encode()
        size = os.fstat(self._descriptor).st_size
        reach("journal-before")
        try:
            _write_all(self._descriptor, line)
            reach("journal-torn")
            _write_all(self._descriptor, b"\n")
            os.fsync(self._descriptor)
        except OSError as error:
            os.ftruncate(self._descriptor, size)
            raise StoppedError(f"cannot write {self.path}: {error.strerror}") from error
        reach("journal-written")

    @property
    def size(self) -> int:
        """Bytes written."""
        return os.fstat(self._descriptor).st_size if self.started else 0

    def close(self) -> None:
        """Close the file."""
        if self.started:
            os.close(self._descriptor)
            self._descriptor = -1


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def read_records(path: Path, *, offset: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield each whole line with the offset behind it; the header comes first at offset 0.

    Raises
    ------
    StoppedError : a line other than the last is not JSON.
    """
    with path.open("rb") as file:
        file.seek(offset)
        torn: int | None = None
        for line in file:
            if torn is not None:
                raise StoppedError(
                    f"{path} is damaged at byte {torn}",
                    "give another folder with --out, or redo all with --overwrite",
                )
            record = _parse(line)
            if record is None:
                torn = offset
                continue
            offset += len(line)
            yield record, offset


def _parse(line: bytes) -> dict[str, Any] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
