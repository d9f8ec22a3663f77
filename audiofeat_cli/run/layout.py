"""Names and places inside an output folder, and durable writes into it."""

import os
import secrets
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TABLES = ("clips", "frames", "events")
FAILURES = "failures.jsonl"
RUN = "run.json"
VIEWS = (FAILURES, RUN)
JOURNAL = ".journal"
STAGING = ".staging"
NEXT = ".next"
RETIRED = ".old"
SWAP = ".swap"
_HARMLESS = frozenset({".DS_Store", "Thumbs.db", "desktop.ini", "lost+found"})
_OURS = frozenset({JOURNAL, STAGING, NEXT, RETIRED, SWAP})


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are below one output folder."""

    root: Path

    @property
    def journal(self) -> Path:
        """Journals and locks."""
        return self.root / JOURNAL

    @property
    def mutex(self) -> Path:
        """Held while a run opens the folder or writes its views."""
        return self.journal / "lock"

    @property
    def staging(self) -> Path:
        """Parts that are not published yet, one folder per run."""
        return self.root / STAGING

    @property
    def next(self) -> "Layout":
        """The output folder that `--overwrite` fills before it takes the place of this one."""
        return Layout(self.root / NEXT)

    @property
    def retired(self) -> Path:
        """Where the old tables go while the new ones take their place."""
        return self.root / RETIRED

    @property
    def swap(self) -> Path:
        """Exists while old and new tables change places."""
        return self.root / SWAP

    @property
    def exists(self) -> bool:
        """Whether we have worked here before."""
        return self.journal.is_dir() or self.swap.exists()

    def journals(self) -> list[Path]:
        """Journal files, oldest run first."""
        return sorted(self.journal.glob("*.jsonl"))

    def journal_of(self, run: str) -> Path:
        """The journal of one run."""
        return self.journal / f"{run}.jsonl"

    def lock_of(self, run: str) -> Path:
        """The lock that one run holds as long as it lives."""
        return self.journal / f"{run}.lock"

    def aside(self, table: str) -> Path:
        """Where the folder of a table is for the moment in which parts of it are replaced."""
        return self.root / f".{table}"

    def part(self, table: str, name: str) -> Path:
        """A published part."""
        return self.root / table / name

    def strangers(self) -> list[str]:
        """What is here, if anything, that shows that the folder is not ours."""
        if self.exists or not self.root.exists():
            return []
        return sorted(p.name for p in self.root.iterdir() if p.name not in _HARMLESS | _OURS)

    def new_run(self) -> str:
        """A run id: counts up, so that sorting by name is sorting by time, and is unique."""
        known = (path.name for path in self.journal.iterdir())
        last = max((int(name[:6]) for name in known if name[:6].isdigit()), default=0)
        return f"{last + 1:06d}-{secrets.token_hex(4)}"


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Make the names in a folder and all below it durable."""
    for parent, _, _ in os.walk(folder):
        sync_folder(Path(parent))


def _piece(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def clear_pieces(root: Path) -> None:
    """Delete what a kill in the middle of `write_whole` left."""
    for name in (*VIEWS, SWAP):
        _piece(root / name).unlink(missing_ok=True)


def write_whole(path: Path, lines: Iterable[str]) -> None:
    """Replace a file so that a reader, or a kill, sees the old or the new one, never a piece.

    Only under the folder's mutex: the piece has one name, so that `clear_pieces` finds it.
    """
    temporary = _piece(path)
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
