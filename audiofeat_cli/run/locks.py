"""Locks between runs that share an output folder; the system frees them when a process dies."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAUSE_SECONDS = 0.05
"""How often a lock that is held by somebody is tried again."""

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30  # beyond the text, because a locked range cannot be read by others

    def _take(descriptor: int) -> bool:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class Lock:
    """An exclusive lock on a file, held until `release` or the end of the process."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def write(self, text: str) -> None:
        """Replace the file's content: who holds it, for others to read."""
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, text.encode())

    def release(self, *, remove: bool = False) -> None:
        """Give the lock back; `remove` also deletes the file."""
        if self._descriptor < 0:
            return
        if remove:
            self.path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = -1


def try_lock(path: Path, *, create: bool) -> Lock | None:
    """Lock the file, or None where it is held by somebody (or absent, without `create`)."""
    try:
        descriptor = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o666)
    except FileNotFoundError:
        if create:
            raise
        return None
    try:
        taken = _take(descriptor)
    except OSError:
        os.close(descriptor)
        raise
    if taken:
        return Lock(path, descriptor)
    os.close(descriptor)
    return None


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock on `path` meanwhile; waits for it (others hold it for moments only)."""
    lock = try_lock(path, create=True)
    while lock is None:
        time.sleep(PAUSE_SECONDS)
        lock = try_lock(path, create=True)
    try:
        yield
    finally:
        lock.release()
