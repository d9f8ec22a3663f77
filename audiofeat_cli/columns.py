"""Columns for tables: numbers and names as Arrow has them, without a Python object per value."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from audiofeat_cli.plan import Output
from audiofeat_cli.schema import TYPES
from audiofeat_cli.step import Array


def strings(values: Sequence[str], counts: Sequence[int]) -> pa.Array:
    """Each value repeated, without going through Python objects (nor importing pandas)."""
    encoded = [v.encode() for v in values]
    lengths = np.repeat([len(e) for e in encoded], counts)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    data = b"".join(e * n for e, n in zip(encoded, counts, strict=True))
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(data))


def numbers(values: Array, kind: pa.DataType) -> pa.Array:
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


def _columns_of_rows(values: Array, kind: pa.DataType) -> list[pa.Array]:
    """A column of each row; those where all is finite stay where they are in memory."""
    if kind != TYPES["float32"]:
        return [numbers(row, kind) for row in values]
    with np.errstate(over="ignore"):  # beyond float32: infinite, so null
        values = np.ascontiguousarray(values, np.float32)
    whole: Array = np.all(np.isfinite(values), axis=1)
    count = values.shape[1]
    flat = pa.Array.from_buffers(kind, values.size, [None, pa.py_buffer(values)])
    return [
        flat.slice(k * count, count) if whole[k] else numbers(row, kind)
        for k, row in enumerate(values)
    ]


def own_columns(values: Array, output: Output) -> list[pa.Array]:
    """The columns of an output's own values, (values, rows)."""
    if output.dtype == "string":
        return [_categories(row, output.categories) for row in values]
    return output_columns(values, TYPES[output.dtype], is_list=output.is_list)


def _categories(values: Array, names: Sequence[str]) -> pa.Array:
    """A column of names, given by their numbers; what is not finite is null."""
    indices = numbers(values, pa.int32())
    return pa.DictionaryArray.from_arrays(indices, pa.array(names, pa.string())).cast(pa.string())


def output_columns(values: Array, kind: pa.DataType, *, is_list: bool) -> list[pa.Array]:
    """The columns of (values, rows): one each, or one list."""
    if not is_list:
        return _columns_of_rows(values, kind)
    inner = numbers(np.ravel(values.T), kind)
    offsets = np.arange(values.shape[1] + 1, dtype=np.int32) * values.shape[0]
    return [pa.ListArray.from_arrays(numbers(offsets, pa.int32()), inner)]
