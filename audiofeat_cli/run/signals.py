"""Ctrl-C and SIGTERM: end the run soon, but never in the middle of a commit."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from audiofeat_cli.errors import ExitCode

PATIENCE = 3
"""A signal that comes this often is obeyed at once, whatever is going on."""


class Stopped(KeyboardInterrupt):
    """The user or the system asked the run to end."""

    def __init__(self, exit_code: ExitCode) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


class Signals:
    """Turns SIGINT and SIGTERM into `Stopped`: where that is harmless, else at the next `check`.

    Attributes
    ----------
    pending : exit status of a signal that has come; None before.
    """

    def __init__(self) -> None:
        self.pending: ExitCode | None = None
        self._open = 0
        self._asked = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Meanwhile the signals are ours (only the main thread can have them)."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        codes = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}
        before = {number: signal.getsignal(number) for number in codes}

        def stop(number: int, _: FrameType | None) -> None:
            self.pending = codes[signal.Signals(number)]
            self._asked += 1
            if self._open or self._asked >= PATIENCE:
                self.check()

        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, stop)
        try:
            yield
        finally:
            for number, handler in before.items():
                if handler is not None:  # None: it was set by C code
                    signal.signal(number, handler)

    def check(self) -> None:
        """Raise `Stopped` if a signal has come."""
        if self.pending is not None:
            raise Stopped(self.pending)

    def interruptible(self) -> "_Interruptible":
        """Meanwhile a signal is obeyed at once."""
        return _Interruptible(self)

    def open(self) -> None:
        """Obey signals at once from here on; one that has come, now."""
        self._open += 1
        self.check()

    def shut(self) -> None:
        """Undo `open`."""
        self._open -= 1


class _Interruptible:
    """A context entered for every file; a generator's would take three times as long."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals

    def __enter__(self) -> None:
        try:
            self._signals.open()
        except Stopped:
            self._signals.shut()
            raise

    def __exit__(self, *_: object) -> None:
        self._signals.shut()
