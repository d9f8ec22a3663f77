"""Whether two sides computed the same: a ratio of times says nothing otherwise."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.dataset as ds

CLOSE = 1e-3


def frames_of(out: Path) -> Any:
    """The table of frames that a side wrote, wherever below `out`."""
    found = sorted(
        str(f) for f in out.rglob("*.parquet") if "clips" not in f.relative_to(out).as_posix()
    )
    return ds.dataset(found) if found else None


def agreement(ours: Path, peer: Path) -> Iterator[str]:
    """Feature by feature, the share of values that differ by less than 0.1 % of their range."""
    first, second = frames_of(ours), frames_of(peer)
    if first is None or second is None:
        return
    named = {*second.schema.names} - {"path", "frame", "time"}
    shared = [name for name in first.schema.names if name in named]
    features: dict[str, list[str]] = {}
    for name in shared:
        stem, _, number = name.rpartition("_")
        features.setdefault(stem if number.isdecimal() else name, []).append(name)
    a, b = (table.to_table(columns=shared) for table in (first, second))
    count = min(a.num_rows, b.num_rows)
    for feature, names in features.items():
        left, right = (
            np.stack([np.asarray(t[n], dtype=np.float64)[:count] for n in names]) for t in (a, b)
        )
        near = CLOSE * np.nanmax(right, initial=0) - CLOSE * np.nanmin(right, initial=0)
        close = (np.abs(left - right) <= near) | (np.isnan(left) & np.isnan(right))
        yield f"{feature} {100 * close.mean():.1f} %"
