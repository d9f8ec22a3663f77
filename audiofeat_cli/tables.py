"""Parquet parts: written row group by row group, read back in batches."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from audiofeat_cli.columns import numbers, output_columns, own_columns, strings
from audiofeat_cli.plan import Plan
from audiofeat_cli.rows import ClipRows, EventRows, FrameRows
from audiofeat_cli.schema import TYPES, clips_schema, events_schema, frames_schema

ROW_GROUP_BYTES = 8 * 2**20
"""The least that a row group has, but the last of a part; four times as much is the most."""

ROW_GROUP_ROWS = 2**14
"""What a row group has if that is less than the most: each column of each costs as much again as
some thousand values."""

PART_BYTES = 64 * 2**20

BUFFER_BYTES = 2**20
"""Handed to the system at a time, where a column of a row group is less."""


@dataclass(frozen=True, slots=True)
class Part:
    """One written file of a table."""

    table: str
    name: str
    rows: int
    bytes: int


def is_row_group(size: int, rows: int, least: int) -> bool:
    """Whether rows of so many bytes are enough for a row group, which has `least` bytes."""
    return size >= least and (rows >= ROW_GROUP_ROWS or size >= 4 * least)


class OpenPart:
    """One part being written: rows go in as record groups, `close` makes it durable."""

    def __init__(self, folder: Path, name: str, schema: pa.Schema) -> None:
        self.path = folder / name
        self.name = name
        self.rows = 0
        self.raw = 0
        self.waiting: list[pa.Table] = []
        self.waiting_bytes = 0
        self.waiting_rows = 0
        self.handle: BinaryIO = self.path.open("wb", buffering=BUFFER_BYTES)
        split = [f.name for f in schema if pa.types.is_floating(f.type)]
        names = [f.name for f in schema if pa.types.is_string(f.type)]
        self.writer = pq.ParquetWriter(
            self.handle,
            schema,
            compression="zstd",
            compression_level=-1,  # a quarter less time than level 1, at the same size
            use_dictionary=names,
            use_byte_stream_split=split,
            write_batch_size=ROW_GROUP_ROWS,
        )

    def write(self, table: pa.Table) -> None:
        """Write one row group."""
        self.writer.write_table(table, row_group_size=max(1, table.num_rows))
        self.rows += table.num_rows
        self.raw += table.nbytes

    def gather(self, table: pa.Table, group_bytes: int) -> None:
        """Write small tables together, as one row group once they are enough for one."""
        self.waiting.append(table)
        self.waiting_bytes += table.nbytes
        self.waiting_rows += table.num_rows
        if is_row_group(self.waiting_bytes, self.waiting_rows, group_bytes):
            self._write_waiting()

    def _write_waiting(self) -> None:
        if self.waiting:
            self.write(pa.concat_tables(self.waiting))
            self.waiting = []
            self.waiting_bytes = self.waiting_rows = 0

    def close(self) -> None:
        """Write what waits, and make it durable."""
        if self.handle.closed:
            return
        self._write_waiting()
        self.writer.close()
        self.handle.flush()
        os.fsync(self.handle.fileno())
        self.handle.close()

    def delete(self) -> None:
        """Leave nothing of it."""
        self.writer.is_open = False  # or its destructor writes a footer into the closed file
        self.handle.close()
        self.path.unlink(missing_ok=True)


class _Waiting:
    """Rows that wait to be written."""

    def __init__(self) -> None:
        self.groups: list[Any] = []
        self.bytes = 0
        self.rows = 0

    @property
    def is_row_group(self) -> bool:
        return is_row_group(self.bytes, self.rows, ROW_GROUP_BYTES)

    def add(self, rows: FrameRows | ClipRows | EventRows) -> None:
        self.groups.append(rows)
        self.bytes += rows.bytes
        self.rows += rows.rows

    def extend(self, other: "_Waiting") -> None:
        self.groups += other.groups
        self.bytes += other.bytes
        self.rows += other.rows


class _Table:
    """The parts of one table: shared ones for whole clips, own ones for a clip of many rows.

    Parameters
    ----------
    opened : makes a new part.
    build : makes a table of groups of rows.
    parts : closed parts are noted here.
    """

    def __init__(
        self,
        name: str,
        opened: Callable[[str], OpenPart],
        build: Callable[[Sequence[Any]], pa.Table],
        parts: list[Part],
    ) -> None:
        self.name = name
        self.opened = opened
        self.build = build
        self.parts = parts
        self.done = _Waiting()
        self.current = _Waiting()
        self.shared: OpenPart | None = None
        self.own: list[OpenPart] = []

    def add(self, rows: FrameRows | ClipRows | EventRows) -> None:
        self.current.add(rows)
        if self.current.is_row_group:
            self._write_own()

    def end_clip(self) -> None:
        if self.own:
            self._write_own()
            for part in self.own:
                self._close(part)
            self.own = []
        self.done.extend(self.current)
        self.current = _Waiting()
        if self.done.is_row_group:
            self._write_done()

    def drop_clip(self) -> None:
        for part in self.own:
            part.delete()
        self.own = []
        self.current = _Waiting()

    def close(self) -> None:
        self._write_done()
        if self.shared is not None:
            self._close(self.shared)
            self.shared = None

    def abort(self) -> None:
        self.drop_clip()
        if self.shared is not None:
            self.shared.delete()
            self.shared = None

    def _close(self, part: OpenPart) -> None:
        part.close()
        self.parts.append(Part(self.name, part.name, part.rows, part.path.stat().st_size))

    def _write_own(self) -> None:
        if not self.current.groups:
            return
        if not self.own or self.own[-1].raw >= PART_BYTES:
            if self.own:
                self.own[-1].close()
            self.own.append(self.opened(self.name))
        self.own[-1].write(self.build(self.current.groups))
        self.current = _Waiting()

    def _write_done(self) -> None:
        if not self.done.groups:
            return
        if self.shared is None:
            self.shared = self.opened(self.name)
        self.shared.write(self.build(self.done.groups))
        self.done = _Waiting()
        if self.shared.raw >= PART_BYTES:
            self._close(self.shared)
            self.shared = None


class PartWriter:
    """Writes the rows of a batch of clips into parts below `folder`/<table>/.

    A clip's rows count once `end_clip` has come; `drop_clip` forgets them, also when so many came
    that they had to be written already: a long clip gets parts of its own.
    """

    def __init__(self, plan: Plan, folder: Path, prefix: str) -> None:
        self.plan = plan
        self.folder = folder
        self.prefix = prefix
        self.made = 0
        self.parts: list[Part] = []
        self.schemas = {
            "frames": frames_schema(plan),
            "clips": clips_schema(plan),
            "events": events_schema(plan),
        }
        self.frames = _Table("frames", self._open, self._frames_table, self.parts)
        self.clips = _Table("clips", self._open, self._clips_table, self.parts)
        self.events = _Table("events", self._open, self._events_table, self.parts)
        self.tables = (self.frames, self.clips, self.events)

    def add_frames(self, rows: FrameRows) -> None:
        """Take the next rows of the current clip."""
        if "frames" in self.plan.tables and rows.blocks:
            self.frames.add(rows)

    def add_events(self, rows: EventRows) -> None:
        """Take events of the current clip."""
        if rows.rows:
            self.events.add(rows)

    def end_clip(self, rows: Iterable[ClipRows]) -> None:
        """The current clip is whole; `rows` are those of the clips table."""
        if "clips" in self.plan.tables:
            for group in rows:
                self.clips.add(group)
        for table in self.tables:
            table.end_clip()

    def drop_clip(self) -> None:
        """The current clip failed: nothing of it stays."""
        for table in self.tables:
            table.drop_clip()

    def close(self) -> tuple[Part, ...]:
        """Write what waits, make it durable, and say what was written."""
        for table in self.tables:
            table.close()
        return tuple(self.parts)

    def abort(self) -> None:
        """Delete all that was written."""
        for table in self.tables:
            table.abort()
        for part in self.parts:
            (self.folder / part.table / part.name).unlink(missing_ok=True)
        self.parts.clear()

    def _open(self, table: str) -> OpenPart:
        folder = self.folder / table
        folder.mkdir(parents=True, exist_ok=True)
        name = f"part-{self.prefix}-{self.made:03d}.parquet"
        self.made += 1
        return OpenPart(folder, name, self.schemas[table])

    def _frames_table(self, groups: Sequence[FrameRows]) -> pa.Table:
        columns = [strings([g.path for g in groups], [g.rows for g in groups])]
        if self.plan.config.channels == "each":
            channel = [np.repeat(np.arange(g.channels), g.count) for g in groups]
            columns.append(numbers(np.concatenate(channel), pa.int32()))
        columns.append(numbers(np.concatenate([g.numbers() for g in groups]), pa.int32()))
        hop = self.plan.config.hop_length
        times = np.concatenate([g.numbers().astype(np.int64) * hop / g.rate for g in groups])
        columns.append(numbers(times, pa.float64()))
        for slot, index in enumerate(self.plan.frame_outputs):
            blocks = [g.blocks[slot].T.reshape(g.blocks[slot].shape[2], -1) for g in groups]
            output = self.plan.outputs[index]
            values = blocks[0] if len(blocks) == 1 else np.concatenate(blocks, axis=1)
            columns += own_columns(values, output)
        return pa.Table.from_arrays(columns, schema=self.schemas["frames"])

    def _clips_table(self, groups: Sequence[ClipRows]) -> pa.Table:
        def per_clip(values: Sequence[float], kind: pa.DataType) -> pa.Array:
            return numbers(np.repeat(np.asarray(values, np.float64), counts), kind)

        def per_span(name: str, kind: pa.DataType) -> pa.Array:
            told = [g.per_span([getattr(span, name) for span in g.spans]) for g in groups]
            return numbers(np.concatenate(told), kind)

        facts = [g.facts for g in groups]
        counts = [g.rows for g in groups]
        columns = [strings([f.path for f in facts], counts)]
        if self.plan.config.channels == "each":
            channel = [np.repeat(np.arange(g.channels), len(g.spans)) for g in groups]
            columns.append(numbers(np.concatenate(channel), pa.int32()))
        if self.plan.config.segments is not None:
            columns.append(per_span("number", pa.int32()))
            columns += [per_span(name, pa.float64()) for name in ("start", "end")]
        cut = [np.nan if f.truncated is None else float(f.truncated) for f in facts]
        columns += [
            per_clip([f.duration for f in facts], pa.float64()),
            per_clip([f.sample_rate for f in facts], pa.int32()),
            per_clip([f.channels for f in facts], pa.int32()),
            per_span("frames", pa.int32()),
            per_clip(cut, pa.bool_()),
        ]
        for slot, output in enumerate(self.plan.outputs):
            blocks = [g.blocks[slot].reshape(-1, g.rows) for g in groups]
            values = np.concatenate(blocks, axis=1)
            if output.level == "clip":
                columns += own_columns(values, output)
                continue
            count = len(output.pooled(self.plan.config.pooling))
            some = [values[k::count] for k in range(count)] if output.is_list else [values]
            for group in some:
                columns += output_columns(group, TYPES["float32"], is_list=output.is_list)
        return pa.Table.from_arrays(columns, schema=self.schemas["clips"])

    def _events_table(self, groups: Sequence[EventRows]) -> pa.Table:
        counts = [g.rows for g in groups]
        columns = [strings([g.path for g in groups], counts)]
        if self.plan.config.channels == "each":
            columns.append(numbers(np.repeat([g.channel for g in groups], counts), pa.int32()))
        columns.append(strings([g.kind for g in groups], counts))
        columns.append(numbers(np.concatenate([g.times for g in groups]), pa.float64()))
        columns.append(numbers(np.concatenate([g.values for g in groups]), pa.float32()))
        return pa.Table.from_arrays(columns, schema=self.schemas["events"])


def parts_of(table: Path) -> list[Path]:
    """The Parquet files behind a path: itself, or the parts of a table's folder in order."""
    return sorted(table.glob("*.parquet")) if table.is_dir() else [table]


def footer_of(part: Path) -> tuple[int, Sequence[str], Mapping[bytes, bytes]]:
    """Rows, column names and metadata of a part, without reading its rows."""
    with pq.ParquetFile(part) as reader:
        schema = reader.schema_arrow
        return reader.metadata.num_rows, schema.names, schema.metadata or {}


def records(table: Path, *, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Batches of a table's rows, part after part, in bounded memory; all columns or some."""
    for part in parts_of(table):
        with pq.ParquetFile(part) as reader:
            yield from reader.iter_batches(batch_size=4096, columns=columns)
