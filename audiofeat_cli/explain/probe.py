"""Trial runs: what a plan keeps, how much it transforms, and how short a clip may be.

Counted rather than declared, so a step that is new, or a plugin's, is counted as well.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from audiofeat_cli.errors import ClipError
from audiofeat_cli.explain.counting import TransformCounter
from audiofeat_cli.plan import Plan
from audiofeat_cli.step import Array
from audiofeat_cli.stream import Program

_SECONDS = 10
_FRAMES = 512
_BLOCK = 65536
_BLOCK_FRAMES = 64
_LONGEST = 2**22
_LONGEST_SECONDS = 64
_LONGEST_FRAMES = 2**15
_WORK = 2**26
"""Frames times their length: what no clip that is tried may come to."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A stream that waits between two passes, unless it is so long that the file is read again."""

    step: str
    bytes_per_hour: int


@dataclass(frozen=True, slots=True)
class Transforms:
    """The FFTs of one step.

    Attributes
    ----------
    per_hour : those that it makes while audio comes, per hour of audio.
    per_clip : those that it makes once, when the clip is over.
    """

    step: str
    per_hour: int
    per_clip: int


@dataclass(frozen=True, slots=True)
class Work:
    """What a trial run took. `problem` says why there was none."""

    kept: tuple[Kept, ...] = ()
    transforms: tuple[Transforms, ...] = ()
    problem: str = ""


class _Signal:
    """A source of samples in memory: one channel of the analysis signal, two of the native one."""

    def __init__(self, plan: Plan, samples: Array) -> None:
        self.samples = samples
        hop = plan.config.hop_length
        few = _WORK // 4 // _longest_frame(plan)
        self.block = hop * max(1, min(_BLOCK_FRAMES, _BLOCK // hop, few))

    def blocks(self, roots: frozenset[str]) -> Iterator[tuple[str, Array]]:
        channels = {"analysis": self.samples[:, :1], "native": self.samples}
        for start in range(0, len(self.samples), self.block):
            for root in sorted(roots):
                yield root, channels[root][start : start + self.block]


class _Frames:
    """A sink that remembers which outputs had a value."""

    held_bytes = 0

    def __init__(self) -> None:
        self.valued: set[int] = set()

    def put(self, output: int, block: Array) -> None:
        """Take the next frames of an output."""
        if np.isfinite(block).any():
            self.valued.add(output)

    def restart(self) -> None:
        """Forget everything taken."""
        self.valued = set()


class _Meter:
    """Weighs what one step makes, and counts its transforms."""

    def __init__(self, counter: TransformCounter) -> None:
        self.counter = counter
        self.bytes = 0
        self.ffts = 0

    def under(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The step's function, weighed."""

        def weighed(*arguments: Any) -> Any:
            before = self.counter.count
            made = call(*arguments)
            self.ffts += self.counter.count - before
            stream = made[1] if isinstance(made, tuple) else made
            self.bytes += getattr(stream, "nbytes", 0)
            return made

        return weighed


def work_of(program: Program, *, rate: int, frames_per_hour: int) -> Work:
    """What the plan keeps and transforms per hour, from a trial run on some seconds of noise.

    Numbers are for one channel; where features read the native signal, for two of that.
    """
    plan = program.plan
    config = plan.config
    few = max(1, _WORK // 16 // _longest_frame(plan))
    frames = max(1, min(_SECONDS * rate // config.hop_length, _FRAMES, few))
    samples = min(frames * config.hop_length, _LONGEST)
    padding = 0 if config.center else config.n_fft
    signal = _Signal(plan, _noise(samples + padding))
    counter = TransformCounter()
    streams, ends = _metered(program, counter)
    try:
        with counter.counting():
            program.run(signal, _Frames())
    except ClipError as error:
        return Work(problem=error.message)
    share = frames_per_hour / (1 + samples // config.hop_length)
    kept = tuple(
        Kept(plan.nodes[index].title, round(streams[index].bytes * share))
        for index in sorted(program.cuts)
        if index in streams
    )
    transforms = tuple(
        Transforms(plan.nodes[index].title, round(streams[index].ffts * share), ends[index].ffts)
        for index in sorted(streams)
        if streams[index].ffts or ends[index].ffts
    )
    return Work(kept, transforms)


def _metered(
    program: Program, counter: TransformCounter
) -> tuple[Mapping[int, _Meter], Mapping[int, _Meter]]:
    """Meters under what each node does with items as they come, and with a clip as a whole."""
    streams: dict[int, _Meter] = {}
    ends: dict[int, _Meter] = {}
    for index, bound in enumerate(program.bound):
        if bound.node.kind in {"root", "constant"}:
            continue
        streams[index], ends[index] = _Meter(counter), _Meter(counter)
        if bound.finish is not None:  # of a recursion: what it still holds, which is items too
            last = ends if bound.node.kind == "clip" else streams
            bound.finish = last[index].under(bound.finish)
        whole = bound.node.kind == "clip" and bound.finish is None
        bound.call = (ends if whole else streams)[index].under(bound.call)
    return streams, ends


def _noise(samples: int) -> Array:
    return np.random.default_rng(0).uniform(-0.5, 0.5, (samples, 2)).astype(np.float32)


def _music(samples: int, rate: int) -> Array:
    """A harmonic tone that is struck four times a second, and a little noise."""
    t = np.arange(samples) / rate
    f0 = min(330.0, rate / 16)
    tone = sum(np.sin(2 * np.pi * h * f0 * t) / h for h in range(1, 6))
    struck = np.exp(-6 * np.mod(t, 0.25)) * tone
    both = np.stack([0.3 * struck, 0.2 * struck], axis=1)
    return np.asarray(both + 0.01 * _noise(samples), dtype=np.float32)


def longest_tried(plan: Plan, rate: int) -> int:
    """Samples of the longest clip in which a value is looked for."""
    hop, frame = plan.config.hop_length, _longest_frame(plan)
    frames = max(1, min(_LONGEST_FRAMES, _WORK // frame))
    return min(max(_LONGEST_SECONDS * rate, 64 * max(frame, hop)), _LONGEST, frames * hop + frame)


def _longest_frame(plan: Plan) -> int:
    lengths = (value for n in plan.nodes for name, value in n.parameters if name == "n_fft")
    return max([plan.config.n_fft, *(int(value) for value in lengths)])


class _Search:
    """Finds for each output the shortest clip in which it has a value."""

    def __init__(self, plan: Plan, rate: int) -> None:
        self.plan = plan
        self.rate = rate
        self.programs: dict[frozenset[int], tuple[Program, Sequence[int]]] = {}
        self.longest = longest_tried(plan, rate)
        self.signals = (_noise(1), _music(1, rate))

    def every(self) -> Iterator[tuple[int, int]]:
        """Output and samples, for those outputs that have a value in any clip tried."""
        left = frozenset(range(len(self.plan.outputs)))
        below, here = 0, 1
        while left:
            found = self.valued(left, here)
            yield from self.between(found, below, here)
            left -= found
            if here == self.longest:
                return
            below, here = here, min(2 * here, self.longest)

    def between(self, outputs: frozenset[int], low: int, high: int) -> Iterator[tuple[int, int]]:
        """The outputs have none in a clip of `low` samples, all have one in `high`."""
        if not outputs:
            return
        if high - low == 1:
            yield from ((output, high) for output in sorted(outputs))
            return
        middle = (low + high) // 2
        found = self.valued(outputs, middle)
        yield from self.between(found, low, middle)
        yield from self.between(outputs - found, middle, high)

    def valued(self, outputs: frozenset[int], samples: int) -> frozenset[int]:
        """Those of the outputs that have a value in a clip of so many samples."""
        found: frozenset[int] = frozenset()
        if len(self.signals[0]) < samples:
            self.signals = (_noise(samples), _music(samples, self.rate))
        for signal in self.signals:
            if found != outputs:
                found |= self._run(outputs - found, signal[:samples])
        return found

    def _run(self, outputs: frozenset[int], samples: Array) -> frozenset[int]:
        sink = _Frames()
        try:
            program, numbers = self._program(outputs)
            values = program.run(_Signal(self.plan, samples), sink)
        except ClipError:
            return frozenset() if len(outputs) == 1 else self._one_by_one(outputs, samples)
        of_clip = {k for k, value in enumerate(values) if value is not None and _has_value(value)}
        return frozenset(numbers[k] for k in sink.valued | of_clip)

    def _one_by_one(self, outputs: Iterable[int], samples: Array) -> frozenset[int]:
        """One of them fails: it must not hide the others."""
        return frozenset().union(*(self._run(frozenset({o}), samples) for o in outputs))

    def _program(self, outputs: frozenset[int]) -> tuple[Program, Sequence[int]]:
        if outputs not in self.programs:
            numbers = sorted(outputs)
            self.programs[outputs] = (Program(pruned(self.plan, numbers)), numbers)
        return self.programs[outputs]


def _has_value(value: Any) -> bool:
    """Whether something is known of the clip; events come as a list, and one will do."""
    parts = value if isinstance(value, list) else [value]
    return any(bool(np.isfinite(np.asarray(part, dtype=np.float64)).any()) for part in parts)


def pruned(plan: Plan, outputs: Sequence[int]) -> Plan:
    """The plan with these outputs only, and the nodes that they are made of."""
    needed: set[int] = set()
    stack = [plan.outputs[i].node for i in outputs]
    while stack:
        index = stack.pop()
        if index not in needed:
            needed.add(index)
            stack.extend(plan.nodes[index].inputs)
    at = {old: new for new, old in enumerate(sorted(needed))}
    nodes = (
        replace(plan.nodes[i], inputs=tuple(at[source] for source in plan.nodes[i].inputs))
        for i in sorted(needed)
    )
    left = (replace(plan.outputs[i], node=at[plan.outputs[i].node]) for i in outputs)
    return replace(plan, nodes=tuple(nodes), outputs=tuple(left))


def shortest_clips(plan: Plan, rate: int) -> Sequence[int | None]:
    """Samples of the shortest clip with a value of each output, found by trial.

    Tried on noise, and on a struck tone for what noise has not (a pitch). None where no clip that
    was tried has one.
    """
    found = dict(_Search(plan, rate).every())
    return [found.get(i) for i in range(len(plan.outputs))]
