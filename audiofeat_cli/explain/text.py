"""An explanation for people, within 80 columns, the same every time."""

import textwrap
from collections.abc import Iterator

from audiofeat_cli.explain.facts import Explanation, Grid, Spectrum, Table, grid_of, table_of
from audiofeat_cli.explain.tree import plan_tree
from audiofeat_cli.planning import Planned
from audiofeat_cli.stream import KEEP_BYTES

WIDTH = 80
_LABEL = 18
_NO_UNIT = {"1", "(1)^2"}


def explanation_text(facts: Explanation) -> str:
    """All of it."""
    return "\n".join(_lines(facts)) + "\n"


def meaning(planned: Planned) -> str:
    """A config in one line."""
    plan = planned.plan
    grid = grid_of(plan)
    tables = [table_of(plan, name, grid.frames_per_hour) for name in plan.tables]
    columns = ", ".join(f"{table.name} {table.columns}" for table in tables)
    rate = "each file's own rate" if grid.sample_rate is None else f"{grid.sample_rate} Hz"
    every = f"a frame every {samples(grid.hop_length)}"
    if grid.sample_rate is not None:
        every += f" ({number(grid.hop_ms)} ms)"
    names = ", ".join(output.alias for output in plan.outputs)
    return f"{planned.source}: {names} at {rate}, {every}; columns: {columns}"


def _lines(facts: Explanation) -> Iterator[str]:
    yield from _wrapped("", f"{facts.config}: {_signal(facts.grid)}", indent=2)
    for note in facts.warnings:
        yield from _wrapped("warning: ", note)
    yield ""
    yield "Time"
    yield from _time(facts.grid)
    for spectrum in facts.spectra:
        yield ""
        yield f"Frequency ({', '.join(spectrum.features)})"
        yield from _frequency(spectrum)
    told: set[str] = set()
    for table in facts.tables:
        yield ""
        yield from _table(table, told)
    yield ""
    yield from _work(facts)
    yield from plan_tree(facts.plan, WIDTH)
    if facts.notes:
        yield ""
        yield "Notes"
        for note in facts.notes:
            yield from _wrapped("  ", note)


def _signal(grid: Grid) -> str:
    words = {
        "mono": "all channels averaged to one",
        "left": "the left channel",
        "right": "the right channel",
        "mid": "mid, (left + right) / 2",
        "side": "side, (left - right) / 2",
        "each": "each channel by itself",
    }
    if grid.sample_rate is None:
        rate = f"each file at its own rate (numbers below: at {grid.at_rate} Hz)"
    else:
        rate = f"audio at {grid.sample_rate} Hz"
    return f"{rate}, {words[grid.channels]}"


def _row(label: str, text: str) -> Iterator[str]:
    yield from _wrapped(f"  {label:<{_LABEL - 2}}", text)


def _wrapped(start: str, text: str, indent: int | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * (len(start) if indent is None else indent),
        break_on_hyphens=False,
        break_long_words=False,
    )


def _time(grid: Grid) -> Iterator[str]:
    frame = f"{samples(grid.frame_length)} ({number(grid.frame_ms)} ms)"
    yield from _row(
        "frame rate",
        f"{number(grid.frames_per_second)} frames per second: "
        f"one every {samples(grid.hop_length)} ({number(grid.hop_ms)} ms)",
    )
    yield from _row("frame length", frame)
    where = "is centred at" if grid.center else "starts at"
    yield from _row("frame t", f"{where} t x {number(grid.hop_ms)} ms")
    if grid.center:
        yield from _row(
            "shortest clip",
            f"1 sample gives a frame; a clip shorter than {frame} is partly padding",
        )
    else:
        yield from _row("shortest clip", f"{frame}; a shorter one has a row without values")


def _frequency(spectrum: Spectrum) -> Iterator[str]:
    window = f"{samples(spectrum.win_length)} ({number(spectrum.win_ms)} ms), {spectrum.window}"
    yield from _row("window", f"{window}; {spectrum.overlap:.0%} of it overlaps the next")
    yield from _row(
        "bins",
        f"{spectrum.bins}, {number(spectrum.bin_hz)} Hz apart, "
        f"0 to {number(spectrum.highest_hz)} Hz (n_fft {spectrum.n_fft})",
    )
    yield from _row(
        "resolution",
        f"{number(spectrum.resolution_hz)} Hz: "
        "closer tones of equal level show as one (width of the window's peak)",
    )
    if spectrum.semitone_note is None:
        yield from _row("semitones", "no two neighbours fall into different bins")
    else:
        yield from _row(
            "semitones",
            f"neighbours fall into different bins from {spectrum.semitone_note} "
            f"({number(spectrum.semitone_hz)} Hz) up",
        )


def _table(table: Table, told: set[str]) -> Iterator[str]:
    """Columns with their units; a feature's definition where it comes first."""
    rows = f"{table.rows} row{'s' if table.rows != 1 else ''}"
    yield from _wrapped(
        "",
        f"Table {table.name}: {table.columns} columns; "
        f"{rows}, {size(table.bytes)} uncompressed per {table.per}",
        indent=2,
    )
    yield from _wrapped("  ", ", ".join(table.keys), indent=4)
    for group in table.groups:
        names = group.first if group.count == 1 else f"{group.first} .. {group.last}"
        unit = f" ({group.unit})" if group.unit not in _NO_UNIT else ""
        definition = "" if group.feature in told else f": {group.definition}"
        told.add(group.feature)
        yield from _wrapped("  ", f"{names}{unit}{definition}", indent=4)


def _work(facts: Explanation) -> Iterator[str]:
    passes = "1 pass" if facts.passes == 1 else f"{facts.passes} passes"
    per = facts.tables[0].per if facts.tables[0].name == "frames" else "hour of audio"
    yield f"Plan: {passes} over the frames, {facts.ffts_per_hour} FFTs per {per}"
    for kept in facts.kept:
        yield from _wrapped(
            "  ",
            f"{kept.step} is kept between the passes, {size(kept.bytes_per_hour)} per hour of "
            f"audio; when more than {size(KEEP_BYTES)} wait, the file is read again instead",
            indent=4,
        )


def samples(count: int) -> str:
    """`1 sample`, `512 samples`."""
    return f"{count} sample{'s' if count != 1 else ''}"


def number(value: float) -> str:
    """Four digits, without an exponent."""
    if abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.4g}"


def size(count: float) -> str:
    """Bytes in the unit that suits."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"
