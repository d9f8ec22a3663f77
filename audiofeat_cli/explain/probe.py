"""Finds out by a trial run what a plan keeps between its passes."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from audiofeat_cli.arrays import Collected
from audiofeat_cli.plan import Plan
from audiofeat_cli.step import Array
from audiofeat_cli.stream import Program

_SECONDS = 10


class _Noise:
    """A source of the same noise each time."""

    def __init__(self, samples: int) -> None:
        self.signal = np.random.default_rng(0).uniform(-0.5, 0.5, (samples, 1)).astype(np.float32)

    def blocks(self, roots: frozenset[str]) -> Iterable[tuple[str, Array]]:
        return [(root, self.signal) for root in sorted(roots)]


def kept_streams(plan: Plan, rate: int) -> Iterator[tuple[str, int]]:
    """Step and bytes per hour (of one channel) of each stream that waits for a clip's value."""
    if plan.passes == 1:
        return
    program = Program(plan)
    scales = {index: _Scale() for index in sorted(program.cuts)}
    for index, scale in scales.items():
        bound = program.bound[index]
        bound.call = scale.under(bound.call)
    source = _Noise(int(_SECONDS * rate) + plan.config.n_fft)
    program.run(source, Collected())
    for index, scale in scales.items():
        items_per_hour = max(0, scale.items - 1) / len(source.signal) * 3600 * rate
        yield plan.nodes[index].title, round(scale.bytes / max(1, scale.items) * items_per_hour)


class _Scale:
    """Weighs what a step makes."""

    def __init__(self) -> None:
        self.items = 0
        self.bytes = 0

    def under(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The step's function, weighed."""

        def weighed(*arguments: Any) -> Any:
            made = call(*arguments)
            stream = made[1] if isinstance(made, tuple) else made
            self.items += len(stream)
            self.bytes += stream.nbytes
            return made

        return weighed
