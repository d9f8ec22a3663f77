"""Rows of a table as text, csv or jsonl, in bounded memory."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import Any

from audiofeat_cli.audio.names import unescape_path
from audiofeat_cli.config.spelling import did_you_mean
from audiofeat_cli.errors import UsageError
from audiofeat_cli.tables import footer_of, parts_of, records

FORMATS = ("csv", "jsonl")
TABLES = ("clips", "frames", "events")
LINES_AT_ONCE = 256
"""What is printed together: each write may be a call of the system."""

BYTES_AT_ONCE = 2**20
"""Of a table, turned into text at a time."""

_QUOTED = frozenset('",\r\n')


def find_table(path: Path, table: str | None = None) -> Path:
    """The Parquet file, or folder of parts, that a path means.

    Parameters
    ----------
    path : a part, a folder of parts, or an output folder.
    table : which table of an output folder; by default clips, or frames where there are no clips.

    Raises
    ------
    UsageError : there is no table.
    """
    if not path.exists():
        raise UsageError(f"no such file or folder: {path}")
    if path.is_file():
        return path
    inside = [name for name in TABLES if (path / name).is_dir()]
    if table is not None and table not in inside:
        has = f"; it has {', '.join(inside)}" if inside else ""
        raise UsageError(f"{path} has no table '{table}'{has}")
    if inside:
        return path / (table or inside[0])
    if not parts_of(path):
        raise UsageError(
            f"no tables in {path}",
            "give an output folder (features/mel), a table of it (features/mel/clips) or a part",
        )
    return path


def lines(
    table: Path, *, form: str = "csv", columns: Sequence[str] = (), limit: int | None = None
) -> Iterator[str]:
    """The rows as lines without their ends; for csv a line of column names first.

    Nulls are empty in csv and null in jsonl. A float32 has the fewest digits that give it back.

    Parameters
    ----------
    columns : names, or patterns such as `mfcc_*`; all where none is given.
    limit : most rows.

    Raises
    ------
    UsageError : a column is not there.
    """
    rows = _rows(table, form, columns)
    yield from rows if limit is None else islice(rows, limit + (form == "csv"))


def text(rows: Iterator[str]) -> Iterator[str]:
    """Lines with their ends, some hundreds at a time."""
    while some := list(islice(rows, LINES_AT_ONCE)):
        yield "\n".join(some) + "\n"


def raw_paths(table: Path) -> Iterator[bytes]:
    """Paths as the system knows them, each once where its rows follow each other."""
    last = None
    for batch in _batches(table, _chosen(_names(table), ["path"])):
        for path in batch.column("path").to_pylist():
            if path != last:
                yield unescape_path(path)
            last = path


def _rows(table: Path, form: str, columns: Sequence[str]) -> Iterator[str]:
    names = _chosen(_names(table), columns)
    if form == "csv":
        yield ",".join(map(_quoted, names))
    for batch in _batches(table, names):
        cells = [_TEXTS[form](batch.column(name)) for name in names]
        if form == "csv":
            yield from map(",".join, zip(*cells, strict=True))
        else:
            keys = [json.dumps(name, ensure_ascii=False).replace("%", "%%") for name in names]
            line = "{" + ", ".join(f"{key}: %s" for key in keys) + "}"
            yield from (line % row for row in zip(*cells, strict=True))


def _names(table: Path) -> Sequence[str]:
    """Columns of the table, which all its parts have."""
    for part in parts_of(table):
        with _readable(table):
            return footer_of(part)[1]
    return []


@contextmanager
def _readable(table: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise UsageError(f"{table}: not a Parquet file that can be read") from error


def _batches(table: Path, columns: Sequence[str]) -> Iterator[Any]:
    """Few rows at a time: as text they take fifteen times the memory."""
    with _readable(table):
        for batch in records(table, columns=columns):
            rows = max(1, batch.num_rows * BYTES_AT_ONCE // max(1, batch.nbytes))
            for start in range(0, batch.num_rows, rows):
                yield batch.slice(start, rows)


def _chosen(names: Sequence[str], wanted: Sequence[str]) -> list[str]:
    chosen: list[str] = []
    for want in wanted:
        found = [want] if want in names else [n for n in names if fnmatchcase(n, want)]
        if not found:
            hint = did_you_mean(want, names) or f"; the first are {', '.join(names[:8])}"
            raise UsageError(f"no column '{want}'{hint}")
        chosen += [name for name in found if name not in chosen]
    return chosen or list(names)


def _csv(column: Any) -> list[str]:
    cells = [("" if cell is None else cell) for cell in _texts(column, "null")]
    return cells if _is_plain(column) else [_quoted(cell) for cell in cells]


def _jsonl(column: Any) -> list[str]:
    if _is_text(column):
        return [json.dumps(cell, ensure_ascii=False) for cell in column.to_pylist()]
    return ["null" if cell is None else cell for cell in _texts(column, "null")]


_TEXTS: dict[str, Callable[[Any], list[str]]] = {"csv": _csv, "jsonl": _jsonl}


def _texts(column: Any, null: str) -> list[str | None]:
    """Each cell as text; a list as a JSON list with `null` for its nulls."""
    if not str(column.type).startswith("list"):
        return column.cast("string").to_pylist()  # type: ignore[no-any-return]
    values = [null if v is None else v for v in column.flatten().cast("string").to_pylist()]
    lengths = iter(column.value_lengths().to_pylist())
    inner = iter(values)
    return [None if n is None else f"[{', '.join(islice(inner, n))}]" for n in lengths]


def _is_text(column: Any) -> bool:
    return str(column.type) in {"string", "large_string", "dictionary"}


def _is_plain(column: Any) -> bool:
    """Whether no cell can hold what csv must quote."""
    return not _is_text(column) and not str(column.type).startswith("list")


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if _QUOTED & set(cell) else cell
