"""The Parquet that a careful script writes: frames of all files, and mean and variance per file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 50_000
Values = npt.NDArray[np.float32]


class Tables:
    """Gathers frames and writes them some files at a time."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.writer: Any = None
        self.names: list[str] = []
        self.waiting: list[tuple[str, Values]] = []
        self.clips: list[tuple[str, Values, Mapping[str, float]]] = []

    def add(
        self, path: str, features: Mapping[str, npt.ArrayLike], of_clip: Mapping[str, float]
    ) -> None:
        """Take one file: (values, frames) or (frames,) by name, and numbers of the whole file."""
        rows = {name: np.atleast_2d(np.asarray(v, np.float32)) for name, v in features.items()}
        self.names = self.names or [
            named for name, v in rows.items() for named in column_names(name, len(v))
        ]
        frames = min(v.shape[1] for v in rows.values())
        values = np.concatenate([v[:, :frames] for v in rows.values()])
        self.clips.append((path, pooled(values), of_clip))
        self.waiting.append((path, values))
        if sum(v.shape[1] for _, v in self.waiting) >= ROW_GROUP:
            self._flush()

    def close(self) -> None:
        """Write what waits, and the table of files."""
        self._flush()
        if self.writer is not None:
            self.writer.close()
        columns = {"path": words([path for path, *_ in self.clips])}
        names = [f"{n}_{statistic}" for statistic in ("mean", "var") for n in self.names]
        numbers = np.stack([values for _, values, _ in self.clips], axis=1)
        columns |= {name: column(v) for name, v in zip(names, numbers, strict=True)}
        for name in self.clips[0][2]:
            columns[name] = column(np.array([found[name] for *_, found in self.clips], np.float32))
        pq.write_table(pa.table(columns), self.out / "clips.parquet")

    def _flush(self) -> None:
        if not self.waiting:
            return
        values = np.concatenate([v for _, v in self.waiting], axis=1)
        counts = [v.shape[1] for _, v in self.waiting]
        which = column(np.repeat(np.arange(len(counts), dtype=np.int32), counts))
        paths = pa.DictionaryArray.from_arrays(which, words([path for path, _ in self.waiting]))
        number = column(np.concatenate([np.arange(n, dtype=np.int32) for n in counts]))
        names = ["path", "frame", *self.names]
        table = pa.Table.from_arrays([paths, number, *map(column, values)], names=names)
        if self.writer is None:
            self.writer = pq.ParquetWriter(
                self.out / "frames.parquet",
                table.schema,
                compression="zstd",
                compression_level=1,
                use_dictionary=["path"],
                use_byte_stream_split=self.names,
            )
        self.writer.write_table(table)
        self.waiting.clear()


def column_names(name: str, width: int) -> Sequence[str]:
    """As audiofeat calls them."""
    digits = max(2, len(str(width - 1)))
    return [name] if width == 1 else [f"{name}_{k:0{digits}}" for k in range(width)]


def pooled(values: Values) -> Values:
    """Mean, then variance, of each row; NaN (a frame without pitch) left out."""
    found = np.concatenate([values.mean(axis=1), values.var(axis=1)])
    for row in np.flatnonzero(np.isnan(found[: len(values)])):
        known = values[row, ~np.isnan(values[row])]
        if known.size:
            found[[row, row + len(values)]] = known.mean(), known.var()
    return found


def column(values: npt.NDArray[np.generic]) -> Any:
    """A column over the array's own memory."""
    values = np.ascontiguousarray(values)
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def words(texts: Sequence[str]) -> Any:
    """A column of texts; pa.array would import pandas for it, which takes longer than ten files."""
    coded = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, coded)]).astype(np.int32)
    buffers = [pa.py_buffer(ends), pa.py_buffer(b"".join(coded))]
    return pa.StringArray.from_buffers(len(coded), *buffers)
