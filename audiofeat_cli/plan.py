"""The Plan: nodes, edges, columns and a hash, all plain data that pickles, prints and compares."""

import dataclasses
import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from audiofeat_cli.config.model import Config
from audiofeat_cli.step import Kind, Root

FORMAT = 1
"""Raised when the meaning of tables changes in a way that no step's version tells."""

LIST_ABOVE = 4096
"""A feature of more values per row than this becomes one list column."""

_STREAMS = ("root", "local", "scan")


@dataclass(frozen=True, slots=True)
class Node:
    """One step with its parameters and the nodes it reads. `run_pass` is when it can run."""

    step: str
    kind: Kind
    version: int
    parameters: tuple[tuple[str, Any], ...]
    inputs: tuple[int, ...]
    root: Root | None
    run_pass: int

    @property
    def is_stream(self) -> bool:
        """Whether it gives items in time rather than one value."""
        return self.kind in _STREAMS

    @property
    def title(self) -> str:
        """Its short name, for people."""
        return self.step.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Output:
    """What one feature of the config, or one of its named values, puts into the tables.

    Attributes
    ----------
    alias : first part of its columns.
    request : the same of the feature: `pyin` where alias is `pyin_f0`.
    categories : what each number stands for, where dtype is `string`.
    """

    feature: str
    alias: str
    request: str
    node: int
    level: str
    dtype: str
    width: int
    unit: str
    gain: str
    labels: tuple[float | str, ...]
    definition: str
    reference: str
    plugin: str
    parameters: tuple[tuple[str, Any], ...]
    categories: tuple[str, ...] = ()

    @property
    def is_list(self) -> bool:
        """Whether its values stand in one list column."""
        return self.width > LIST_ABOVE

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names of the frames table (or of the clips table for a clip-level feature)."""
        if self.level == "event":
            return ()
        if self.width == 0 or self.is_list:
            return (self.alias,)
        digits = max(2, len(str(self.width - 1)))
        return tuple(f"{self.alias}_{i:0{digits}d}" for i in range(self.width))

    def pooled(self, statistics: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the statistics that the clips table has of it: none of names and clip values."""
        return statistics if self.level == "frame" and self.dtype != "string" else ()


@dataclass(frozen=True)
class Plan:
    """All that a worker needs to know of a run. Picklable, comparable, printable."""

    config: Config
    nodes: tuple[Node, ...]
    outputs: tuple[Output, ...]
    hash: str = ""

    @cached_property
    def roots(self) -> frozenset[Root]:
        """The signals it reads; the analysis signal always, because it makes the grid."""
        used = {node.root for node in self.nodes if node.kind == "root" and node.root}
        return frozenset(used | {"analysis"})

    @property
    def tables(self) -> tuple[str, ...]:
        """Which tables are written: those the config says, and events where a feature has some."""
        has_events = any(o.level == "event" for o in self.outputs)
        return (*self.config.tables, "events") if has_events else self.config.tables

    @property
    def frame_outputs(self) -> tuple[int, ...]:
        """Indices of the outputs that have a value per frame."""
        return tuple(i for i, o in enumerate(self.outputs) if o.level == "frame")

    @property
    def passes(self) -> int:
        """How often the frames are gone through."""
        reading = (n.run_pass for n in self.nodes if n.is_stream or n.kind == "clip")
        return 1 + max(reading, default=0)

    @property
    def depends_on_file_rate(self) -> bool:
        """Whether constants differ with the rate of the file."""
        return self.config.sample_rate is None or "native" in self.roots

    @property
    def config_text(self) -> str:
        """The resolved config as JSON text."""
        return canonical_json(resolved_config(self))

    @property
    def plugins(self) -> tuple[str, ...]:
        """`name version` of each plugin that a feature comes from."""
        return tuple(sorted({o.plugin for o in self.outputs if o.plugin}))


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""

    def plain(item: Any) -> Any:
        if isinstance(item, Fraction):
            return f"{item.numerator}/{item.denominator}"
        raise TypeError(f"{type(item).__name__} cannot be part of a plan")

    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=plain)


def resolved_config(plan: Plan) -> dict[str, Any]:
    """The config with every default spelled out, as run.json and the tables' metadata show it."""
    config = dataclasses.asdict(plan.config)
    for hidden in ("notes", "name"):
        config.pop(hidden, None)
    requests = {o.request: o for o in plan.outputs}
    config["features"] = [
        {o.feature: {**dict(o.parameters), "as": name}} for name, o in requests.items()
    ]
    return config


def call_with(function: Callable[..., Any], values: Mapping[str, Any]) -> Any:
    """Call with those of `values` that the function's keyword-only parameters name."""
    names = [
        p.name
        for p in inspect.signature(function).parameters.values()
        if p.kind is inspect.Parameter.KEYWORD_ONLY
    ]
    return function(**{name: values[name] for name in names if name in values})


def plan_hash(plan: Plan) -> str:
    """What decides resume: nodes with versions and parameters, columns, grid, pooling, plugins."""
    config = plan.config
    facts = {
        "format": FORMAT,
        "nodes": [dataclasses.astuple(node) for node in plan.nodes],
        "outputs": [[o.alias, o.node, o.level, o.dtype, o.width] for o in plan.outputs],
        "signal": [config.sample_rate, config.channels, config.resampler],
        "grid": [config.hop_length, config.center, config.n_fft],
        "tables": [config.pooling, dataclasses.asdict(config)["segments"], config.tables],
        "plugins": plan.plugins,
    }
    return hashlib.sha256(canonical_json(facts).encode()).hexdigest()[:32]
