"""What all journals of an output folder say together."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from audiofeat_cli.audio.names import plain_path
from audiofeat_cli.run.journal import Record, read_records
from audiofeat_cli.run.layout import Layout

Part = tuple[str, str]
"""Table and name."""

Mark = tuple[int, int]
"""Size and mtime_ns of a file when it was done."""

LOST = (-1, -1)
"""The mark of a clip whose part is gone: no file is like that, so it is redone."""

Number = TypeVar("Number", int, float)


class Standing(Enum):
    """What the journals say about a file that was found."""

    NEW = "new"
    DONE = "done"
    CHANGED = "changed"


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

    done: dict[str, Mark] = field(default_factory=dict)
    failures: dict[str, dict[str, str]] = field(default_factory=dict)
    parts: dict[Part, int] = field(default_factory=dict)
    headers: dict[str, dict[str, Any]] = field(default_factory=dict)
    ends: dict[str, dict[str, Any]] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    read_to: dict[str, int] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    """Runs that have records."""

    def standing(self, key: str, mark: Mark) -> Standing:
        """What is known of a file."""
        known = self.done.get(key)
        if known is None:
            return Standing.NEW
        return Standing.DONE if known == mark else Standing.CHANGED

    def apply(self, run: str, record: Record) -> None:
        """Take in one record of a run."""
        self.used.add(run)
        for part in record.get("old", ()):
            self.parts.pop((part[0], part[1]), None)
        for part in record.get("parts", ()):
            self.parts[part[0], part[1]] = part[2]
        for key in record.get("dropped", ()):
            self.done.pop(key, None)
        for clip in record.get("clips", ()):
            self.done[clip[0]] = (clip[1], clip[2])
            self.failures.pop(clip[0], None)
        for key in record.get("cleared", ()):
            self.failures.pop(key, None)
        for failure in record.get("failures", ()):
            self.failures[plain_path(failure["path"])] = failure
        self.totals.add(record)
        if "end" in record:
            self.ends[run] = record["end"]

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


@dataclass
class Holding:
    """A batch, as far as its rows are still wanted: its parts and its clips' paths by key."""

    parts: list[Part]
    paths: dict[str, str]


def holdings(layout: Layout, keys: Collection[str], lost: Collection[Part]) -> list[Holding]:
    """The batches whose parts have the rows of the clips `keys`, or are among the `lost` parts.

    Reads the journals again, because a table from every clip to its part would be large.
    """
    last: dict[str, Holding] = {}
    found: list[Holding] = []
    for path in layout.journals():
        for record, _ in read_records(path):
            clips = record.get("clips", ())
            for key in (*record.get("dropped", ()), *(clip[0] for clip in clips)):
                earlier = last.pop(key, None)
                if earlier is not None:
                    del earlier.paths[key]
            if clips:
                holding = _holding(record)
                found.append(holding)
                last |= dict.fromkeys(holding.paths, holding)
    return [
        holding
        for holding in found
        if not holding.paths.keys().isdisjoint(keys) or not set(lost).isdisjoint(holding.parts)
    ]


def _holding(record: Record) -> Holding:
    parts = [(part[0], part[1]) for part in record.get("parts", ())]
    paths = {clip[0]: clip[4] if len(clip) > 4 else clip[0] for clip in record["clips"]}
    return Holding(parts, paths)
