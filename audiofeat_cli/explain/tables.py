"""The tables that a plan writes: columns, rows, bytes, and what pooling keeps for them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from audiofeat_cli.config.model import Segments
from audiofeat_cli.plan import Output, Plan
from audiofeat_cli.pool import PERCENTS, unit_of

_HOUR = 3600
_KEY_BYTES = {"frames": 12, "clips": 21}
"""Bytes of frame and time; of duration, rate, channels, n_frames and truncated. Paths repeat."""

_SEGMENT_BYTES = 20
"""Of segment, start and end."""

_VALUE_BYTES = {"bool": 1}
_KEPT_BYTES = 4


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one feature in one table, of one statistic (empty: its own values)."""

    feature: str
    statistic: str
    count: int
    first: str
    last: str
    unit: str
    definition: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `rows` and `bytes` are per hour of audio, or per file where there is one row each.

    Bytes are before compression, without paths and names. Of events, which come as they come, both
    are None, and the groups are their kinds: no columns.
    """

    name: str
    per: str
    rows: int | None
    columns: int
    bytes: int | None
    keys: tuple[str, ...]
    groups: tuple[Columns, ...]


@dataclass(frozen=True, slots=True)
class Ordered:
    """Values that are kept until a clip is over, for statistics that need them in order.

    `bytes_per_segment` is None without segments; with them a value waits for those that it is in.
    """

    statistics: tuple[str, ...]
    features: tuple[str, ...]
    bytes_per_hour: int
    bytes_per_segment: int | None


def table_of(plan: Plan, name: str, frames_per_hour: int) -> Table:
    """One table of a plan."""
    if name == "events":
        return _events(plan)
    is_frames = name == "frames"
    config = plan.config
    levels = {"frame"} if is_frames else {"frame", "clip"}
    outputs = [o for o in plan.outputs if o.level in levels]
    groups = tuple(group for o in outputs for group in _columns(plan, o, is_frames=is_frames))
    segments = None if is_frames else config.segments
    keys = ["path"]
    row_bytes = _KEY_BYTES[name]
    if config.channels == "each":
        keys.append("channel")
        row_bytes += 4
    if segments is not None:
        keys += ["segment", "start", "end"]
        row_bytes += _SEGMENT_BYTES
    if is_frames:
        keys += ["frame", "time"]
    else:
        keys += ["duration", "sample_rate", "channels", "n_frames", "truncated"]
    row_bytes += sum(_bytes(o, config.pooling, is_frames=is_frames) for o in outputs)
    rows = frames_per_hour if is_frames else 1
    if segments is not None:
        rows = segments_per_hour(segments)
    hourly = is_frames or segments is not None
    channel = " and channel" if config.channels == "each" else ""
    return Table(
        name=name,
        per=("hour of audio" if hourly else "file") + channel,
        rows=rows,
        columns=len(keys) + sum(g.count for g in groups),
        bytes=rows * row_bytes,
        keys=tuple(keys),
        groups=groups,
    )


def _events(plan: Plan) -> Table:
    channel = ("channel",) if plan.config.channels == "each" else ()
    keys = ("path", *channel, "kind", "time", "value")
    kinds = (
        Columns(o.alias, "", 0, o.alias, o.alias, o.unit, o.definition.partition("\n")[0])
        for o in plan.outputs
        if o.level == "event"
    )
    return Table("events", "event", None, len(keys), None, keys, tuple(kinds))


def segments_per_hour(segments: Segments) -> int:
    """Segments of a clip of one hour; a last partial one counts from half its length."""
    left = _HOUR - segments.length / 2
    return max(1, 1 + math.floor(left / segments.hop))


def _bytes(output: Output, pooling: tuple[str, ...], *, is_frames: bool) -> int:
    width = max(1, output.width)
    if is_frames or output.level == "clip":
        return width * _VALUE_BYTES.get(output.dtype, 4)
    return width * 4 * len(output.pooled(pooling))


def _columns(plan: Plan, output: Output, *, is_frames: bool) -> Iterator[Columns]:
    definition = output.definition.partition("\n")[0]
    names = output.columns
    if is_frames or output.level == "clip":
        yield Columns(output.alias, "", len(names), names[0], names[-1], output.unit, definition)
        return
    for statistic in output.pooled(plan.config.pooling):
        yield Columns(
            output.alias,
            statistic,
            len(names),
            f"{names[0]}_{statistic}",
            f"{names[-1]}_{statistic}",
            unit_of(statistic, output.unit),
            definition,
        )


def ordered_of(plan: Plan, frames_per_hour: int) -> Ordered | None:
    """What order statistics keep: every value of every frame, 4 bytes each. None without them."""
    if "clips" not in plan.tables:
        return None
    statistics = tuple(name for name in plan.config.pooling if name in PERCENTS)
    outputs = [o for o in plan.outputs if o.pooled(statistics)]
    if not outputs:
        return None
    size = _KEPT_BYTES * frames_per_hour * sum(max(1, o.width) for o in outputs)
    segments = plan.config.segments
    of_segment = None if segments is None else math.ceil(size * segments.length / _HOUR)
    features = tuple(dict.fromkeys(o.request for o in outputs))
    return Ordered(statistics, features, size, of_segment)
