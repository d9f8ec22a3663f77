"""An explanation for people, within 80 columns, the same every time."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from audiofeat_cli.explain.facts import Explanation, Grid, grid_of
from audiofeat_cli.explain.layout import (
    WIDTH,
    duration,
    note_table,
    number,
    row,
    samples,
    shown,
    size,
    wrapped,
)
from audiofeat_cli.explain.probe import Kept
from audiofeat_cli.explain.resolve import Answer, Frequency, Present, Time, yaml_lines
from audiofeat_cli.explain.spectra import Bands, Spectrum
from audiofeat_cli.explain.tables import Columns, Ordered, Table, table_of
from audiofeat_cli.explain.tree import plan_tree
from audiofeat_cli.planning import Planned
from audiofeat_cli.stream import KEEP_BYTES

_NO_UNIT = {"1", "(1)^2"}
_STATISTICS_APART = 2
"""Up to so many statistics have a line each."""


def explanation_text(facts: Explanation, *, notes: bool = False) -> str:
    """All of it; the notes that bins cover where they are asked for."""
    return "\n".join(_lines(facts, notes=notes)) + "\n"


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


def _lines(facts: Explanation, *, notes: bool) -> Iterator[str]:
    yield from wrapped("", f"{facts.config}: {_signal(facts.grid)}", indent=2)
    for note in facts.warnings:
        yield from wrapped("warning: ", note)
    yield ""
    yield "Time"
    yield from _time(facts)
    for spectrum in facts.spectra:
        yield ""
        yield from wrapped("", f"Frequency ({', '.join(spectrum.features)})", indent=2)
        yield from _frequency(spectrum)
        yield from _bands(facts.bands, spectrum)
        if notes:
            yield from note_table(spectrum.note_bins, n_fft=spectrum.n_fft, bin_hz=spectrum.bin_hz)
    if notes and not facts.spectra:
        yield ""
        yield "Notes in each bin: no feature of this config reads a spectrum."
    told: set[str] = set()
    for table in facts.tables:
        yield ""
        segments = facts.plan.config.segments if table.name == "clips" else None
        each = f"of {segments.length_s:g} s every {segments.hop_s:g} s, " if segments else ""
        yield from _table(table, told, each=each)
    yield ""
    yield from _work(facts)
    yield from plan_tree(facts.plan, WIDTH)
    if facts.notes:
        yield ""
        yield "Notes"
        for note in facts.notes:
            yield from wrapped("  ", note)


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


def _time(facts: Explanation) -> Iterator[str]:
    grid = facts.grid
    frame = f"{samples(grid.frame_length)} ({number(grid.frame_ms)} ms)"
    yield from row(
        "frame rate",
        f"{number(grid.frames_per_second)} frames per second: "
        f"one every {samples(grid.hop_length)} ({number(grid.hop_ms)} ms)",
    )
    yield from row("frame length", frame)
    where = "is centred at" if grid.center else "starts at"
    yield from row("frame t", f"{where} t x {number(grid.hop_ms)} ms")
    if grid.center:
        yield from row(
            "shortest clip",
            f"1 sample gives a frame; a clip shorter than {frame} is partly padding",
        )
    else:
        yield from row("shortest clip", f"{frame}; a shorter one has a row without values")
    yield from _values_from(facts)


def _values_from(facts: Explanation) -> Iterator[str]:
    """Clip lengths that features take beyond one frame, least first."""
    by_length: dict[int, list[str]] = {}
    for found in facts.shortest:
        if found.samples is not None and found.samples > facts.grid.shortest_samples:
            by_length.setdefault(found.samples, []).append(found.feature)
    for count in sorted(by_length):
        ms = 1000 * count / facts.grid.at_rate
        names = shown(by_length[count])
        yield from row("", f"{samples(count)} ({number(ms)} ms) for a value of {names}")
    never = [found.feature for found in facts.shortest if found.samples is None]
    if never:
        tried = samples(facts.shortest[0].tried)
        yield from row("", f"no value of {shown(never)} in clips of up to {tried} of noise")


def _frequency(spectrum: Spectrum) -> Iterator[str]:
    window = f"{samples(spectrum.win_length)} ({number(spectrum.win_ms)} ms), {spectrum.window}"
    yield from row("window", f"{window}; {spectrum.overlap:.0%} of it overlaps the next")
    yield from row(
        "bins",
        f"{spectrum.bins}, {number(spectrum.bin_hz)} Hz apart, "
        f"0 to {number(spectrum.highest_hz)} Hz (n_fft {spectrum.n_fft})",
    )
    if spectrum.n_fft > spectrum.win_length:
        yield from row(
            "zero padding",
            f"from {spectrum.win_length} to n_fft {spectrum.n_fft}: bins lie closer, but tell no "
            f"more apart than {number(spectrum.window_hz)} Hz (rate / win_length) lets them",
        )
    times = spectrum.resolution_hz / spectrum.window_hz
    noise = ""
    if spectrum.noise_bins is not None:
        noise = f"; noise bandwidth {number(spectrum.noise_bins)} x"
    yield from row(
        "resolution",
        f"{number(spectrum.resolution_hz)} Hz: closer tones of equal level show as one (peak "
        f"of the window at -6 dB, {number(times)} x rate / win_length{noise})",
    )
    yield from row("semitones", _semitones(spectrum))


def _semitones(spectrum: Spectrum) -> str:
    if spectrum.semitone_note is None:
        return "no two neighbours fall into different bins"
    bins = (
        "neighbours fall into different bins from "
        f"{spectrum.semitone_note} ({number(spectrum.semitone_hz)} Hz) up"
    )
    if spectrum.separable_note is None:
        return f"{bins}, and none can be told apart when both sound"
    return (
        f"{bins}, and can be told apart when both sound from "
        f"{spectrum.separable_note} ({number(spectrum.separable_hz)} Hz) up"
    )


def _bands(bands: Sequence[Bands], spectrum: Spectrum) -> Iterator[str]:
    """Of the filterbanks that these features read."""
    for bank in bands:
        if bank.n_fft != spectrum.n_fft or not set(bank.features) & set(spectrum.features):
            continue
        text = f"{bank.count} for {shown(bank.features)}"
        if bank.narrowest_hz is not None and bank.narrowest_bins is not None:
            text += (
                f", the narrowest {bank.narrowest_hz:.3g} Hz wide "
                f"({bank.narrowest_bins:.3g} x the distance of bins)"
            )
            if bank.narrowest_bins < 1:
                text += ": narrower than that, bands repeat their neighbours"
        yield from row("bands", text)
        if bank.dead:
            yield from row(
                "dead bands",
                f"{len(bank.dead)} of {bank.count} cover no bin and are always 0: "
                f"{shown(bank.dead)}",
            )


def _table(table: Table, told: set[str], *, each: str) -> Iterator[str]:
    """Columns with their units; a feature's definition where it comes first."""
    if table.rows is None or table.bytes is None:
        much = f"a row for each {table.per}"
    else:
        rows = f"{table.rows} row{'s' if table.rows != 1 else ''}"
        much = f"{rows}{' ' if each else ', '}{each}{size(table.bytes)} uncompressed "
        much += f"per {table.per}"
    yield from wrapped("", f"Table {table.name}: {table.columns} columns; {much}", indent=2)
    yield from wrapped("  ", ", ".join(table.keys), indent=4)
    for feature, groups in groupby(table.groups, key=lambda group: group.feature):
        named = list(groups)
        definition = "" if feature in told else f": {named[0].definition}"
        told.add(feature)
        apart = named if len(named) <= _STATISTICS_APART else named[:1]
        for group in apart:
            also = "" if group is not apart[-1] else _also(named[len(apart) :])
            names = group.first if group.count < 2 else f"{group.first} .. {group.last}"
            yield from wrapped("  ", f"{names}{_unit(group)}{also}{definition}", indent=4)
            definition = ""


def _also(groups: Sequence[Columns]) -> str:
    """Further statistics of the same columns: `; also _std _min (dB), _var ((dB)^2)`."""
    by_unit = groupby(groups, key=_unit)
    named = [" ".join(f"_{g.statistic}" for g in some) + unit for unit, some in by_unit]
    return f"; also {', '.join(named)}" if named else ""


def _unit(group: Columns) -> str:
    return f" ({group.unit})" if group.unit not in _NO_UNIT else ""


def _work(facts: Explanation) -> Iterator[str]:
    passes = "1 pass" if facts.passes == 1 else f"{facts.passes} passes"
    per = facts.tables[0].per if facts.tables[0].name == "frames" else "hour of audio"
    yield f"Plan: {passes} over the frames, {facts.ffts_per_hour} FFTs per {per}"
    if facts.kept:
        yield from _kept(facts.kept)
    if facts.ordered is not None:
        yield from _ordered(facts.ordered)


def _kept(kept: Sequence[Kept]) -> Iterator[str]:
    names = shown(stream.step for stream in kept)
    total = sum(stream.bytes_per_hour for stream in kept)
    verb = "is" if len(kept) == 1 else "are"
    clips = f" (clips over about {duration(3600 * KEEP_BYTES / total)})" if total else ""
    yield from wrapped(
        "  ",
        f"{names} {verb} kept between the passes, {size(total)} per hour of audio; when more than "
        f"{size(KEEP_BYTES)} wait{clips}, the file is read again instead, with its FFTs",
        indent=4,
    )


def _ordered(ordered: Ordered) -> Iterator[str]:
    what = f"{shown(ordered.statistics)} of {shown(ordered.features)}"
    verb = "keeps" if len(ordered.statistics) == 1 else "keep"
    if ordered.bytes_per_segment is None:
        until = f"until the clip is over, {size(ordered.bytes_per_hour)} per hour of audio"
    else:
        until = f"until its segments are over, {size(ordered.bytes_per_segment)} for each segment"
    yield from wrapped(
        "  ",
        f"{what} {verb} every value {until}; what is more than {size(KEEP_BYTES)} goes to disk",
        indent=4,
    )


def answer_text(found: Answer, *, notes: bool = False) -> str:
    """Window and hop, and what they can and cannot tell apart."""
    return "\n".join(_answer(found, notes=notes)) + "\n"


def _answer(found: Answer, *, notes: bool) -> Iterator[str]:
    asked = []
    if found.frequency is not None:
        asked.append(f"{number(found.frequency.asked_hz)} Hz")
    if found.time is not None:
        asked.append(f"{number(found.time.asked_s)} s")
    yield f"To resolve {' and '.join(asked)} at {found.sample_rate} Hz"
    yield ""
    if found.frequency is not None:
        yield from _window_answer(found.frequency)
    if found.time is not None:
        yield from _hop_answer(found.time, found.frequency)
    if found.present is not None:
        yield from _present(found.present)
    if notes and found.frequency is not None:
        yield ""
        yield from note_table(
            found.frequency.note_bins,
            n_fft=found.frequency.n_fft,
            bin_hz=found.frequency.fft_bin_hz,
        )
    yield ""
    yield from yaml_lines(found)


def _window_answer(found: Frequency) -> Iterator[str]:
    yield from row(
        "window",
        f"{samples(found.win_length)} ({number(found.win_ms)} ms) or more: "
        f"bins {number(found.bin_hz)} Hz apart (rate / win_length)",
    )
    if found.n_fft == found.win_length:
        text = f"{found.n_fft}, a power of two: nothing to pad"
    else:
        text = (
            f"{found.n_fft}, the next power of two: bins {number(found.fft_bin_hz)} Hz apart; "
            "the zeros that fill it up do not improve the resolution"
        )
    yield from row("n_fft", text)
    noise = "" if found.noise_hz is None else f"; noise bandwidth {number(found.noise_hz)} Hz"
    yield from row(
        "resolution",
        f"{number(found.resolution_hz)} Hz with {found.window}: closer tones of equal level show "
        f"as one (peak of the window at -6 dB{noise})",
    )
    if found.separating_samples > found.win_length:
        yield from row(
            "",
            f"two tones {number(found.asked_hz)} Hz apart that both sound take "
            f"{samples(found.separating_samples)}",
        )


def _hop_answer(found: Time, frequency: Frequency | None) -> Iterator[str]:
    yield from row(
        "hop",
        f"{samples(found.hop_length)} ({number(found.hop_ms)} ms) or less: "
        f"{number(found.frames_per_second)} frames a second",
    )
    if frequency is None:
        return
    if found.hop_length > frequency.win_length:
        yield from row(
            "",
            f"longer than the window: between frames "
            f"{samples(found.hop_length - frequency.win_length)} are not looked at",
        )
    elif frequency.win_length > found.hop_length:
        yield from row(
            "",
            f"each frame looks at {number(frequency.win_ms)} ms: what is closer than that blurs",
        )


def _present(found: Present) -> Iterator[str]:
    verdict = "enough" if found.is_enough else "not enough"
    yield from row(
        "config",
        f"{found.config} is {verdict}: win_length {found.win_length} ({number(found.bin_hz)} Hz), "
        f"hop_length {found.hop_length} ({number(found.hop_ms)} ms)",
    )
