"""Text -> value of an annotated type, and the words for what was expected.

Pydantic does the typing, so a parameter is declared once, in the signature of its step, with its
bounds and unit; it gets scalars as text and converts them.  Its errors are not shown: what was
expected is said from the annotation.
"""

import inspect
import math
import re
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union

from annotated_types import Ge, GroupedMetadata, Gt, Le, Lt
from pydantic import BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from audiofeat_cli.config.places import printable
from audiofeat_cli.config.spelling import did_you_mean, listed
from audiofeat_cli.config.yaml_nodes import Items, Node, Scalar
from audiofeat_cli.step import Unit

FINITE = ConfigDict(allow_inf_nan=False, arbitrary_types_allowed=True)
_EXACT = 2**53
_KILOHERTZ = re.compile(r"(?P<number>\d+(\.\d*)?|\.\d+)\s*k(hz)?", re.IGNORECASE)
_FRACTION = re.compile(r"\d{1,3}\.\d*[1-9]\d*")
_WITH_UNIT = re.compile(r"(?P<number>[+-]?(\d+(\.\d*)?|\.\d+))\s*(?P<unit>[A-Za-z]+)")
_NUMBERS = (int, float)
_SPELLED = (bool, int, float)
_NO_VALUE = frozenset({"none", "nil", "nan", "off", "auto", "default"})


@dataclass(frozen=True, slots=True)
class Described:
    """Words for what a type accepts, in its annotation; empty: the type goes unmentioned."""

    words: str


class RefusedError(ValueError):
    """A value is not what its key expects; the text says what is."""


def raw(node: Node) -> Any:
    """Plain data: text, None, lists and dicts."""
    if isinstance(node, Scalar):
        return None if node.is_null else node.text
    if isinstance(node, Items):
        return [raw(item) for item in node.nodes]
    return {key: raw(entry.value) for key, entry in node.by_key.items()}


def show(node: Node) -> str:
    """A value as an error message repeats it."""
    if isinstance(node, Scalar):
        return "null" if node.is_null else f"'{printable(node.text)}'"
    return "a list" if isinstance(node, Items) else "a mapping"


def _is_union(annotation: Any) -> bool:
    return typing.get_origin(annotation) in (Union, types.UnionType)


def _bare(annotation: Any) -> Any:
    annotated = typing.get_origin(annotation) is Annotated
    return typing.get_args(annotation)[0] if annotated else annotation


def _whole(value: Any) -> Any:
    """`1e3` and `22050.0` are whole numbers; pydantic refuses the first."""
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return value
        if math.isfinite(number) and number.is_integer() and abs(number) < _EXACT:
            return int(number)
    return value


def _not_a_number(value: Any) -> Any:
    """Keeps `8.6` from being taken as text where a number would do."""
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return value
        raise ValueError("a number")
    return value


def _member(options: tuple[Any, ...], value: Any) -> Any:
    """The option that a text spells: a number (`1.0` is 1, also where 1 is text), true, false."""
    for option in options:
        decimal = isinstance(option, str) and option.isdecimal()
        kind = float if decimal else type(option)
        if isinstance(value, str) and kind in _SPELLED:
            try:
                if adapter(kind).validate_python(value) == kind(option):
                    return option
            except ValidationError:
                continue
    return value


def _guess(value: Any) -> Any:
    """Where no type is declared, what YAML would make of it."""
    for kind in (int, float, bool):
        try:
            return adapter(kind).validate_python(value)
        except ValidationError:
            continue
    return value


def prepared(annotation: Any) -> Any:
    """The annotation, made to read text as people mean it."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    result = annotation
    if annotation is int:
        result = Annotated[int, BeforeValidator(_whole)]
    elif annotation is Any:
        result = Annotated[Any, BeforeValidator(_guess)]
    elif origin is Annotated:
        result = Annotated[(prepared(arguments[0]), *arguments[1:])]
    elif origin is Literal:
        result = Annotated[annotation, BeforeValidator(lambda value: _member(arguments, value))]
    elif _is_union(annotation):
        numeric = any(_bare(a) in _NUMBERS for a in arguments)
        text = Annotated[str, BeforeValidator(_not_a_number)] if numeric else str
        result = Union[tuple(text if a is str else prepared(a) for a in arguments)]  # noqa: UP007
    elif origin in (tuple, list) and arguments:
        result = origin[tuple(a if a is Ellipsis else prepared(a) for a in arguments)]
    return result


def adapter(annotation: Any) -> TypeAdapter[Any]:
    """What validates an annotation."""
    return TypeAdapter(prepared(annotation), config=FINITE)


def coerce(annotation: Any, node: Node) -> Any:
    """The node's value as the annotation wants it.

    Raises
    ------
    RefusedError : with "expected ..., got ..." and, where one is near, the right spelling.
    """
    try:
        return adapter(annotation).validate_python(raw(node))
    except ValidationError as error:
        own = [e["ctx"]["error"] for e in error.errors() if e["type"] == "value_error"]
        sentences = [str(e) for e in own if isinstance(e, RefusedError)]
        if sentences:
            raise RefusedError(sentences[0]) from None
    item = _item_of(annotation)
    if item is not None and isinstance(node, Items):
        for child in node.nodes:
            coerce(item, child)
    hint = _hint(annotation, node)
    raise RefusedError(f"expected {expectation(annotation)}, got {show(node)}{hint}")


def _item_of(annotation: Any) -> Any:
    """The type of a list's items, where all have the same; else None."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _item_of(arguments[0])
    if origin is list or (origin is tuple and arguments[-1] is Ellipsis):
        return arguments[0]
    if _is_union(annotation):
        return next((item for item in map(_item_of, arguments) if item is not None), None)
    return None


def _flat(metadata: tuple[Any, ...]) -> Iterator[Any]:
    for item in metadata:
        if isinstance(item, GroupedMetadata):
            yield from item
        elif isinstance(item, FieldInfo):
            yield from item.metadata
        else:
            yield item


def _plain(bound: Any) -> str:
    return str(int(bound)) if isinstance(bound, float) and bound.is_integer() else str(bound)


def _bounds(metadata: list[Any]) -> str:
    low = [m.ge for m in metadata if isinstance(m, Ge)]
    high = [m.le for m in metadata if isinstance(m, Le)]
    parts = []
    if low and high:
        parts.append(f"from {_plain(low[0])} to {_plain(high[0])}")
    else:
        parts += [f"of at least {_plain(bound)}" for bound in low]
        parts += [f"of at most {_plain(bound)}" for bound in high]
    parts += [f"above {_plain(m.gt)}" for m in metadata if isinstance(m, Gt)]
    parts += [f"below {_plain(m.lt)}" for m in metadata if isinstance(m, Lt)]
    return f" {' and '.join(parts)}" if parts else ""


_KINDS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    None: "null",
    type(None): "null",
}


def _spelled(option: Any) -> str:
    if option is None:
        return "null"
    return str(option).lower() if isinstance(option, bool) else str(option)


def _alternatives(annotation: Any, metadata: list[Any]) -> Iterator[str]:
    said = [m.words for m in metadata if isinstance(m, Described)]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if said:
        yield from (words for words in said if words)
    elif origin is Annotated:
        yield from _alternatives(arguments[0], [*_flat(arguments[1:]), *metadata])
    elif _is_union(annotation):
        for argument in arguments:
            yield from _alternatives(argument, metadata)
    elif origin is Literal:
        yield from map(_spelled, arguments)
    elif origin in (tuple, list) or annotation in (tuple, list):
        yield f"a list{_of_items(_item_of(annotation))}"
    elif annotation in (int, float):
        units = [f" ({m.name})" for m in metadata if isinstance(m, Unit)]
        yield f"{_KINDS[annotation]}{_bounds(metadata)}{''.join(units)}"
    else:
        yield _KINDS.get(annotation, "another value")


def _of_items(item: Any) -> str:
    words = "" if item is None else expectation(item)
    numbers = re.sub(r"^a (whole )?number\b", r"\1numbers", words)
    return f" of {numbers}" if numbers != words else ""


def expectation(annotation: Any) -> str:
    """What a type accepts, in words: `a number of at least 0 (Hz) or null`."""
    words = list(dict.fromkeys(_alternatives(annotation, [])))
    if "null" in words:
        words = [w for w in words if w != "null"] + ["null"]
    return listed(words) if words else "another value"


def _options(annotation: Any) -> Iterator[str]:
    if typing.get_origin(annotation) is Literal:
        yield from (a for a in typing.get_args(annotation) if isinstance(a, str))
    elif typing.get_origin(annotation) is Annotated:
        yield from _options(typing.get_args(annotation)[0])
    elif _is_union(annotation):
        for argument in typing.get_args(annotation):
            yield from _options(argument)


def unit_of(annotation: Any) -> str:
    """The unit in an annotation, or nothing."""
    if typing.get_origin(annotation) is Annotated:
        base, *metadata = typing.get_args(annotation)
        names = [m.name for m in _flat(tuple(metadata)) if isinstance(m, Unit)]
        return names[0] if names else unit_of(base)
    if _is_union(annotation):
        return next((u for u in map(unit_of, typing.get_args(annotation)) if u), "")
    item = _item_of(annotation)
    return "" if item is None else unit_of(item)


def _hint(annotation: Any, node: Node) -> str:
    """The right spelling, where what was written shows it."""
    if not isinstance(node, Scalar) or node.is_null:
        return ""
    unit = unit_of(annotation)
    kilo = _KILOHERTZ.fullmatch(node.text)
    if unit == "Hz" and kilo:
        return f"; in Hz that is {float(kilo['number']) * 1000:.10g}"
    if unit == "Hz" and _FRACTION.fullmatch(node.text):
        return f"; in Hz, not kHz, that is {float(node.text) * 1000:.10g}"
    united = _WITH_UNIT.fullmatch(node.text)
    if unit and united and united["unit"].lower() == unit.lower():
        return f"; write {united['number']}, without the unit"
    near = did_you_mean(node.text, _options(annotation))
    if _is_item(annotation, node):
        near = f"; a list is written [{printable(node.text)}]"
    if not near and node.text.lower() in _NO_VALUE and "null" in _alternatives(annotation, []):
        return "; no value is written null"
    return near


def _is_item(annotation: Any, node: Scalar) -> bool:
    """Whether a list was meant, and one of its items stands there alone."""
    item = _item_of(annotation)
    if item is None:
        return False
    try:
        adapter(item).validate_python(node.text)
    except ValidationError:
        return False
    return True


def annotation_of(annotation: Any, default: Any) -> Any:
    """The annotation of a parameter; where it has none, the type of its default."""
    if annotation is not inspect.Parameter.empty:
        return annotation
    if default is None or default is inspect.Parameter.empty:
        return Any
    return type(default)
