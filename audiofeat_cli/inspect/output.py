"""What is in an output folder, or in a Parquet file of ours."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiofeat_cli.audio.names import escape_path
from audiofeat_cli.errors import ClipError

if TYPE_CHECKING:
    from audiofeat_cli.inspect.footers import Footers

TABLES = ("clips", "frames", "events")
RUN = "run.json"
FAILURES = "failures.jsonl"
FAILURES_SHOWN = 5
_CONFIG = b"audiofeat.config"
_VERSIONS = b"audiofeat.versions"
_INDEX = re.compile(r"_\d{2,}(?=_|$)")


@dataclass(frozen=True, slots=True)
class TableFacts:
    """One table.

    Attributes
    ----------
    bytes : on disk.
    nulls : how many, by column that has any; of a list column, those within the lists.
    uncounted_groups : row groups without statistics; their nulls are not in `nulls`.
    """

    name: str
    parts: int
    rows: int
    columns: int
    bytes: int
    nulls: Mapping[str, int]
    uncounted_groups: int

    def nulls_by_feature(self) -> dict[str, tuple[int, int]]:
        """(nulls, columns that have any), by the columns' names without their indices."""
        found: dict[str, tuple[int, int]] = {}
        for column, count in self.nulls.items():
            name = _INDEX.sub("", column)
            nulls, columns = found.get(name, (0, 0))
            found[name] = nulls + count, columns + 1
        return found


@dataclass(frozen=True, slots=True)
class OutputFacts:
    """An output folder, or one part or table of one.

    Attributes
    ----------
    config : resolved; empty when the tables are not ours.
    counts, audio_seconds, wall_seconds : of run.json, where there is one.
    n_failures : lines of failures.jsonl; None where there is no such file.
    failures : the first ones.
    """

    path: str
    tables: tuple[TableFacts, ...]
    config: Mapping[str, Any]
    versions: Mapping[str, str]
    counts: Mapping[str, int]
    audio_seconds: float | None
    wall_seconds: float | None
    n_failures: int | None
    failures: tuple[Mapping[str, str], ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for `--json`; docs/inspect.md lists the keys."""
        return {"kind": "output", **asdict(self)}


def is_output(path: Path) -> bool:
    """Whether this is something of ours rather than audio."""
    if path.is_dir():
        return (path / RUN).is_file() or any(_tables(path))
    return path.suffix == ".parquet"


def look_at(path: Path) -> OutputFacts:
    """Facts of an output folder, a table's folder, or a part; footers only, no rows.

    Raises
    ------
    ClipError : a part is not Parquet.
    """
    found = [(name, _footers(folder)) for name, folder in _tables(path)]
    metadata = next((footers.metadata for _, footers in found if footers.metadata), {})
    run = _read_json(path / RUN) if path.is_dir() else {}
    listed = path / FAILURES
    return OutputFacts(
        path=escape_path(os.fspath(path)),
        tables=tuple(_facts(name, footers) for name, footers in found),
        config=run.get("config") or _parsed(metadata.get(_CONFIG, b"{}")),
        versions=run.get("versions") or _parsed(metadata.get(_VERSIONS, b"{}")),
        counts=run.get("counts", {}),
        audio_seconds=run.get("audio_seconds"),
        wall_seconds=run.get("wall_seconds"),
        n_failures=sum(1 for _ in _lines(listed)) if listed.is_file() else None,
        failures=tuple(islice(filter(None, map(_parsed, _lines(listed))), FAILURES_SHOWN)),
    )


def _tables(path: Path) -> Iterator[tuple[str, Path]]:
    if path.is_file():
        yield path.parent.name if path.parent.name in TABLES else "part", path
        return
    for name in TABLES:
        if (path / name).is_dir():
            yield name, path / name
    if any(path.glob("*.parquet")):
        yield path.name, path


def _footers(path: Path) -> "Footers":
    from audiofeat_cli.inspect.footers import Footers

    footers = Footers()
    for part in sorted(path.glob("*.parquet")) if path.is_dir() else [path]:
        try:
            footers.add(part)
        except (OSError, ValueError) as error:
            inside = f"{part.name}: " if part != path else ""
            message = f"{inside}not a Parquet file that can be read"
            raise ClipError("decode", "not_parquet", message, str(error)) from error
    return footers


def _facts(name: str, footers: "Footers") -> TableFacts:
    return TableFacts(
        name=name,
        parts=footers.parts,
        rows=footers.rows,
        columns=len(footers.columns),
        bytes=footers.bytes,
        nulls=footers.nulls,
        uncounted_groups=footers.uncounted,
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return _parsed(path.read_bytes())
    except OSError:
        return {}


def _parsed(text: str | bytes) -> dict[str, Any]:
    """The object that a text holds; nothing where it holds none."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _lines(path: Path) -> Iterator[str]:
    if path.is_file():
        with path.open(encoding="utf-8", errors="replace") as lines:
            yield from lines
