"""Parts made of parts: without the rows of some files, or several parts as one."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audiofeat_cli.tables import PART_BYTES, ROW_GROUP_BYTES, OpenPart

LARGE_BYTES = PART_BYTES // 2
"""A part of so many bytes, raw, is left as it is: to merge it would gain little."""

PATH = "path"

Source = tuple[Path, Path | None]
"""A part that may be merged, and the one that sorts before it in its table, if any."""


def drop_paths(source: Path, target: Path, paths: Collection[str]) -> int:
    """Rewrite a part without the rows of `paths`, durably.

    Returns
    -------
    Number of rows left. With none left, or none to drop, nothing is written.
    """
    unwanted = pa.array(sorted(paths), pa.string())
    with pq.ParquetFile(source) as reader:
        kept = [_is_kept(reader, group, unwanted) for group in range(reader.num_row_groups)]
        left = sum(int(mask.true_count) for mask in kept)
        if left in {0, int(reader.metadata.num_rows)}:
            return left
        part = OpenPart(target.parent, target.name, reader.schema_arrow)
        for group, mask in enumerate(kept):
            if mask.true_count:
                part.write(reader.read_row_group(group).filter(mask))
    part.close()
    return left


def _is_kept(reader: pq.ParquetFile, group: int, unwanted: pa.Array) -> Any:
    column = reader.read_row_group(group, columns=[PATH])[PATH].combine_chunks()
    return pc.invert(pc.is_in(column, value_set=unwanted))


@dataclass(frozen=True, slots=True)
class Merged:
    """What `merge_parts` did.

    Attributes
    ----------
    names : of the sources whose rows the new part holds; none when nothing was written.
    seen : how many sources, from the first, are settled: merged or to be left as they are.
    rows, bytes : of the new part.
    """

    names: tuple[str, ...] = ()
    seen: int = 0
    rows: int = 0
    bytes: int = 0


class UnreadablePartError(Exception):
    """A part is damaged, or no Parquet file."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Footer:
    """What a footer says of a part.

    Attributes
    ----------
    raw : bytes of its rows in memory, about.
    first, last : smallest and largest path; empty where the footer does not say.
    """

    schema: pa.Schema
    raw: int
    first: str
    last: str


def merge_parts(sources: Sequence[Source], target: Path) -> Merged:
    """Write one part with the rows of as many of the first `sources` as it may hold, durably.

    Rows stay in the order of the sources, and in large row groups. Passed over are sources that
    are large themselves or go on with the file of the part before; the part ends before a source
    with another schema or other metadata. Takes the memory of two row groups.

    Raises
    ------
    UnreadablePartError : a source is damaged; nothing is left at `target`.
    """
    chosen, seen = _choose(sources)
    if len(chosen) < 2:
        return Merged(seen=seen)
    part = OpenPart(target.parent, target.name, _footer(chosen[0]).schema)
    try:
        for path in chosen:
            for table in _read(path):
                part.gather(table, ROW_GROUP_BYTES)
        part.close()
    except BaseException:
        part.delete()
        raise
    names = tuple(path.name for path in chosen)
    return Merged(names, seen, part.rows, target.stat().st_size)


def _choose(sources: Sequence[Source]) -> tuple[list[Path], int]:
    """The sources for one part, and how many were looked at."""
    chosen: list[Path] = []
    schema: pa.Schema | None = None
    raw = 0
    for number, (path, before) in enumerate(sources):
        footer = _footer(path)
        if footer.raw > LARGE_BYTES or _goes_on(footer, before):
            continue
        is_other = schema is not None and not footer.schema.equals(schema, check_metadata=True)
        if chosen and (is_other or raw + footer.raw > PART_BYTES):
            return chosen, number
        chosen.append(path)
        schema = footer.schema
        raw += footer.raw
    return chosen, len(sources)


def _goes_on(footer: _Footer, before: Path | None) -> bool:
    """Whether a part holds the end of a long file that the part before is full of."""
    if before is None or not footer.first or footer.first != footer.last or not before.exists():
        return False
    return _footer(before).last == footer.first


def _footer(path: Path) -> _Footer:
    try:
        with pq.ParquetFile(path) as reader:
            schema, facts = reader.schema_arrow, reader.metadata
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UnreadablePartError(path, str(error)) from error
    column = facts.schema.names.index(PATH)
    groups = [facts.row_group(number) for number in range(facts.num_row_groups)]
    raw = 0
    ends: list[tuple[str, str]] = []
    for group in groups:
        told = group.column(column).statistics
        ends.append((told.min, told.max) if told is not None and told.has_min_max else ("", ""))
        # Paths are stored once each; in memory a row has its own.
        raw += group.total_byte_size + group.num_rows * len(ends[-1][1])
    first = min((end[0] for end in ends), default="")
    return _Footer(schema, raw, first, max((end[1] for end in ends), default=""))


def _read(path: Path) -> Iterator[pa.Table]:
    try:
        with pq.ParquetFile(path) as reader:
            for group in range(reader.num_row_groups):
                yield reader.read_row_group(group)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UnreadablePartError(path, str(error)) from error
