"""What the footers of Parquet parts say; rows are not read."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


class Footers:
    """The footers of the parts of one table, added up.

    Attributes
    ----------
    parts, rows, bytes : how many; `bytes` on disk.
    columns : names, as the first part has them.
    metadata : of the first part.
    nulls : by column that has any; of a list column, the nulls within the lists.
    uncounted : row groups without statistics, of whose nulls nothing is known.
    """

    def __init__(self) -> None:
        self.parts = 0
        self.rows = 0
        self.bytes = 0
        self.columns: Sequence[str] = ()
        self.metadata: Mapping[bytes, bytes] = {}
        self.uncounted = 0
        self._schema: Any = None
        self._names: list[str] = []
        self._counts: dict[str, int] = {}

    @property
    def nulls(self) -> dict[str, int]:
        """Number of nulls of each column that has any."""
        return {name: count for name, count in self._counts.items() if count}

    def add(self, part: Path) -> None:
        """Read one more footer.

        Raises
        ------
        OSError, ValueError : the part cannot be read, or is no Parquet file.
        """
        try:
            footer = pq.read_metadata(part)
        except pa.ArrowException as error:  # some are no ValueError
            raise ValueError(str(error)) from error
        if not self.parts:
            self.metadata = footer.metadata or {}
        if self._schema is None or not self._schema.equals(footer.schema):
            self._schema = footer.schema
            self._names = list(_top_names(footer.schema))
            self.columns = self.columns or tuple(dict.fromkeys(self._names))
        self.parts += 1
        self.rows += footer.num_rows
        self.bytes += part.stat().st_size
        for group in range(footer.num_row_groups):
            self._count(footer.row_group(group))

    def _count(self, group: Any) -> None:
        is_told = True
        for index, name in enumerate(self._names):
            statistics = group.column(index).statistics
            if statistics is None or not statistics.has_null_count:
                is_told = False
            elif nulls := statistics.null_count:
                self._counts[name] = self._counts.get(name, 0) + nulls
        self.uncounted += not is_told


def _top_names(schema: Any) -> Iterator[str]:
    """The column that each leaf belongs to: a list's leaf is `name.list.element`."""
    for index in range(len(schema)):
        yield schema.column(index).path.partition(".")[0]
