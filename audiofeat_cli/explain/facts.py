"""What a config means, in numbers: time, frequency, work, columns and bytes."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.explain.probe import kept_streams
from audiofeat_cli.plan import Node, Output, Plan
from audiofeat_cli.planning import Planned
from audiofeat_cli.pool import unit_of
from audiofeat_cli.registry import load_features
from audiofeat_cli.steps.spectrum import power_spectrum, window_shape

ASSUMED_RATE = 44100
"""Hz that numbers are given for where `sample_rate` is null."""

SEMITONE = 2 ** (1 / 12)
_A4_HZ, _A4_MIDI = 440.0, 69
_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_KEY_BYTES = {"frames": 12, "clips": 21}
"""Bytes of frame and time; of duration, rate, channels, n_frames and truncated. Paths repeat."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The frames that all features share.

    Attributes
    ----------
    shortest_samples : shortest clip that gives a frame.
    whole_samples : shortest clip with a window that is not padded.
    """

    sample_rate: int | None
    at_rate: int
    channels: str
    hop_length: int
    hop_ms: float
    frame_length: int
    frame_ms: float
    frames_per_second: float
    frames_per_hour: int
    center: bool
    shortest_samples: int
    whole_samples: int


@dataclass(frozen=True, slots=True)
class Spectrum:
    """One short-time spectrum of the plan.

    Attributes
    ----------
    resolution_hz : width of a tone's peak where it has fallen to half its height.
    semitone_hz : from here up, notes a semitone apart are at least a bin apart.
    """

    n_fft: int
    win_length: int
    win_ms: float
    window: str
    overlap: float
    bins: int
    bin_hz: float
    highest_hz: float
    resolution_hz: float
    semitone_hz: float
    semitone_note: str | None
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A stream that waits between two passes, unless it is so long that the file is read again."""

    step: str
    bytes_per_hour: int


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one feature in one table."""

    feature: str
    count: int
    first: str
    last: str
    unit: str
    definition: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `rows` and `bytes` are per hour of audio, or per file where there is one row each.

    Bytes are before compression and without paths.
    """

    name: str
    per: str
    rows: int
    columns: int
    bytes: int
    keys: tuple[str, ...]
    groups: tuple[Columns, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """All facts of one config. Numbers per hour are for one channel."""

    config: str
    name: str
    grid: Grid
    spectra: tuple[Spectrum, ...]
    ffts_per_hour: int
    passes: int
    kept: tuple[Kept, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    plan: Plan

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for `--json`."""
        facts = {name: getattr(self, name) for name in self.__slots__ if name != "plan"}
        nodes = [
            {
                "step": node.step,
                "kind": node.kind,
                "pass": node.run_pass + 1,
                "inputs": list(node.inputs),
                "parameters": dict(node.parameters),
            }
            for node in self.plan.nodes
        ]
        return {**{k: _plain(v) for k, v in facts.items()}, "nodes": nodes}


def explain(planned: Planned) -> Explanation:
    """What the config means."""
    plan = planned.plan
    rate = plan.config.sample_rate or ASSUMED_RATE
    if plan.depends_on_file_rate:
        plan = compile_plan(plan.config, load_features(), file_rate=rate).plan or plan
    grid = grid_of(plan)
    spectra = tuple(_spectra(plan, grid))
    return Explanation(
        config=planned.source,
        name=plan.config.name,
        grid=grid,
        spectra=spectra,
        ffts_per_hour=grid.frames_per_hour * len(spectra),
        passes=plan.passes,
        kept=tuple(Kept(name, size) for name, size in kept_streams(plan, rate)),
        tables=tuple(table_of(plan, name, grid.frames_per_hour) for name in plan.tables),
        notes=plan.config.notes,
        warnings=planned.warnings,
        plan=plan,
    )


def grid_of(plan: Plan) -> Grid:
    """The frames of a plan."""
    config = plan.config
    rate = config.sample_rate or ASSUMED_RATE
    hop, frame = config.hop_length, config.n_fft
    hour = 3600 * rate
    count = 1 + hour // hop if config.center else max(0, 1 + (hour - frame) // hop)
    return Grid(
        sample_rate=config.sample_rate,
        at_rate=rate,
        channels=config.channels,
        hop_length=hop,
        hop_ms=1000 * hop / rate,
        frame_length=frame,
        frame_ms=1000 * frame / rate,
        frames_per_second=rate / hop,
        frames_per_hour=count,
        center=config.center,
        shortest_samples=1 if config.center else frame,
        whole_samples=frame,
    )


def _spectra(plan: Plan, grid: Grid) -> Iterator[Spectrum]:
    for index, node in enumerate(plan.nodes):
        if node.step == power_spectrum.name:
            names = (o.alias for o in plan.outputs if index in _needs(plan, o.node))
            yield _spectrum(plan, node, grid, tuple(names))


def _needs(plan: Plan, node: int) -> set[int]:
    found = {node}
    for index in range(node, -1, -1):
        if index in found:
            found.update(plan.nodes[index].inputs)
    return found


def _spectrum(plan: Plan, node: Node, grid: Grid, features: tuple[str, ...]) -> Spectrum:
    shape = next(
        dict(plan.nodes[i].parameters) for i in node.inputs if plan.nodes[i].kind == "constant"
    )
    rate, n_fft, length = grid.at_rate, shape["n_fft"], shape["win_length"]
    bin_hz = rate / n_fft
    semitone_hz = bin_hz / (SEMITONE - 1)
    width = peak_width(window_shape(n_fft=n_fft, win_length=length, window=shape["window"]))
    return Spectrum(
        n_fft=n_fft,
        win_length=length,
        win_ms=1000 * length / rate,
        window=_window_name(shape["window"]),
        overlap=max(0.0, 1 - grid.hop_length / length),
        bins=1 + n_fft // 2,
        bin_hz=bin_hz,
        highest_hz=rate / 2,
        resolution_hz=width * rate,
        semitone_hz=semitone_hz,
        semitone_note=note_from(semitone_hz) if semitone_hz * SEMITONE < rate / 2 else None,
        features=features,
    )


def _window_name(window: str | tuple[str | float, ...]) -> str:
    return window if isinstance(window, str) else " ".join(map(str, window))


def peak_width(window: Any) -> float:
    """Width at half height (6 dB down) of a tone's peak, in cycles per sample.

    Source: Harris 1978: two equal tones are told apart when they are that far apart.
    """
    steps = 64 * len(window)
    height = np.abs(np.fft.rfft(window, steps))
    below = np.flatnonzero(height < height[0] / 2)
    if len(below) == 0:
        return 0.5
    right = below[0]
    share = (height[right - 1] - height[0] / 2) / (height[right - 1] - height[right])
    return float(2 * (right - 1 + share) / steps)


def note_from(frequency: float) -> str:
    """The lowest note, in equal temperament at A4 = 440 Hz, that is not below a frequency."""
    midi = math.ceil(_A4_MIDI + 12 * math.log2(frequency / _A4_HZ) - 1e-9)
    return f"{_NOTES[midi % 12]}{midi // 12 - 1}"


def table_of(plan: Plan, name: str, frames_per_hour: int) -> Table:
    """One table of a plan."""
    is_frames = name == "frames"
    outputs = [o for o in plan.outputs if not is_frames or o.level == "frame"]
    groups = tuple(group for o in outputs for group in _columns(plan, o, is_frames=is_frames))
    keys = ["path", "channel"] if plan.config.channels == "each" else ["path"]
    if is_frames:
        keys += ["frame", "time"]
    else:
        keys += ["duration", "sample_rate", "channels", "n_frames", "truncated"]
    values = sum(
        max(1, o.width)
        * (1 if is_frames or o.level == "clip" else len(o.pooled(plan.config.pooling)))
        for o in outputs
    )
    rows = frames_per_hour if is_frames else 1
    row_bytes = _KEY_BYTES[name] + 4 * (values + ("channel" in keys))
    channel = " and channel" if plan.config.channels == "each" else ""
    return Table(
        name=name,
        per=("hour of audio" if is_frames else "file") + channel,
        rows=rows,
        columns=len(keys) + sum(g.count for g in groups),
        bytes=rows * row_bytes,
        keys=tuple(keys),
        groups=groups,
    )


def _columns(plan: Plan, output: Output, *, is_frames: bool) -> Iterator[Columns]:
    definition = output.definition.partition("\n")[0]
    names = output.columns
    if is_frames or output.level == "clip":
        yield Columns(output.alias, len(names), names[0], names[-1], output.unit, definition)
        return
    for statistic in output.pooled(plan.config.pooling):
        yield Columns(
            output.alias,
            len(names),
            f"{names[0]}_{statistic}",
            f"{names[-1]}_{statistic}",
            unit_of(statistic, output.unit),
            definition,
        )


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Fraction):
        return float(value)
    return value if isinstance(value, str | int | float | None) else asdict(value)
