"""Ending clips that take too long."""

import faulthandler
import signal
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from audiofeat_cli.rows import ClipRows
from audiofeat_cli.run.guard import HANG
from audiofeat_cli.tables import PartWriter

_UNSAFE = frozenset({__name__, PartWriter.__module__})
_RETRY_SECONDS = 0.01


class WatchedWriter(PartWriter):
    """A writer that counts the clips that are whole in it."""

    ended = 0

    def end_clip(self, rows: Iterable[ClipRows]) -> None:
        """See `PartWriter.end_clip`."""
        super().end_clip(rows)
        self.ended += 1


class ClipTimeout(BaseException):
    """The clip took too long. Not an Exception, so that no plugin swallows it."""


class Deadline:
    """Ends clips that take too long.

    A signal interrupts Python code.  Where C code hangs, or holds the interpreter's lock,
    faulthandler ends the process a little later and leaves a note in `folder`.

    Parameters
    ----------
    seconds : per clip; None never ends anything.
    hard : whether the process may be ended, because it is a worker.
    """

    def __init__(self, folder: Path, seconds: float | None, *, hard: bool) -> None:
        self._seconds = seconds
        self._soft = (
            seconds is not None
            and hasattr(signal, "setitimer")
            and threading.current_thread() is threading.main_thread()
        )
        self._note = (folder / HANG).open("w") if hard and seconds is not None else None

    @contextmanager
    def clip(self, is_finished: Callable[[], bool]) -> Iterator[None]:
        """Watch one clip. Once it `is_finished` it is not interrupted any more.

        Raises
        ------
        ClipTimeout : it took too long.
        """
        if self._seconds is None:
            yield
            return
        if self._note is not None:
            hard = self._seconds + grace(self._seconds)
            faulthandler.dump_traceback_later(hard, exit=True, file=self._note)
        try:
            with self._alarm(is_finished):
                yield
        finally:
            if self._note is not None:
                faulthandler.cancel_dump_traceback_later()

    @contextmanager
    def _alarm(self, is_finished: Callable[[], bool]) -> Iterator[None]:
        if not self._soft or self._seconds is None:
            yield
            return

        def ring(_: int, frame: FrameType | None) -> None:
            if is_finished():
                return
            if _is_in(frame, _UNSAFE):
                signal.setitimer(signal.ITIMER_REAL, _RETRY_SECONDS)
                return
            raise ClipTimeout

        before = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, self._seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def close(self) -> None:
        """Watch nothing any more."""
        if self._note is not None:
            faulthandler.cancel_dump_traceback_later()
            self._note.close()


def grace(seconds: float) -> float:
    """How long after the soft end of a clip its process is ended."""
    return min(10.0, max(1.0, 0.2 * seconds))


def _is_in(frame: FrameType | None, modules: Collection[str]) -> bool:
    """Whether one of the modules is at work: a table must not be left half written."""
    while frame is not None:
        if frame.f_globals.get("__name__") in modules:
            return True
        frame = frame.f_back
    return False
