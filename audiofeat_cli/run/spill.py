"""Arrays put by until they are wanted again: in memory or, once they are too many, in a file.

The file has no name where the system can do that (and loses it at once where it cannot), so nothing
is left of it whenever and however the process ends.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np

from audiofeat_cli.step import Array

KEEP_BYTES = 64 * 2**20
"""What may wait in memory."""


@dataclass(slots=True, eq=False)
class Kept:
    """A (rows, items) array that was put by; `array` is None once it is in the file."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    array: Array | None
    offset: int = 0


class Spill:
    """Keeps arrays for one clip, as a context manager.

    Parameters
    ----------
    folder : where the file is made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held: dict[int, Kept] = {}
        self._held_bytes = 0
        self._file: IO[bytes] | None = None
        self._end = 0

    def __enter__(self) -> "Spill":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def has_spilled(self) -> bool:
        """Whether anything went to the file."""
        return self._file is not None

    def keep(self, array: Array) -> Kept:
        """Put an array by; it must not be changed any more.

        Raises
        ------
        OSError : it has to go to the file and cannot be written.
        """
        array = np.ascontiguousarray(array)
        kept = Kept(array.shape, array.dtype, array)
        self._held[id(kept)] = kept
        self._held_bytes += array.nbytes
        if self._held_bytes > KEEP_BYTES:
            self._write_all()
        return kept

    def drop(self, kept: Kept) -> None:
        """Forget an array; room in the file is not used again."""
        if kept.array is not None and self._held.pop(id(kept), None) is not None:
            self._held_bytes -= kept.array.nbytes
            kept.array = None

    def read(self, kept: Kept, first: int = 0, stop: int | None = None) -> Array:
        """Rows `first` to `stop` of an array."""
        if kept.array is not None:
            return kept.array[first:stop]
        first, stop, _ = slice(first, stop).indices(kept.shape[0])
        found = np.empty((stop - first, *kept.shape[1:]), kept.dtype)
        if found.size and self._file is not None:
            self._file.seek(kept.offset + first * (found.nbytes // len(found)))
            _read_whole(self._file, found)
        return found

    def close(self) -> None:
        """Forget everything, and remove the file."""
        self._held.clear()
        self._held_bytes = 0
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write_all(self) -> None:
        if self._file is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            # Unbuffered: nothing can be left that close() would try to write to a full disk.
            self._file = tempfile.TemporaryFile(dir=self.folder, prefix="spill-", buffering=0)  # noqa: SIM115
        self._file.seek(self._end)
        for kept in self._held.values():
            if kept.array is None:
                continue
            kept.offset = self._end
            _write_whole(self._file, kept.array)
            self._end += kept.array.nbytes
            kept.array = None
        self._held.clear()
        self._held_bytes = 0


def _write_whole(file: IO[bytes], array: Array) -> None:
    left = memoryview(array.reshape(-1).view(np.uint8).data)
    while left:
        left = left[file.write(left) :]


def _read_whole(file: IO[bytes], array: Array) -> None:
    left = memoryview(array.reshape(-1).view(np.uint8).data)
    while left:
        count = file.readinto(left)  # type: ignore[attr-defined]
        if not count:
            raise EOFError("the file of values that did not fit into memory has lost its end")
        left = left[count:]
