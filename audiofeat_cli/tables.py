"""Parquet parts: written row group by row group, read back in batches."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from audiofeat_cli.plan import Output, Plan
from audiofeat_cli.schema import TYPES, clips_schema, frames_schema
from audiofeat_cli.step import Array

ROW_GROUP_BYTES = 8 * 2**20
PART_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Part:
    """One written file of a table."""

    table: str
    name: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What the clips table says of a clip beside its features."""

    path: str
    duration: float
    sample_rate: int
    channels: int
    frames: int
    truncated: bool | None


def _strings(values: Sequence[str], counts: Sequence[int]) -> pa.Array:
    """Each value repeated, without going through Python objects (nor importing pandas)."""
    encoded = [v.encode() for v in values]
    lengths = np.repeat([len(e) for e in encoded], counts)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    data = b"".join(e * n for e, n in zip(encoded, counts, strict=True))
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(data))


def _numbers(values: Array, kind: pa.DataType) -> pa.Array:
    """A column of numbers; what is not finite is null."""
    valid = np.isfinite(values)
    bitmap = None
    if not valid.all():
        bitmap = pa.py_buffer(np.packbits(valid, bitorder="little"))
        values = np.where(valid, values, 0)
    if pa.types.is_boolean(kind):
        data = np.packbits(values.astype(bool), bitorder="little")
    else:
        data = np.ascontiguousarray(values, dtype=kind.to_pandas_dtype())
    return pa.Array.from_buffers(kind, len(values), [bitmap, pa.py_buffer(data)])


class _File:
    """One part being written: rows go in as record groups, `close` makes it durable."""

    def __init__(self, folder: Path, name: str, schema: pa.Schema) -> None:
        self.path = folder / name
        self.name = name
        self.rows = 0
        self.raw = 0
        self.handle: BinaryIO = self.path.open("wb")
        numbers = [f.name for f in schema if pa.types.is_floating(f.type)]
        names = [f.name for f in schema if pa.types.is_string(f.type)]
        self.writer = pq.ParquetWriter(
            self.handle,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=names,
            use_byte_stream_split=numbers,
        )

    def write(self, table: pa.Table) -> None:
        self.writer.write_table(table, row_group_size=max(1, table.num_rows))
        self.rows += table.num_rows
        self.raw += table.nbytes

    def close(self) -> None:
        if self.handle.closed:
            return
        self.writer.close()
        self.handle.flush()
        os.fsync(self.handle.fileno())
        self.handle.close()

    def delete(self) -> None:
        self.writer.is_open = False  # or its destructor writes a footer into the closed file
        self.handle.close()
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class FrameRows:
    """Consecutive frames of one clip: for each frame output (frames, channels, values)."""

    path: str
    start: int
    rate: float
    channels: int
    count: int
    blocks: Sequence[Array]

    @property
    def rows(self) -> int:
        """Rows that they make: one for each frame and channel, a channel after the other."""
        return self.count * self.channels

    @property
    def bytes(self) -> int:
        """Bytes of their numbers."""
        return sum(b.nbytes for b in self.blocks) + 12 * self.rows

    def numbers(self) -> Array:
        """Frame number of each row."""
        return np.tile(
            np.arange(self.start, self.start + self.count, dtype=np.int32), self.channels
        )


@dataclass
class _Rows:
    """Frame rows that wait to be written."""

    groups: list["FrameRows"] = field(default_factory=list)
    bytes: int = 0

    def add(self, rows: "FrameRows") -> None:
        self.groups.append(rows)
        self.bytes += rows.bytes

    def extend(self, other: "_Rows") -> None:
        self.groups += other.groups
        self.bytes += other.bytes


@dataclass(frozen=True, slots=True)
class _ClipRow:
    facts: ClipFacts
    values: Array

    @property
    def channels(self) -> int:
        return len(self.values)


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
        }
        self.done = _Rows()
        self.current = _Rows()
        self.shared: _File | None = None
        self.own: list[_File] = []
        self.clip_rows: list[_ClipRow] = []

    def add_frames(self, rows: FrameRows) -> None:
        """Take the next rows of the current clip."""
        if "frames" not in self.plan.tables or not rows.blocks:
            return
        self.current.add(rows)
        if self.current.bytes >= ROW_GROUP_BYTES:
            self._write_own()

    def end_clip(self, facts: ClipFacts, values: Array) -> None:
        """The current clip is whole; `values` are its features' clips columns, a row a channel."""
        if self.own:
            self._write_own()
            for part in self.own:
                self._close("frames", part)
            self.own = []
        self.done.extend(self.current)
        self.current = _Rows()
        if self.done.bytes >= ROW_GROUP_BYTES:
            self._write_done()
        if "clips" in self.plan.tables:
            self.clip_rows.append(_ClipRow(facts, values))

    def drop_clip(self) -> None:
        """The current clip failed: nothing of it stays."""
        for part in self.own:
            part.delete()
        self.own = []
        self.current = _Rows()

    def close(self) -> tuple[Part, ...]:
        """Write what waits, make it durable, and say what was written."""
        self._write_done()
        if self.shared is not None:
            self._close("frames", self.shared)
            self.shared = None
        if self.clip_rows:
            part = self._open("clips")
            part.write(self._clips_table())
            self._close("clips", part)
            self.clip_rows = []
        return tuple(self.parts)

    def abort(self) -> None:
        """Delete all that was written."""
        self.drop_clip()
        if self.shared is not None:
            self.shared.delete()
            self.shared = None
        for part in self.parts:
            (self.folder / part.table / part.name).unlink(missing_ok=True)
        self.parts = []

    def _open(self, table: str) -> _File:
        folder = self.folder / table
        folder.mkdir(parents=True, exist_ok=True)
        name = f"part-{self.prefix}-{self.made:03d}.parquet"
        self.made += 1
        return _File(folder, name, self.schemas[table])

    def _close(self, table: str, part: _File) -> None:
        part.close()
        self.parts.append(Part(table, part.name, part.rows, part.path.stat().st_size))

    def _write_own(self) -> None:
        if not self.current.groups:
            return
        if not self.own or self.own[-1].raw >= PART_BYTES:
            if self.own:
                self.own[-1].close()
            self.own.append(self._open("frames"))
        self.own[-1].write(self._frames_table(self.current))
        self.current = _Rows()

    def _write_done(self) -> None:
        if not self.done.groups:
            return
        if self.shared is None:
            self.shared = self._open("frames")
        self.shared.write(self._frames_table(self.done))
        self.done = _Rows()
        if self.shared.raw >= PART_BYTES:
            self._close("frames", self.shared)
            self.shared = None

    def _frames_table(self, rows: _Rows) -> pa.Table:
        groups = rows.groups
        columns = [_strings([g.path for g in groups], [g.rows for g in groups])]
        if self.plan.config.channels == "each":
            channel = [np.repeat(np.arange(g.channels), g.count) for g in groups]
            columns.append(_numbers(np.concatenate(channel), pa.int32()))
        columns.append(_numbers(np.concatenate([g.numbers() for g in groups]), pa.int32()))
        hop = self.plan.config.hop_length
        times = np.concatenate([g.numbers() * (hop / g.rate) for g in groups])
        columns.append(_numbers(times, pa.float64()))
        for slot, index in enumerate(self.plan.frame_outputs):
            blocks = [g.blocks[slot].T.reshape(g.blocks[slot].shape[2], -1) for g in groups]
            output = self.plan.outputs[index]
            values = np.concatenate(blocks, axis=1)
            columns += _own_columns(values, output)
        return pa.Table.from_arrays(columns, schema=self.schemas["frames"])

    def _clips_table(self) -> pa.Table:
        facts = [row.facts for row in self.clip_rows]
        counts = [row.channels for row in self.clip_rows]

        def repeated(values: Sequence[float], kind: pa.DataType) -> pa.Array:
            return _numbers(np.repeat(np.asarray(values, dtype=np.float64), counts), kind)

        columns = [_strings([f.path for f in facts], counts)]
        if self.plan.config.channels == "each":
            columns.append(_numbers(np.concatenate([np.arange(n) for n in counts]), pa.int32()))
        cut = [np.nan if f.truncated is None else float(f.truncated) for f in facts]
        columns += [
            repeated([f.duration for f in facts], pa.float64()),
            repeated([f.sample_rate for f in facts], pa.int32()),
            repeated([f.channels for f in facts], pa.int32()),
            repeated([f.frames for f in facts], pa.int32()),
            repeated(cut, pa.bool_()),
        ]
        values = np.concatenate([row.values for row in self.clip_rows]).T
        for output in self.plan.outputs:
            if output.level == "clip":
                mine, values = np.split(values, [max(1, output.width)])
                columns += _own_columns(mine, output)
                continue
            count = len(output.pooled(self.plan.config.pooling))
            mine, values = np.split(values, [max(1, output.width) * count])
            groups = [mine[k::count] for k in range(count)] if output.is_list else [mine]
            for group in groups:
                columns += _output_columns(group, TYPES["float32"], is_list=output.is_list)
        return pa.Table.from_arrays(columns, schema=self.schemas["clips"])


def _own_columns(values: Array, output: Output) -> list[pa.Array]:
    """The columns of an output's own values, (values, rows)."""
    if output.dtype == "string":
        return [_categories(row, output.categories) for row in values]
    return _output_columns(values, TYPES[output.dtype], is_list=output.is_list)


def _categories(values: Array, names: Sequence[str]) -> pa.Array:
    """A column of names, given by their numbers; what is not finite is null."""
    numbers = _numbers(values, pa.int32())
    return pa.DictionaryArray.from_arrays(numbers, pa.array(names, pa.string())).cast(pa.string())


def _output_columns(values: Array, kind: pa.DataType, *, is_list: bool) -> list[pa.Array]:
    """The columns of (values, rows): one each, or one list."""
    if not is_list:
        return [_numbers(column, kind) for column in values]
    inner = _numbers(np.ravel(values.T), kind)
    offsets = np.arange(values.shape[1] + 1, dtype=np.int32) * values.shape[0]
    return [pa.ListArray.from_arrays(_numbers(offsets, pa.int32()), inner)]


def drop_paths(source: Path, target: Path, paths: Collection[str]) -> int:
    """Rewrite a part without the rows of `paths`, durably.

    Returns
    -------
    Number of rows left; with none left nothing is written.
    """
    unwanted = pa.array(sorted(paths), pa.string())
    left = 0
    part: _File | None = None
    with pq.ParquetFile(source) as reader:
        for group in range(reader.num_row_groups):
            table = reader.read_row_group(group)
            table = table.filter(pc.invert(pc.is_in(table["path"], value_set=unwanted)))
            if table.num_rows == 0:
                continue
            part = part or _File(target.parent, target.name, reader.schema_arrow)
            part.write(table)
            left += table.num_rows
    if part is not None:
        part.close()
    return left


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
