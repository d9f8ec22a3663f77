"""The engine: runs a Plan over blocks. It knows no audio and no files.

Blocks are pushed depth first through the graph, so what a step made is still in cache when the next
one reads it.  Of every stream only what some reach still needs is kept.  Root blocks are cut on a
fixed grid, so all later cuts are a function of the clip alone and equal runs give equal bits.

Where a clip value feeds back into frames, the stream at the cut is kept and replayed in the next
pass, while all that waits stays under `KEEP_BYTES`; beyond that the clip is read again.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from audiofeat_cli.plan import Plan
from audiofeat_cli.runner import Bound, Runner, runner_of
from audiofeat_cli.step import Array

KEEP_BYTES = 64 * 2**20


class Source(Protocol):
    """Where the root signals come from; `blocks` may be asked for more than once."""

    def blocks(self, roots: frozenset[str]) -> Iterable[tuple[str, Array]]:
        """Yield (root, block) with blocks of (samples, channels), all but the last equally long."""


class Sink(Protocol):
    """Where frame outputs go."""

    def put(self, output: int, block: Array) -> None:
        """Take the next (frames, channels, values) of an output."""

    def restart(self) -> None:
        """Forget everything taken: the outputs come again from the start."""

    @property
    def held_bytes(self) -> int:
        """Bytes that wait for slower outputs."""


class Program:
    """A plan made runnable: functions resolved, constants built once, then run clip after clip."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.bound = [Bound(node, plan.nodes) for node in plan.nodes]
        self.values: list[Any] = [None] * len(plan.nodes)
        self.late: list[int] = []
        self.emits: dict[int, list[int]] = {}
        for i, output in enumerate(plan.outputs):
            if output.level == "frame":
                self.emits.setdefault(output.node, []).append(i)
        known = {i for i, n in enumerate(plan.nodes) if n.kind == "constant"}
        for i, node in enumerate(plan.nodes):
            if node.kind != "constant":
                continue
            if all(source in known for source in node.inputs):
                self.values[i] = self.build_constant(i, self.values)
            else:
                known.discard(i)
                self.late.append(i)
        self.cuts = frozenset(
            source
            for node in plan.nodes
            for source in node.inputs
            if plan.nodes[source].is_stream and plan.nodes[source].run_pass < node.run_pass
        )

    def build_constant(self, index: int, values: Sequence[Any]) -> Any:
        """The value of a constant node, given those it reads."""
        bound = self.bound[index]
        return bound.invoke(bound.call, *(values[i] for i in bound.node.inputs))

    def ancestors(self, wanted: Iterable[int]) -> frozenset[int]:
        """The nodes that `wanted` are made of, themselves included."""
        found: set[int] = set()
        stack = list(wanted)
        while stack:
            index = stack.pop()
            if index not in found:
                found.add(index)
                stack.extend(self.plan.nodes[index].inputs)
        return frozenset(found)

    def run(self, source: Source, sink: Sink) -> list[Any]:
        """Run one clip: frame outputs go to the sink.

        Returns
        -------
        The value of each output of the whole clip (its events, for one of events), else None.
        """
        run = _Run(self, source, sink)
        run.all_passes()
        return [None if o.level == "frame" else run.values[o.node] for o in self.plan.outputs]


class _Run:
    """One clip going through a program."""

    def __init__(self, program: Program, source: Source, sink: Sink) -> None:
        self.program = program
        self.nodes = program.plan.nodes
        self.source = source
        self.sink = sink
        self.values = list(program.values)
        self.kept: list[tuple[int, Array]] = []
        self.kept_bytes = 0
        self.keeping = bool(program.cuts)
        self.read_again = False
        self.emits: Mapping[int, list[int]] = program.emits
        self.runners: dict[int, Runner] = {}
        self.targets: dict[int, list[tuple[int, int]]] = {}

    def all_passes(self) -> None:
        """Go through the frames as often as the plan says."""
        last = self.program.plan.passes - 1
        for number in range(last + 1):
            self._start(number, last)
            if number > 0 and not self.read_again:
                self._replay()
            else:
                self._read()
            self._end()
            self._conclude(number)

    def _start(self, number: int, last: int) -> None:
        """Choose the nodes of this pass and wire them."""
        if number == last:
            self.keeping = False
        if number == 0 or not self.read_again:
            chosen = {i for i, n in enumerate(self.nodes) if n.run_pass == number}
        else:
            values = [i for i, n in enumerate(self.nodes) if n.kind == "clip"]
            wanted = [i for i in values if self.nodes[i].run_pass == number]
            if number == last:
                wanted += list(self.program.emits)
                self.emits = self.program.emits
            chosen = {
                i
                for i in self.program.ancestors(wanted)
                if self.nodes[i].is_stream or self.nodes[i].run_pass == number
            }
        self._wire(chosen)

    def _wire(self, chosen: Iterable[int]) -> None:
        self.runners = {}
        self.targets = {}
        for i in sorted(chosen):
            node = self.nodes[i]
            bound = self.program.bound[i]
            if node.kind == "root" or (not bound.slots):
                continue
            self.runners[i] = runner_of(bound, self.values)
            for slot in bound.slots:
                self.targets.setdefault(node.inputs[slot], []).append((i, slot))

    def _replay(self) -> None:
        for index, block in list(self.kept):
            self._feed(index, block)
            self._spill()

    def _read(self) -> None:
        """Read the signals. A last block waits for the end: a short clip is one piece, not two."""
        roots = {n.root: i for i, n in enumerate(self.nodes) if n.kind == "root"}
        newest: dict[int, Array] = {}
        for root, block in self.source.blocks(self.program.plan.roots):
            if root not in roots:
                continue
            index = roots[root]
            if index in newest:
                self._push(index, newest[index])
                self._spill()
            newest[index] = block
        for index, block in newest.items():
            self._push(index, block, is_last=True)
            self._spill()

    def _feed(self, index: int, block: Array, *, is_last: bool = False) -> None:
        for consumer, slot in self.targets.get(index, ()):
            made = self.runners[consumer].feed(slot, block, is_last=is_last)
            if made is not None:
                self._push(consumer, made)

    def _push(self, index: int, block: Array, *, is_last: bool = False) -> None:
        if len(block) == 0:
            return
        for output in self.emits.get(index, ()):
            self.sink.put(output, block)
        if self.keeping and index in self.program.cuts:
            self.kept.append((index, block))
            self.kept_bytes += block.nbytes
        self._feed(index, block, is_last=is_last)

    def _spill(self) -> None:
        """Too much waits: give it up, finish the clip values only, and read the clip again."""
        if not self.keeping or self.kept_bytes + self.sink.held_bytes <= KEEP_BYTES:
            return
        self.kept, self.kept_bytes, self.keeping = [], 0, False
        self.read_again = True
        self.sink.restart()
        self.emits = {}
        needed = self.program.ancestors(i for i, n in enumerate(self.nodes) if n.kind == "clip")
        self.targets = {
            source: [(c, slot) for c, slot in consumers if c in needed]
            for source, consumers in self.targets.items()
        }

    def _end(self) -> None:
        for index, runner in self.runners.items():
            made = runner.end()
            if made is not None:
                self._push(index, made)

    def _conclude(self, number: int) -> None:
        """Take the values of this pass's clip nodes, and build what depends on them alone."""
        for index, runner in self.runners.items():
            if self.nodes[index].kind == "clip" and self.nodes[index].run_pass == number:
                self.values[index] = runner.value()
        for index in self.program.late:
            if self.nodes[index].run_pass == number + 1:
                self.values[index] = self.program.build_constant(index, self.values)
