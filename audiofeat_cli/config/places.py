"""Where things were written, and one line about each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

_KEY_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written: a position in a file, or (line 0) a command-line option."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source


PlaceOf = Callable[[int, int], Place]
"""The place of a line and a column, both from 0."""


def printable(text: str) -> str:
    """Text fit for one line: escaped where it is not printable, cut where it is long."""
    shown = text if text.isprintable() else repr(text)[1:-1]
    return shown if len(shown) <= _KEY_SHOWN else f"{shown[: _KEY_SHOWN - 3]}..."


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to tell about one place. As text: `file:line:column: key: message`."""

    place: Place
    key: str
    message: str

    def __str__(self) -> str:
        key = f"{printable(self.key)}: " if self.key else ""
        return f"{self.place}: {key}{self.message}"


def in_order(findings: Iterable[Finding]) -> list[str]:
    """As lines in the order of the file; what the command line says comes last."""
    found = sorted(findings, key=lambda f: (not f.place.line, f.place.line, f.place.column))
    return [str(finding) for finding in found]
