"""What is told of an output folder."""

import textwrap
from collections.abc import Iterator

from audiofeat_cli.console import one_line
from audiofeat_cli.inspect.output import OutputFacts, TableFacts

_LABEL = 12
_NULLS_SHOWN = 8
_SETTINGS = ("sample_rate", "channels", "n_fft", "win_length", "hop_length", "window")


def output_lines(facts: OutputFacts, width: int) -> Iterator[str]:
    """The facts of one output, line by line."""
    ours = f"written by audiofeat {facts.versions.get('audiofeat-cli', '')}".rstrip()
    yield one_line(f"{facts.path}: {ours if facts.config else 'a table, but not one of audiofeat'}")
    for table in facts.tables:
        parts = f"{table.parts:,} part{'s' if table.parts != 1 else ''}"
        size = f"{table.rows:,} rows x {table.columns:,} columns in {parts}, {table.bytes:,} bytes"
        yield from _rows(table.name, size, width)
        yield from _rows("  nulls", _nulls(table), width)
    if facts.counts:
        done, failed = (facts.counts.get(key, 0) for key in ("clips", "failed"))
        times = f"{facts.audio_seconds or 0:.1f} s of audio in {facts.wall_seconds or 0:.1f} s"
        yield from _rows("files", f"{done:,} done, {failed:,} failed; {times}", width)
    if facts.config:
        shown = ", ".join(f"{key} {facts.config.get(key)}" for key in _SETTINGS)
        names = ", ".join(next(iter(entry)) for entry in facts.config.get("features", ()))
        yield from _rows("config", shown, width)
        yield from _rows("features", names, width)
    if facts.versions:
        yield from _rows(
            "versions", ", ".join(f"{k} {v}" for k, v in facts.versions.items()), width
        )
    for failure in facts.failures:
        told = f"{failure.get('path', '')}: {failure.get('message', '')}"
        yield from _rows("failed", one_line(told), width)
    more = (facts.n_failures or 0) - len(facts.failures)
    if more > 0:
        yield from _rows("", f"and {more:,} more in failures.jsonl", width)


def _nulls(table: TableFacts) -> str:
    found = table.nulls_by_feature()
    most = sorted(found.items(), key=lambda item: (-item[1][0], item[0]))
    told = [_count(name, *counts) for name, counts in most[:_NULLS_SHOWN]]
    if len(found) > _NULLS_SHOWN:
        told.append(f"and {len(found) - _NULLS_SHOWN} more features")
    text = "; ".join(told) or "none"
    if table.uncounted_groups:
        text += f" ({table.uncounted_groups} row groups have no statistics)"
    return text


def _count(name: str, nulls: int, columns: int) -> str:
    if columns == 1:
        return f"{name} {nulls:,}"
    return f"{name} {nulls:,} in {columns} columns"


def _rows(label: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=f"  {label:<{_LABEL - 2}}",
        subsequent_indent=" " * _LABEL,
        break_long_words=False,
        break_on_hyphens=False,
    )
