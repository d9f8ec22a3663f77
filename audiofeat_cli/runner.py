"""Nodes at work: a bound node is shared by all clips, a runner is one node while a clip runs."""

import inspect
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from audiofeat_cli.errors import ClipError
from audiofeat_cli.plan import Node, call_with
from audiofeat_cli.reach import POINT
from audiofeat_cli.registry import step_named
from audiofeat_cli.step import Array
from audiofeat_cli.window import Window


class Bound:
    """A node with its function and parameters at hand: the part that all clips share."""

    def __init__(self, node: Node, nodes: Sequence[Node]) -> None:
        self.node = node
        self.parameters = dict(node.parameters)
        self.slots = tuple(s for s, i in enumerate(node.inputs) if nodes[i].is_stream)
        self.reach = POINT
        self.finish: Callable[..., Any] | None = None
        self.call: Callable[..., Any] = _nothing
        if node.kind == "root":
            return
        step = step_named(node.step)
        self.call = partial(step.function, **self._own(step.function))
        self.reach = call_with(step.reach, self.parameters) if callable(step.reach) else step.reach
        if step.finish is not None:
            self.finish = partial(step.finish, **self._own(step.finish))

    def _own(self, function: Callable[..., Any]) -> Mapping[str, Any]:
        wanted = inspect.signature(function).parameters
        return {k: v for k, v in self.parameters.items() if k in wanted}

    def invoke(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Call one of its functions; an error is told once, with the step and what it was given."""
        try:
            return call(*arguments)
        except ClipError:
            raise
        except MemoryError as error:
            message = f"out of memory in {self.node.title}"
            raise ClipError("compute", "out_of_memory", message) from error
        except Exception as error:
            raise self.failure(error, arguments) from error

    def failure(self, error: Exception, arguments: Sequence[Any]) -> ClipError:
        """The failure that a step's error makes of the clip."""
        given = ", ".join(
            str(a.shape) if isinstance(a, np.ndarray) else type(a).__name__ for a in arguments
        )
        detail = f"step {self.node.step}({self.parameters}) on {given}\n"
        detail += "".join(traceback.format_exception(error)).rstrip()
        message = f"{self.node.title}: {type(error).__name__}: {error}"
        return ClipError("compute", "defect", message, detail)

    def checked(self, out: Any, expected: int | None) -> Array:
        """The step's output, if it is (items, channels, ...) with as many items as it should."""
        good = isinstance(out, np.ndarray) and out.ndim >= 2
        if not good or (expected is not None and len(out) != expected):
            shape = getattr(out, "shape", type(out).__name__)
            wanted = "any number of" if expected is None else expected
            raise self.failure(ValueError(f"gave {shape} where {wanted} items belong"), [])
        return out  # type: ignore[no-any-return]


def _nothing() -> None:
    return None


class Runner:
    """One node while a clip runs: gathers aligned blocks of its inputs and calls its function."""

    def __init__(self, bound: Bound, values: Sequence[Any]) -> None:
        self.bound = bound
        self.values = [
            None if slot in bound.slots else values[i] for slot, i in enumerate(bound.node.inputs)
        ]
        self.made = 0
        self.state: Any = None
        self.windows = {slot: Window(bound.reach) for slot in bound.slots}
        self.direct = len(bound.slots) == 1 and bound.reach == POINT

    def feed(self, slot: int, block: Array, *, is_last: bool = False) -> Array | None:
        """Take the next block of one input; return what can be made now.

        After the last one of a signal nothing need be made before the end.
        """
        if self.direct:
            return self.process(self._arguments([block]), len(block))
        self.windows[slot].feed(block)
        return None if is_last else self._advance(ended=False)

    def end(self) -> Array | None:
        """The inputs are over: return what is left."""
        return None if self.direct else self._advance(ended=True)

    def value(self) -> Any:
        """Of a clip node: its value."""
        raise NotImplementedError

    def process(self, arguments: list[Any], outputs: int) -> Array | None:
        """Call the node's function on aligned inputs."""
        raise NotImplementedError

    def _arguments(self, blocks: Iterable[Array]) -> list[Any]:
        arguments = list(self.values)
        for slot, block in zip(self.bound.slots, blocks, strict=True):
            arguments[slot] = block
        return arguments

    def _advance(self, *, ended: bool) -> Array | None:
        windows = self.windows.values()
        stop = min(window.ready(ended=ended) for window in windows)
        if stop <= self.made:
            return None
        if ended:
            for window in windows:
                window.finish(stop)
        arguments = self._arguments([w.take(self.made, stop) for w in windows])
        if self.bound.reach.located or self.bound.reach.edges == "cut":
            arguments.append(next(iter(windows)).span(self.made, stop, ended=ended))
        out = self.process(arguments, stop - self.made)
        self.made = stop
        for window in windows:
            window.drop(stop)
        return out


class _Local(Runner):
    def process(self, arguments: list[Any], outputs: int) -> Array | None:
        return self.bound.checked(self.bound.invoke(self.bound.call, *arguments), outputs)


class _Scan(Runner):
    begun = False

    def process(self, arguments: list[Any], outputs: int) -> Array | None:
        del outputs  # a recursion may change the rate
        self.state, out = self.bound.invoke(self.bound.call, self.state, *arguments)
        self.begun = True
        return self.bound.checked(out, None)

    def end(self) -> Array | None:
        made = super().end()
        if self.bound.finish is None or not self.begun:
            return made
        last = self.bound.checked(self.bound.invoke(self.bound.finish, self.state), None)
        return last if made is None else np.concatenate([made, last])


class _Fold(Runner):
    def process(self, arguments: list[Any], outputs: int) -> Array | None:
        del outputs
        self.state = self.bound.invoke(self.bound.call, self.state, *arguments)
        return None

    def value(self) -> Any:
        assert self.bound.finish is not None
        return self.bound.invoke(self.bound.finish, self.state)


class _Whole(Runner):
    """A clip step that gets its small streams whole."""

    def __init__(self, bound: Bound, values: Sequence[Any]) -> None:
        super().__init__(bound, values)
        self.blocks: dict[int, list[Array]] = {slot: [] for slot in bound.slots}

    def feed(self, slot: int, block: Array, *, is_last: bool = False) -> Array | None:
        del is_last
        self.blocks[slot].append(block)
        return None

    def end(self) -> Array | None:
        return None

    def value(self) -> Any:
        if not all(self.blocks.values()):
            return np.full((1, 1), np.nan)  # a clip too short to have one item: undefined
        streams = [np.concatenate(blocks) for blocks in self.blocks.values()]
        return self.bound.invoke(self.bound.call, *self._arguments(streams))


def runner_of(bound: Bound, values: Sequence[Any]) -> Runner:
    """A fresh runner of the node's kind; `values` are those of all value nodes so far."""
    if bound.node.kind == "clip":
        return (_Fold if bound.finish else _Whole)(bound, values)
    return (_Scan if bound.node.kind == "scan" else _Local)(bound, values)
