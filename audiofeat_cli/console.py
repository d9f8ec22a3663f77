"""stdout for results, stderr for people, and what an error is to each."""

import inspect
import json
import os
import sys
from typing import Any

from audiofeat_cli.errors import AudiofeatError, ConfigError, ExitCode, StoppedError

TRACEBACK_SWITCH = "AUDIOFEAT_TRACEBACK"


class ReaderGoneError(Exception):
    """Whoever read our stdout has closed it, as `head` does."""


def open_standard_streams() -> None:
    """Give a process that was started with closed ones (`>&-`, some daemons) a place to write."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free: this one
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(descriptor, "w", closefd=False))


def out(text: str, end: str = "\n") -> None:
    """Print results, in UTF-8 wherever we are."""
    out_bytes(f"{text}{end}".encode("utf-8", "surrogateescape"))


def out_json(value: Any) -> None:
    """Print results as JSON."""
    out(json.dumps(value, indent=2, ensure_ascii=False))


def out_bytes(data: bytes) -> None:
    """Print results as they are; nothing at all flushes what was printed.

    Raises
    ------
    ReaderGoneError : nobody reads it any more.
    StoppedError : it cannot be written.
    """
    try:
        sys.stdout.buffer.write(data)
        if not data:
            sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        _forget_stdout()
        raise ReaderGoneError from error
    except OSError as error:
        _forget_stdout()
        raise StoppedError(f"cannot write to standard output: {error.strerror}") from error


def _forget_stdout() -> None:
    """Keep the interpreter from complaining when it flushes what nobody can have."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def tell(text: str) -> None:
    """Tell people something, on stderr; if nobody listens, that is all right."""
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:
        return


def one_line(text: str) -> str:
    """Text with what would not print, such as a newline in a file name, as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def told(error: Exception) -> int:
    """Say what went wrong; the exit status.

    No traceback, unless the environment asks for it. Usage errors of the command-line library show
    themselves.
    """
    if os.environ.get(TRACEBACK_SWITCH):
        raise error
    if isinstance(error, AudiofeatError):
        tell(str(error) if isinstance(error, ConfigError) else f"audiofeat: {error}")
        return error.exit_code
    show = getattr(error, "show", None)
    if inspect.ismethod(show):
        show()
        return int(getattr(error, "exit_code", ExitCode.USAGE))
    if isinstance(error, OSError):
        what = f"{error.filename}: " if error.filename else ""
        tell(f"audiofeat: {what}{error.strerror or error}")
        return ExitCode.STOPPED
    first = f"{type(error).__name__}: {error}".splitlines()[0]
    tell(
        f"audiofeat: a defect of audiofeat: {first}\n"
        f"  run again with {TRACEBACK_SWITCH}=1 and report what it prints"
    )
    return ExitCode.STOPPED
