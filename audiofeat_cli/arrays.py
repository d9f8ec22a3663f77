"""A plan on samples in memory: the one-block case of the engine, for notebooks and tests."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from audiofeat_cli.compiler import plan_at_rate
from audiofeat_cli.errors import UsageError
from audiofeat_cli.plan import Plan
from audiofeat_cli.registry import load_features
from audiofeat_cli.rows import events_of
from audiofeat_cli.step import Array
from audiofeat_cli.stream import Program, Source


class Collected:
    """A sink that keeps all it is given."""

    held_bytes = 0

    def __init__(self) -> None:
        self.blocks: dict[int, list[Array]] = {}

    def put(self, output: int, block: Array) -> None:
        """Take the next frames of an output."""
        self.blocks.setdefault(output, []).append(block)

    def restart(self) -> None:
        """Forget everything taken."""
        self.blocks = {}


class _OneBlock:
    """A source of signals that are there already."""

    def __init__(self, signals: Mapping[str, Array]) -> None:
        self.signals = signals

    def blocks(self, roots: frozenset[str]) -> Iterator[tuple[str, Array]]:
        return ((root, self.signals[root]) for root in sorted(roots))


def run_array(plan: Plan, samples: npt.ArrayLike, sample_rate: int) -> dict[str, Array]:
    """Compute the features of a plan for samples in memory.

    Parameters
    ----------
    samples : (n,) or (n, channels), full scale at 1, as float32 takes them. They are taken as they
        are: neither resampled nor mixed, each channel for itself, as with `channels: each`.
        Features of the native signal read all channels together.
    sample_rate : Hz; must be the plan's, unless that is null.

    Returns
    -------
    By column name (`as`, with `_output` where a feature has several): (frames, channels, values) of
    a feature with values per frame, (channels, values) of one of the whole clip. NaN is what tables
    call null; names (a key, a note) come as text or None. Of a feature of events (events, 3):
    channel, time in s, value. Memory grows with the length.

    Raises
    ------
    UsageError : another sample rate, or samples that are no such array, empty or not finite.
    ClipError : a step failed.
    """
    signal = _checked(samples)
    wanted = plan.config.sample_rate
    if wanted is not None and wanted != sample_rate:
        raise UsageError(
            f"the samples are at {sample_rate} Hz, the plan wants {wanted} Hz",
            "resample them first, for example with soxr.resample",
        )
    program = Program(plan_at_rate(plan, load_features(), sample_rate))
    found = collect(program, _OneBlock({"analysis": signal, "native": signal}), signal.shape[1])
    names = {o.alias: o.categories for o in program.plan.outputs if o.dtype == "string"}
    return found | {alias: _named(found[alias], names[alias]) for alias in names}


def collect(program: Program, source: Source, channels: int) -> dict[str, Array]:
    """Run a program on a source and gather what comes; see `run_array` for the form."""
    sink = Collected()
    values = program.run(source, sink)
    found: dict[str, Array] = {}
    for i, output in enumerate(program.plan.outputs):
        width = max(1, output.width)
        if output.level == "event":
            found[output.alias] = _events(values[i])
        elif output.level == "clip":
            value = np.atleast_2d(np.asarray(values[i], dtype=np.float64))
            found[output.alias] = np.broadcast_to(value, (channels, width)).copy()
        else:
            nothing = np.zeros((0, channels, width), np.float32)
            made = np.concatenate(sink.blocks.get(i, [nothing]))
            shape = (len(made), channels, width)
            found[output.alias] = np.broadcast_to(made, shape)
    return found


def _events(value: Any) -> Array:
    """(events, 3): channel, time and value."""
    rows = [
        np.stack([np.full(r.rows, r.channel), r.times, r.values], axis=1)
        for r in events_of("", "", value)
    ]
    return np.concatenate([np.zeros((0, 3)), *rows])


def _named(values: Array, categories: Sequence[str]) -> Array:
    """The name of each number."""
    flat = [categories[int(v)] if np.isfinite(v) else None for v in np.ravel(values)]
    return np.array(flat, dtype=object).reshape(values.shape)


def _checked(samples: npt.ArrayLike) -> Array:
    signal = np.asarray(samples, dtype=np.float32)
    if signal.ndim == 1:
        signal = signal[:, np.newaxis]
    if signal.ndim != 2 or signal.size == 0:
        raise UsageError(f"expected (n,) or (n, channels) samples, got shape {signal.shape}")
    if not np.isfinite(signal).all():
        raise UsageError("the samples hold NaN or infinity")
    return np.asfortranarray(signal)
