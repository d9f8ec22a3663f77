"""YAML text -> nodes that know where they stand, and every structural mistake at once.

Scalars stay text: what `010`, `no` or `1e-6` means is decided by the type that a key expects, not
by YAML 1.1.  Built from PyYAML's events without recursion, so that hostile nesting costs nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml import events
from yaml.reader import Reader

from audiofeat_cli.config.places import Finding, Place, PlaceOf, printable
from audiofeat_cli.config.yaml_slips import syntax_finding

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 24
MAX_NODES = 20_000

_NULLS = frozenset({"", "~", "null", "Null", "NULL", "None"})
_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value as text. `plain` is False between quotes, which only keep it from being null."""

    place: Place
    text: str
    plain: bool = True

    @property
    def is_null(self) -> bool:
        """Whether it says "no value": nothing, `~`, `null` (or Python's `None`), unquoted."""
        return self.plain and self.text in _NULLS


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    place: Place
    nodes: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value`; `place` is the key's."""

    place: Place
    value: "Node"


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping, in the order written."""

    place: Place
    by_key: dict[str, Entry]


Node = Scalar | Items | Entries


@dataclass
class Document:
    """What could be read, and what is wrong with it. `root` is None when nothing can be used."""

    root: Node | None
    findings: list["Finding"] = field(default_factory=list)


class _FatalError(Exception):
    """Reading cannot go on."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message


_Extent = tuple[int, int]
"""How many nodes, and how many levels of them: aliases share nodes, so it can explode."""


@dataclass
class _Open:
    """A collection whose end has not been read."""

    place: Place
    anchor: str | None
    is_mapping: bool
    nodes: list[Node] = field(default_factory=list)
    by_key: dict[str, Entry] = field(default_factory=dict)
    key: Scalar | None = None
    extent: "_Extent" = (1, 1)

    def close(self) -> Node:
        if self.is_mapping:
            return Entries(self.place, self.by_key)
        return Items(self.place, tuple(self.nodes))


class _Builder:
    """Turns events into nodes."""

    def __init__(self, place_of: PlaceOf) -> None:
        self.place_of = place_of
        self.root: Node | None = None
        self.findings: list[Finding] = []
        self.documents = 0
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Node, _Extent]] = {}

    def read(self, stream: Iterator[Any]) -> None:
        """Take all events of the first document; say that there are more."""
        for event in stream:
            if isinstance(event, events.DocumentStartEvent):
                self.documents += 1
                if self.documents > 1:
                    self._problem(
                        self._place(event),
                        "",
                        "a second document begins here (`---`); a config is one document",
                    )
                    return
            elif isinstance(event, events.AliasEvent):
                self._alias(event)
            elif isinstance(event, events.NodeEvent):
                self._node(event)
            elif isinstance(event, events.CollectionEndEvent):
                done = self.open.pop()
                self._add(done.close(), done.extent, done.anchor)

    def _place(self, event: Any) -> Place:
        return self.place_of(event.start_mark.line, event.start_mark.column)

    def _problem(self, place: Place, key: str, message: str) -> None:
        self.findings.append(Finding(place, key, message))

    def _node(self, event: Any) -> None:
        place = self._place(event)
        if event.tag is not None and event.tag != "!":
            self._problem(
                place, "", f"tags are not used here; remove '{printable(_short_tag(event.tag))}'"
            )
        if isinstance(event, events.ScalarEvent):
            self._add(Scalar(place, event.value, bool(event.implicit[0])), (1, 0), event.anchor)
            return
        if len(self.open) >= MAX_DEPTH:
            raise _FatalError(place, _TOO_DEEP)
        is_mapping = isinstance(event, events.MappingStartEvent)
        self.open.append(_Open(place, event.anchor, is_mapping))

    def _alias(self, event: Any) -> None:
        place = self._place(event)
        shown = printable(event.anchor)
        if any(o.anchor == event.anchor for o in self.open):
            raise _FatalError(place, f"'*{shown}' stands inside what it refers to")
        if event.anchor not in self.anchors:
            raise _FatalError(place, f"'*{shown}' refers to '&{shown}', which is not above it")
        node, extent = self.anchors[event.anchor]
        self._add(node, extent, None)

    def _add(self, node: Node, extent: _Extent, anchor: str | None) -> None:
        if anchor is not None:
            self.anchors[anchor] = (node, extent)
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        size, depth = parent.extent
        parent.extent = (size + extent[0], max(depth, extent[1] + 1))
        if parent.extent[0] > MAX_NODES:
            raise _FatalError(parent.place, f"more than {MAX_NODES} values; is this a config?")
        if len(self.open) + extent[1] > MAX_DEPTH:
            raise _FatalError(parent.place, _TOO_DEEP)
        if not parent.is_mapping:
            parent.nodes.append(node)
        elif parent.key is None:
            parent.key = self._key(node)
        else:
            self._entry(parent, parent.key, node)
            parent.key = None

    def _key(self, node: Node) -> Scalar:
        if isinstance(node, Scalar):
            return node
        self._problem(node.place, "", "a key must be a word, not a list or a mapping")
        return Scalar(node.place, "", plain=False)

    def _entry(self, parent: _Open, key: Scalar, value: Node) -> None:
        if key.text == "" and not key.plain:
            return
        if key.text == "<<" and key.plain:
            self._problem(
                key.place, "<<", "merge keys are not supported; write the keys out instead"
            )
        elif key.text in parent.by_key:
            first = parent.by_key[key.text].place
            where = f" (first at line {first.line})" if first.line else ""
            self._problem(key.place, key.text, f"given twice{where}; remove one of them")
        else:
            parent.by_key[key.text] = Entry(key.place, value)


def _short_tag(tag: str) -> str:
    return re.sub(r"^tag:yaml\.org,2002:", "!!", tag)


def _decoded(text: str | bytes, place_of: PlaceOf) -> str:
    if isinstance(text, bytes):
        # PowerShell's `>` writes UTF-16, always with a mark.
        utf16 = text.startswith((b"\xff\xfe", b"\xfe\xff"))
        try:
            text = text.decode("utf-16" if utf16 else "utf-8")
        except UnicodeDecodeError as error:
            raise _FatalError(
                place_of(0, 0),
                f"not UTF-8 text (byte 0x{text[error.start]:02x} at offset {error.start}); "
                "is it a YAML file?",
            ) from error
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_CHARACTERS:
        raise _FatalError(
            place_of(0, 0), f"longer than {MAX_CHARACTERS} characters; is it a config?"
        )
    bad = Reader.NON_PRINTABLE.search(text)
    if bad is not None:
        before = text[: bad.start()]
        place = place_of(before.count("\n"), bad.start() - before.rfind("\n") - 1)
        raise _FatalError(place, f"not text (character U+{ord(bad.group()):04X}); is it YAML?")
    return text


def read_yaml(text: str | bytes, source: str, place_of: PlaceOf | None = None) -> Document:
    """Read one YAML document; never raises, whatever the text.

    Parameters
    ----------
    source : name of the file, for places.
    place_of : the place of a line and column (from 0); by default that of `source`.
    """
    where = place_of or (lambda line, column: Place(source, line + 1, column + 1))
    builder = _Builder(where)
    decoded = ""
    try:
        decoded = _decoded(text, where)
        builder.read(yaml.parse(decoded, Loader=yaml.SafeLoader))
    except _FatalError as error:
        builder.findings.append(Finding(error.place, "", error.message))
        return Document(None, builder.findings)
    except yaml.MarkedYAMLError as error:
        builder.findings.append(syntax_finding(error, decoded, where))
        return Document(None, builder.findings)
    except (ValueError, OverflowError):
        # PyYAML hands escapes such as "\\UFFFFFFFF" to chr() unchecked.
        message = "not valid YAML: an escape that is no character"
        builder.findings.append(Finding(where(0, 0), "", message))
        return Document(None, builder.findings)
    return Document(builder.root, builder.findings)
