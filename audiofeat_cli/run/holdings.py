"""Which parts hold the rows of which clips.

Asked seldom, and answered by reading the journals again, because a table from every clip to its
part would be large. What is remembered meanwhile is in proportion to the clips asked about.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from audiofeat_cli.run.history import Part, new_part
from audiofeat_cli.run.journal import Record, read_records
from audiofeat_cli.run.layout import Layout


@dataclass
class Holding:
    """Some clips, their paths by key, and all parts that hold rows of them (and of others)."""

    parts: dict[Part, None] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)


def find_holdings(layout: Layout, keys: Collection[str], *, at_most: int) -> list[Holding]:
    """Where the rows of the clips `keys` are: a holding for each batch that did some of them.

    Batches that share a part, because it was merged, are one holding as long as its parts have no
    more than `at_most` bytes together; so a shared part is rewritten few times.
    """
    places: dict[str, tuple[int, str]] = {}
    batches: list[list[Part]] = []
    merged: dict[Part, Part] = {}
    for record in _records(layout, merged):
        for key in record.get("dropped", ()):
            places.pop(key, None)
        wanted = [clip for clip in record.get("clips", ()) if clip[0] in keys]
        for clip in wanted:
            places[clip[0]] = len(batches), clip[4] if len(clip) > 4 else clip[0]
        if wanted:
            batches.append(_parts(record))
    paths: dict[int, dict[str, str]] = {}
    for key, (batch, path) in places.items():
        paths.setdefault(batch, {})[key] = path
    found = (
        Holding(dict.fromkeys(_now(part, merged) for part in batches[batch]), paths[batch])
        for batch in sorted(paths)
    )
    return list(_joined(layout, found, at_most))


def find_clips(layout: Layout, lost: Collection[Part]) -> set[str]:
    """Keys of the clips whose rows, or some of them, are in the parts `lost`."""
    merged: dict[Part, Part] = {}
    for _ in _records(layout, merged):
        pass
    found: set[str] = set()
    for record in _records(layout, {}):
        found.difference_update(record.get("dropped", ()))
        keys = [clip[0] for clip in record.get("clips", ())]
        if any(_now(part, merged) in lost for part in _parts(record)):
            found.update(keys)
        else:
            found.difference_update(keys)
    return found


def _joined(layout: Layout, holdings: Iterator[Holding], at_most: int) -> Iterator[Holding]:
    current: Holding | None = None
    for holding in holdings:
        if current is None:
            current = holding
            continue
        both = current.parts | holding.parts
        is_shared = len(both) < len(current.parts) + len(holding.parts)
        if is_shared and sum(_size(layout, part) for part in both) <= at_most:
            current = Holding(both, current.paths | holding.paths)
        else:
            yield current
            current = holding
    if current is not None:
        yield current


def _size(layout: Layout, part: Part) -> int:
    path = layout.part(*part)
    return path.stat().st_size if path.exists() else 0


def _records(layout: Layout, merged: dict[Part, Part]) -> Iterator[dict[str, Any]]:
    """All records; `merged` learns which parts' rows have moved."""
    for path in layout.journals():
        for record, _ in read_records(path):
            for table, name in record.get("merged", ()):
                merged[table, name] = new_part(record)
            yield record


def _parts(record: Record) -> list[Part]:
    return [(part[0], part[1]) for part in record.get("parts", ())]


def _now(part: Part, merged: Mapping[Part, Part]) -> Part:
    """The part that has its rows now."""
    while part in merged:
        part = merged[part]
    return part
