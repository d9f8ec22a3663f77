"""The plan as a tree: each feature, and below each step what it reads."""

import textwrap
from collections.abc import Iterator
from typing import Any

from audiofeat_cli.plan import Node, Output, Plan
from audiofeat_cli.step import SETTINGS

_HARD = "\N{NO-BREAK SPACE}"
_KINDS = {"constant": "constant", "scan": "running", "clip": "value of the clip"}
_ROOTS = {
    "analysis": "audio",
    "native": "audio as in the file, all channels, own rate",
}


def plan_tree(plan: Plan, width: int) -> Iterator[str]:
    """Lines. A step that more than one reads is drawn once, then referred to by its number."""
    readers = [0] * len(plan.nodes)
    for node in plan.nodes:
        for source in set(node.inputs):
            readers[source] += 1
    for output in plan.outputs:
        readers[output.node] += 1
    drawn: set[int] = set()
    for output in plan.outputs:
        yield from _Branch(plan, readers, drawn, width).draw(output)


class _Branch:
    def __init__(self, plan: Plan, readers: list[int], drawn: set[int], width: int) -> None:
        self.plan = plan
        self.readers = readers
        self.drawn = drawn
        self.width = width

    def draw(self, output: Output) -> Iterator[str]:
        """One feature."""
        yield from self._node(output.node, "  ", "  ", name=output.alias)

    def _node(self, index: int, start: str, rest: str, name: str = "") -> Iterator[str]:
        node = self.plan.nodes[index]
        title = name or _title(node)
        number = f" [{index}]" if self.readers[index] > 1 and node.kind != "root" else ""
        if index in self.drawn and node.inputs:
            yield f"{start}{title}{number} as above"
            return
        self.drawn.add(index)
        below = "│ " if node.inputs else "  "
        lines = textwrap.wrap(
            f"{title}{number}{self._details(node)}",
            self.width,
            initial_indent=start,
            subsequent_indent=f"{rest}{below}  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        yield from (line.replace(_HARD, " ") for line in lines)
        for position, source in enumerate(node.inputs):
            last = position == len(node.inputs) - 1
            inner = "   " if last else "│  "
            yield from self._node(source, f"{rest}{'└─' if last else '├─'} ", rest + inner)

    def _details(self, node: Node) -> str:
        shown = [
            f"{name}:{_HARD}{yaml_value(value)}"
            for name, value in node.parameters
            if not self._is_usual(name, value)
        ]
        parameters = f" {{{', '.join(shown)}}}" if shown else ""
        kind = f" ({_KINDS[node.kind]})" if node.kind in _KINDS else ""
        again = f" (pass {node.run_pass + 1})" if node.run_pass else ""
        return f"{kind}{again}{parameters}"

    def _is_usual(self, name: str, value: Any) -> bool:
        """Whether it is what the config says for all features."""
        usual = getattr(self.plan.config, name, None)
        return name in SETTINGS and (usual == value or usual is None)


def _title(node: Node) -> str:
    return _ROOTS[node.root] if node.root else node.title


def yaml_value(value: Any) -> str:
    """A value as YAML has it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(yaml_value, value))}]"
    return str(value)
