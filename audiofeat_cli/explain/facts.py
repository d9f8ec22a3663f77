"""What a config means, in numbers: time, frequency, work, columns and bytes."""

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.errors import ClipError
from audiofeat_cli.explain.probe import (
    Kept,
    Transforms,
    Work,
    longest_tried,
    shortest_clips,
    work_of,
)
from audiofeat_cli.explain.spectra import Bands, Spectrum, bands_of, spectra_of
from audiofeat_cli.explain.tables import Ordered, Table, ordered_of, table_of
from audiofeat_cli.plan import Plan
from audiofeat_cli.planning import Planned
from audiofeat_cli.registry import load_features
from audiofeat_cli.stream import Program

ASSUMED_RATE = 44100
"""Hz that numbers are given for where `sample_rate` is null."""


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
class Shortest:
    """The shortest clip in which a feature has a value, at the sample rate of the grid.

    `samples` and `ms` are None where no clip of up to `tried` samples has one.
    """

    feature: str
    samples: int | None
    ms: float | None
    tried: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """All facts of one config. Numbers per hour are for one channel."""

    config: str
    name: str
    grid: Grid
    shortest: tuple[Shortest, ...]
    spectra: tuple[Spectrum, ...]
    bands: tuple[Bands, ...]
    ffts_per_hour: int
    transforms: tuple[Transforms, ...]
    passes: int
    kept: tuple[Kept, ...]
    ordered: Ordered | None
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
                "parameters": {name: _plain(value) for name, value in node.parameters},
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
    bands, work = _tried(plan, grid)
    problem = f"numbers of the trial run are missing: {work.problem}"
    return Explanation(
        config=planned.source,
        name=plan.config.name,
        grid=grid,
        shortest=_shortest(plan, grid),
        spectra=tuple(spectra_of(plan, rate=rate, hop_length=grid.hop_length)),
        bands=bands,
        ffts_per_hour=sum(step.per_hour for step in work.transforms),
        transforms=work.transforms,
        passes=plan.passes,
        kept=work.kept,
        ordered=ordered_of(plan, grid.frames_per_hour),
        tables=tuple(table_of(plan, name, grid.frames_per_hour) for name in plan.tables),
        notes=plan.config.notes,
        warnings=(*planned.warnings, problem) if work.problem else planned.warnings,
        plan=plan,
    )


def _tried(plan: Plan, grid: Grid) -> tuple[tuple[Bands, ...], Work]:
    try:
        program = Program(plan)
    except ClipError as error:
        return (), Work(problem=error.message)
    bands = tuple(bands_of(plan, program.values))
    return bands, work_of(program, rate=grid.at_rate, frames_per_hour=grid.frames_per_hour)


def _shortest(plan: Plan, grid: Grid) -> tuple[Shortest, ...]:
    found = zip(plan.outputs, shortest_clips(plan, grid.at_rate), strict=True)
    rate = grid.at_rate
    tried = longest_tried(plan, rate)
    return tuple(
        Shortest(o.alias, n, None if n is None else 1000 * n / rate, tried) for o, n in found
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


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Fraction):
        return float(value)
    return value if isinstance(value, str | int | float | None) else asdict(value)
