"""Every message that the source can give, found by walking it; prints those without an entry.

    .venv/bin/python -m docs.messages            what errors.md lacks, and what it has too many
    .venv/bin/python -m docs.messages --all      all messages

What is filled in at run time is an ellipsis: `no such file or folder: …`.  An entry in errors.md is
a list item that begins with a message, between backquotes (two of them where it has backquotes).
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "audiofeat_cli"
PAGE = ROOT / "docs" / "errors.md"
ANY = "…"
DEEPEST = 6
MOST_TEXTS = 3
ENOUGH_LETTERS = 12
"""A message with fewer fixed letters says nothing by itself: what is filled in is told apart."""


MESSAGES: Mapping[str, int] = {
    "ClipError": 2,
    "Failure": 3,
    "failure": 1,
    "UsageError": 0,
    "StoppedError": 0,
    "RefusedError": 0,
    "ValueError": 0,
    "_FatalError": 1,
    "_NoSuchKeyError": 0,
    "Problem": 1,
    "problem": 2,
    "_problem": 2,
    "Finding": 2,
    "_trouble": 2,
    "Trouble": 2,
    "_Slip": 1,
    "warning": -1,
    "tell": 0,
}
"""What takes a message: class, function or method, and which of its arguments is the message."""

KINDS: Mapping[str, tuple[int | None, int]] = {
    "ClipError": (0, 1),
    "Failure": (1, 2),
    "failure": (None, 0),
}
"""What takes the kind of a failure: which arguments are stage (None: discover) and kind."""

UNSEEN = frozenset({"a number", "audiofeat: …"})
"""Never shown as they are: other messages come instead."""

ONLY: Mapping[str, str] = {"ValueError": "config/", "tell": "console.py"}
"""What takes a message for the user only in some files."""

_Function = ast.FunctionDef
_WORD = re.compile(r"[a-z][a-z_]+")
_FIELD = re.compile(r"\{[^{}]*\}")
_ENTRY = re.compile(r"^- (`+) ?(.+?) ?\1(?!`)", re.MULTILINE)
_KIND = re.compile(r"^### ([a-z_]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Module:
    """One parsed file, with what its names mean."""

    path: Path
    tree: ast.Module
    functions: dict[str, _Function] = field(default_factory=dict)
    constants: dict[str, ast.expr] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)
    calls: dict[str, list[tuple[ast.Call, _Function | None]]] = field(default_factory=dict)


@cache
def parsed(path: Path) -> Module:
    """Read one file."""
    module = Module(path, ast.parse(path.read_text(encoding="utf-8")))
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            module.constants[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            module.constants[node.target.id] = node.value
    _gather(module, module.tree, None)
    return module


def _gather(module: Module, parent: ast.AST, function: _Function | None) -> None:
    for node in ast.iter_child_nodes(parent):
        inner = function
        if isinstance(node, ast.FunctionDef):
            module.functions[node.name] = inner = node
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                module.imported[name.asname or name.name] = (node.module or "", name.name)
        elif isinstance(node, ast.Call):
            module.calls.setdefault(_called(node), []).append((node, function))
        _gather(module, node, inner)


def _called(call: ast.Call) -> str:
    """Last part of what is called."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _imported(module: Module, name: str) -> tuple[Module, str] | None:
    """The module of ours that a name comes from, and its name there."""
    source, there = module.imported.get(name, ("", ""))
    path = ROOT / (source.replace(".", "/") + ".py")
    return (parsed(path), there) if source.startswith("audiofeat_cli.") and path.exists() else None


@dataclass(frozen=True)
class Reader:
    """Finds the texts that an expression may be, inside one function of one module."""

    module: Module
    function: _Function | None
    depth: int = 0

    def texts(self, node: ast.expr | None, item: int | None = None) -> set[str]:
        """All texts; `item` is which one of a tuple is wanted."""
        if node is None or self.depth > DEEPEST:
            return {ANY}
        if isinstance(node, ast.Constant):
            return {node.value} if isinstance(node.value, str) else {ANY}
        if isinstance(node, ast.JoinedStr):
            return self._formatted(node)
        if isinstance(node, ast.BinOp):
            right = self.texts(node.right)
            return {a + b for a in self.texts(node.left) for b in right}
        branches = self._branches(node, item)
        if branches:
            return set().union(*(self.texts(branch, item) for branch in branches))
        return self._named(node, item)

    def _branches(self, node: ast.expr, item: int | None) -> list[ast.expr]:
        """The expressions whose value this one may have."""
        if isinstance(node, ast.Tuple) and item is not None:
            return [node.elts[item]]
        if isinstance(node, ast.IfExp):
            return [node.body, node.orelse]
        return node.values if isinstance(node, ast.BoolOp) else []

    def _formatted(self, node: ast.JoinedStr) -> set[str]:
        plain = "".join(map(self._fixed, node.values))
        if sum(map(str.isalpha, plain)) >= ENOUGH_LETTERS:
            return {plain}
        return {"".join(parts) for parts in product(*map(self._part, node.values))}

    def _fixed(self, node: ast.expr) -> str:
        """One piece of an f-string: an ellipsis, unless it is a constant."""
        if isinstance(node, ast.Constant):
            return str(node.value)
        inner = node.value if isinstance(node, ast.FormattedValue) else node
        found = self.texts(inner) if isinstance(inner, ast.Name) and inner.id.isupper() else {ANY}
        return found.pop() if len(found) == 1 else ANY

    def _part(self, node: ast.expr) -> set[str]:
        """The same, where a few fixed texts are told apart, too."""
        if isinstance(node, ast.Constant):
            return {str(node.value)}
        inner = node.value if isinstance(node, ast.FormattedValue) else node
        found = self.texts(inner) if isinstance(inner, ast.Name | ast.IfExp) else {ANY}
        is_fixed = len(found) <= MOST_TEXTS and not any(ANY in text for text in found)
        return found if is_fixed else {ANY}

    def _named(self, node: ast.expr, item: int | None) -> set[str]:
        if isinstance(node, ast.Name):
            return self._name(node.id, item)
        if not isinstance(node, ast.Call):
            return {ANY}
        name = _called(node)
        if name == "format" and isinstance(node.func, ast.Attribute):
            return {_FIELD.sub(ANY, text) for text in self.texts(node.func.value)}
        return self._returned(name, item)

    def _returned(self, name: str, item: int | None) -> set[str]:
        """What a function of ours may return."""
        found = _imported(self.module, name)
        module, name = found or (self.module, name)
        function = module.functions.get(name)
        if function is None:
            return {ANY}
        inner = Reader(module, function, self.depth + 1)
        returns = [n.value for n in ast.walk(function) if isinstance(n, ast.Return) and n.value]
        return set().union(*(inner.texts(value, item) for value in returns)) or {ANY}

    def _name(self, name: str, item: int | None) -> set[str]:
        assigned = list(self._assigned(name))
        if assigned:
            deeper = Reader(self.module, self.function, self.depth + 1)
            return set().union(
                *(deeper.texts(v, i if i is not None else item) for v, i in assigned)
            )
        position = self._position(name)
        if position is not None:
            return self._passed(name, position)
        if name in self.module.constants:
            return Reader(self.module, None, self.depth + 1).texts(self.module.constants[name])
        found = _imported(self.module, name)
        if found is not None and found[1] in found[0].constants:
            return Reader(found[0], None, self.depth + 1).texts(found[0].constants[found[1]])
        return {ANY}

    def _assigned(self, name: str) -> Iterator[tuple[ast.expr, int | None]]:
        """What the function assigns to a name, and which item of it."""
        for node in ast.walk(self.function) if self.function else ():
            if not isinstance(node, ast.Assign):
                continue
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id == name:
                yield node.value, None
            elif isinstance(target, ast.Tuple):
                names = [e.id if isinstance(e, ast.Name) else "" for e in target.elts]
                if name in names:
                    yield node.value, names.index(name)

    def _position(self, name: str) -> int | None:
        """Which argument of the function a name is; -1 by keyword only."""
        if self.function is None:
            return None
        names = [a.arg for a in self.function.args.args if a.arg not in {"self", "cls"}]
        if name in names:
            return names.index(name)
        return -1 if name in {a.arg for a in self.function.args.kwonlyargs} else None

    def _passed(self, name: str, position: int) -> set[str]:
        """What callers in the module give for a parameter; its default, too."""
        assert self.function is not None
        found: set[str] = set()
        for call, caller in self.module.calls.get(self.function.name, ()):
            given = next((k.value for k in call.keywords if k.arg == name), None)
            if given is None and 0 <= position < len(call.args):
                given = call.args[position]
            given = given or _default(self.function, name)
            if given is not None:
                found |= Reader(self.module, caller, self.depth + 1).texts(given)
        return found or {ANY}


def _default(function: _Function, name: str) -> ast.expr | None:
    """The default of a parameter."""
    arguments = function.args
    plain = [a.arg for a in arguments.args][len(arguments.args) - len(arguments.defaults) :]
    named = dict(zip(plain, arguments.defaults, strict=True))
    for argument, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if value is not None:
            named[argument.arg] = value
    return named.get(name)


def _argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    given = next((k.value for k in call.keywords if k.arg == name), None)
    return call.args[position] if given is None and -1 <= position < len(call.args) else given


def normal(text: str) -> str:
    """A message in one line, with one ellipsis for what is filled in."""
    return re.sub(rf"{ANY}+", ANY, " ".join(text.split()))


def _sources(package: Path) -> list[Path]:
    return sorted(path for path in package.rglob("*.py"))


def messages(package: Path = PACKAGE) -> dict[str, Path]:
    """Every message and a file that gives it."""
    found: dict[str, Path] = {}
    for path in _sources(package):
        module = parsed(path)
        for name, position in MESSAGES.items():
            if package == PACKAGE and ONLY.get(name, "") not in path.as_posix():
                continue
            for call, function in module.calls.get(name, ()):
                if not call.args and not call.keywords:
                    continue
                given = _argument(call, position, "message")
                for text in Reader(module, function).texts(given):
                    told = normal(_FIELD.sub(ANY, text) if name == "_Slip" else text)
                    if re.search(r"[A-Za-z]{2}", told) and told not in UNSEEN:
                        found.setdefault(told, path)
    return found


def kinds(package: Path = PACKAGE) -> dict[str, set[str]]:
    """Every kind of failure, and the stages it may come in."""
    found: dict[str, set[str]] = {}
    for path in _sources(package):
        module = parsed(path)
        for name, (stage, kind) in KINDS.items():
            for call, function in module.calls.get(name, ()):
                reader = Reader(module, function)
                stages = {"discover"} if stage is None else reader.texts(_argument(call, stage, ""))
                for text in reader.texts(_argument(call, kind, "")):
                    if _WORD.fullmatch(text) and len(call.args) > kind + 1:
                        found.setdefault(text, set()).update(stages)
    return found


def entries(page: str) -> list[str]:
    """The messages that a page explains."""
    return [normal(found[1]) for found in _ENTRY.findall(page)]


def explained_kinds(page: str) -> list[str]:
    """The kinds of failures that a page explains."""
    return _KIND.findall(page)


def missing(page: str, package: Path = PACKAGE) -> dict[str, Path]:
    """Messages without an entry."""
    known = set(entries(page))
    return {text: path for text, path in messages(package).items() if text not in known}


def quoted(text: str) -> str:
    """A message as code."""
    if "`" not in text:
        return f"`{text}`"
    return f"``{text} ``" if text.endswith("`") else f"``{text}``"


def main() -> int:
    """Print messages, each with its file; then entries that are no message."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="also those that have an entry")
    page = PAGE.read_text(encoding="utf-8")
    known = messages()
    for text, path in (known if parser.parse_args().all else missing(page)).items():
        print(f"{path.relative_to(ROOT)}:\n- {quoted(text)}")
    for text in entries(page):
        if text not in known:
            print(f"docs/errors.md, no longer said:\n- {quoted(text)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
