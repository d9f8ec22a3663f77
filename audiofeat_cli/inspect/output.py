"""What is in an output folder, or in a Parquet file of ours."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from audiofeat_cli.errors import UsageError
from audiofeat_cli.tables import footer_of, parts_of

TABLES = ("clips", "frames", "events")
RUN = "run.json"
FAILURES = "failures.jsonl"
FAILURES_SHOWN = 5
_CONFIG = b"audiofeat.config"
_VERSIONS = b"audiofeat.versions"


@dataclass(frozen=True, slots=True)
class TableFacts:
    """One table. `bytes` are those on disk."""

    name: str
    parts: int
    rows: int
    columns: int
    bytes: int


@dataclass(frozen=True, slots=True)
class OutputFacts:
    """An output folder, or one part or table of one.

    Attributes
    ----------
    config : resolved; empty when the tables are not ours.
    counts, audio_seconds, wall_seconds : of run.json, where there is one.
    failures : the first ones.
    """

    path: str
    tables: tuple[TableFacts, ...]
    config: Mapping[str, Any]
    versions: Mapping[str, str]
    counts: Mapping[str, int]
    audio_seconds: float | None
    wall_seconds: float | None
    failures: tuple[Mapping[str, str], ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for `--json`."""
        return asdict(self)


def is_output(path: Path) -> bool:
    """Whether this is something of ours rather than audio."""
    if path.is_dir():
        return (path / RUN).is_file() or any(_tables(path))
    return path.suffix == ".parquet"


def look_at(path: Path) -> OutputFacts:
    """Facts of an output folder, a table's folder, or a part.

    Raises
    ------
    UsageError : a part is not Parquet.
    """
    found = [_table(name, folder) for name, folder in _tables(path)]
    metadata = next((metadata for _, metadata in found if metadata), {})
    run = _read_json(path / RUN) if path.is_dir() else {}
    return OutputFacts(
        path=str(path),
        tables=tuple(table for table, _ in found),
        config=run.get("config") or json.loads(metadata.get(_CONFIG, b"{}")),
        versions=run.get("versions") or json.loads(metadata.get(_VERSIONS, b"{}")),
        counts=run.get("counts", {}),
        audio_seconds=run.get("audio_seconds"),
        wall_seconds=run.get("wall_seconds"),
        failures=tuple(islice(_failures(path), FAILURES_SHOWN)),
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


def _table(name: str, path: Path) -> tuple[TableFacts, Mapping[bytes, bytes]]:
    rows = columns = size = 0
    metadata: Mapping[bytes, bytes] = {}
    parts = parts_of(path)
    for part in parts:
        try:
            found, names, metadata = footer_of(part)
        except (OSError, ValueError) as error:
            raise UsageError(f"{part}: not a Parquet file that can be read") from error
        rows += found
        columns = len(names)
        size += part.stat().st_size
    return TableFacts(name, len(parts), rows, columns, size), metadata


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _failures(path: Path) -> Iterator[dict[str, str]]:
    if not path.is_dir() or not (path / FAILURES).is_file():
        return
    with (path / FAILURES).open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
