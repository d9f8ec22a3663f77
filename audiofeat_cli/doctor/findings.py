"""What doctor finds: one line each, and a wall around each probe."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """How a finding is."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line.

    Attributes
    ----------
    text : for people, in one line.
    remedy : what to do; empty where nothing needs doing.
    value : the same for programs: plain data, in bytes, seconds and counts.
    """

    name: str
    text: str
    status: Status = Status.OK
    remedy: str = ""
    value: Any = None

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for `--json`."""
        return asdict(self)


Probe = Callable[[], Iterable[Finding]]


def note(name: str, text: str, remedy: str = "", value: Any = None) -> Finding:
    """What is worth knowing but does no harm."""
    return Finding(name, text, Status.NOTE, remedy, value)


def wrong(name: str, text: str, remedy: str, value: Any = None) -> Finding:
    """What must be mended."""
    return Finding(name, text, Status.WRONG, remedy, value)


def examined(name: str, probe: Probe) -> Iterator[Finding]:
    """What a probe finds, one by one; that it fails is a finding too."""
    try:
        yield from probe()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - to find such things is doctor's job
        said = one_line(str(error)) or "no more is said"
        yield wrong(
            name,
            f"cannot be examined: {type(error).__name__}: {said}",
            "mend what is said here; if nothing helps, report it with what doctor prints",
        )


def one_line(text: str) -> str:
    """A message without its line breaks."""
    return " ".join(text.split())


def size_text(size: float) -> str:
    """Bytes for people: 1536 MiB is 1.5 GiB."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "bytes" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
