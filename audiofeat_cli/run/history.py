"""What all journals of an output folder say together."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

from audiofeat_cli.audio.names import plain_path
from audiofeat_cli.run.journal import Record, read_records
from audiofeat_cli.run.layout import Layout

Part = tuple[str, str]
"""Table and name."""

Mark = tuple[int, int]
"""Size and mtime_ns of a file when it was done."""

Number = TypeVar("Number", int, float)


class Standing(Enum):
    """What the journals say about a file that was found."""

    NEW = "new"
    DONE = "done"
    CHANGED = "changed"


class Done:
    """The files that are done. Holds 64 bits of each name's hash, not the name: some 140 bytes.

    Two names of a million have the same hash once in 37 million folders; then the one that comes
    second is taken for the first, changed, and done, or passed over if size and time are equal too.
    """

    def __init__(self) -> None:
        self._marks: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._marks)

    def __contains__(self, key: str) -> bool:
        return _hash(key) in self._marks

    def add(self, key: str, mark: Mark) -> None:
        """The file was like this when it was done."""
        self._marks[_hash(key)] = _packed(mark)

    def discard(self, key: str) -> None:
        """Its rows go."""
        self._marks.pop(_hash(key), None)

    def lose(self, key: str) -> None:
        """Its rows are gone, or some: whatever it is like, it is to be redone."""
        self._marks[_hash(key)] = _LOST

    def standing(self, key: str, mark: Mark) -> Standing:
        """What is known of a file that is like this."""
        known = self._marks.get(_hash(key))
        if known is None:
            return Standing.NEW
        return Standing.DONE if known == _packed(mark) else Standing.CHANGED


_LOST = -1
"""No file is like that."""


def _hash(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(errors="surrogatepass"), digest_size=8).digest())


def _packed(mark: Mark) -> int:
    """Both in one number, exactly: a time has 64 bits with its sign."""
    return (mark[0] << 64) + mark[1] + (1 << 63)


@dataclass
class Totals:
    """Sums over all batches."""

    audio_seconds: float = 0.0
    frames: int = 0
    stages: dict[str, float] = field(default_factory=dict)
    nonfinite: dict[str, int] = field(default_factory=dict)
    antiphase: int = 0

    def add(self, record: Record) -> None:
        """Add one batch."""
        self.audio_seconds += sum(clip[3] for clip in record.get("clips", ()))
        self.frames += record.get("frames", 0)
        add_up(self.stages, record.get("stages", {}))
        add_up(self.nonfinite, record.get("nonfinite", {}))
        self.antiphase += record.get("antiphase", 0)


def add_up(total: dict[str, Number], more: Mapping[str, Number]) -> None:
    """Add a table of numbers to another."""
    for name, value in more.items():
        total[name] = total[name] + value if name in total else value


@dataclass
class History:
    """The state that the records lead to."""

    done: Done = field(default_factory=Done)
    failures: dict[str, dict[str, str]] = field(default_factory=dict)
    parts: dict[Part, int] = field(default_factory=dict)
    headers: dict[str, dict[str, Any]] = field(default_factory=dict)
    ends: dict[str, dict[str, Any]] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    read_to: dict[str, int] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    """Runs that have records."""
    merged: dict[Part, Part] = field(default_factory=dict)
    """Parts that are no more, and those that have their rows. Journals of shards are not read in
    the order of time, so the record of an old part may come after that of its end."""

    def standing(self, key: str, mark: Mark) -> Standing:
        """What is known of a file."""
        return self.done.standing(key, mark)

    def apply(self, run: str, record: Record) -> None:
        """Take in one record of a run."""
        self.used.add(run)
        self._apply_parts(record)
        for key in record.get("dropped", ()):
            self.done.discard(key)
        for clip in record.get("clips", ()):
            self.done.add(clip[0], (clip[1], clip[2]))
            if self.failures:
                self.failures.pop(clip[0], None)
        for key in record.get("cleared", ()):
            self.failures.pop(key, None)
        for failure in record.get("failures", ()):
            self.failures[plain_path(failure["path"])] = failure
        self.totals.add(record)
        if "end" in record:
            self.ends[run] = record["end"]

    def _apply_parts(self, record: Record) -> None:
        for table, name in record.get("old", ()):
            self.parts.pop((table, name), None)
        for table, name in record.get("merged", ()):
            self.parts.pop((table, name), None)
            self.merged[table, name] = new_part(record)
        for table, name, rows, _ in record.get("parts", ()):
            if (table, name) not in self.merged:
                self.parts[table, name] = rows

    def read(self, layout: Layout) -> None:
        """Read what was added to the journals since the last time."""
        for path in layout.journals():
            start = self.read_to.get(path.stem, 0)
            if path.stat().st_size > start:
                self._read_from(path, start)

    def _read_from(self, path: Path, start: int) -> None:
        for record, end in read_records(path, offset=start):
            if path.stem in self.headers:
                self.apply(path.stem, record)
            else:
                self.headers[path.stem] = record
            self.read_to[path.stem] = end

    def find_lost_parts(self, layout: Layout, *, live: Collection[str]) -> set[Part]:
        """Parts that should be in place and are not (someone deleted them).

        Parts of the runs that still `live` may be on their way, and do not count.
        """
        tables = {table for table, _ in self.parts}
        there = {(t, p.name) for t in tables for p in (layout.root / t).glob("*.parquet")}
        return {
            part for part in self.parts.keys() - there if not any(run in part[1] for run in live)
        }


def new_part(record: Record) -> Part:
    """The one part of a record that merges some."""
    ((table, name, *_),) = record["parts"]
    return table, name
