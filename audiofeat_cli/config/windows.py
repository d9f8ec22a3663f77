"""The windows of `scipy.signal.get_window`, told apart without importing scipy."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from audiofeat_cli.config.places import printable
from audiofeat_cli.config.spelling import did_you_mean, listed

_FEWEST_SAMPLES = 16
"""A bare number from here on is a size, below it a shape parameter of the Kaiser window."""


@dataclass(frozen=True, slots=True)
class _Argument:
    """One parameter of a window. `read` raises ValueError for what cannot be one."""

    name: str
    read: Callable[[Any], Any]
    expected: str


@dataclass(frozen=True, slots=True)
class _Shape:
    """A window: scipy's other names for it, its parameters, how many of them it must have."""

    aliases: str = ""
    arguments: tuple[_Argument, ...] = ()
    required: int = 0
    example: str = ""


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _positive(value: Any) -> float:
    number = _number(value)
    if number <= 0:
        raise ValueError(value)
    return number


def _share(value: Any) -> float:
    number = _number(value)
    if not 0 <= number <= 1:
        raise ValueError(value)
    return number


def _count(value: Any) -> int:
    number = _positive(value)
    if number != int(number):
        raise ValueError(value)
    return int(number)


def _center(value: Any) -> float | None:
    return None if value is None else _number(value)


def _weights(value: Any) -> tuple[float, ...]:
    if not isinstance(value, list) or not value:
        raise ValueError(value)
    return tuple(_number(item) for item in value)


_ANY = "a number"
_ABOVE_0 = "a number above 0"

_SHAPES: Mapping[str, _Shape] = MappingProxyType(
    {
        "barthann": _Shape("brthan bth"),
        "bartlett": _Shape("bart brt"),
        "blackman": _Shape("black blk"),
        "blackmanharris": _Shape("blackharr bkh"),
        "bohman": _Shape("bman bmn"),
        "boxcar": _Shape("box ones rect rectangular"),
        "chebwin": _Shape("cheb", (_Argument("at", _positive, _ABOVE_0),), 1, "[chebwin, 100]"),
        "cosine": _Shape("halfcosine"),
        "dpss": _Shape("", (_Argument("NW", _positive, _ABOVE_0),), 1, "[dpss, 2.5]"),
        "exponential": _Shape(
            "poisson",
            (
                _Argument("center", _center, "a number or null"),
                _Argument("tau", _positive, _ABOVE_0),
            ),
            0,
            "[exponential, null, 512]",
        ),
        "flattop": _Shape("flat flt"),
        "gaussian": _Shape(
            "gauss gss", (_Argument("std", _positive, _ABOVE_0),), 1, "[gaussian, 256]"
        ),
        "general_cosine": _Shape(
            "",
            (_Argument("a", _weights, "a list of numbers"),),
            1,
            "[general_cosine, [0.54, 0.46]]",
        ),
        "general_gaussian": _Shape(
            "general_gauss ggs",
            (_Argument("p", _positive, _ABOVE_0), _Argument("sig", _positive, _ABOVE_0)),
            2,
            "[general_gaussian, 1.5, 256]",
        ),
        "general_hamming": _Shape(
            "", (_Argument("alpha", _number, _ANY),), 1, "[general_hamming, 0.54]"
        ),
        "hamming": _Shape("hamm ham"),
        "hann": _Shape("han"),
        "kaiser": _Shape("ksr", (_Argument("beta", _number, _ANY),), 1, "[kaiser, 8.6]"),
        "lanczos": _Shape("sinc"),
        "nuttall": _Shape("nutl nut"),
        "parzen": _Shape("parz par"),
        "taylor": _Shape(
            "taylorwin",
            (
                _Argument("nbar", _count, "a whole number of at least 1"),
                _Argument("sll", _number, _ANY),
            ),
            0,
            "[taylor, 4, 30]",
        ),
        "triang": _Shape("triangle tri"),
        "tukey": _Shape(
            "tuk", (_Argument("alpha", _share, "a number from 0 to 1"),), 0, "[tukey, 0.5]"
        ),
    }
)
"""scipy's Kaiser-Bessel-derived window is missing: it has no periodic form, which frames need."""

WINDOW_NAMES: tuple[str, ...] = tuple(_SHAPES)

_CANONICAL: Mapping[str, str] = MappingProxyType(
    {name: name for name in _SHAPES}
    | {other: name for name, shape in _SHAPES.items() for other in shape.aliases.split()}
)


def _as_number(text: Any) -> float | None:
    try:
        number = float(text)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _refuse_number(number: float) -> None:
    if number >= _FEWEST_SAMPLES:
        raise ValueError("window is the shape; its size is win_length")
    raise ValueError(
        f"expected the name of a window; for a Kaiser window write [kaiser, {number:g}]"
    )


def read_window(value: Any) -> str | tuple[Any, ...]:
    """A window as `scipy.signal.get_window` takes it, under its main name.

    Parameters
    ----------
    value : text, or a list of the name and its parameters as text, numbers or null.

    Raises
    ------
    ValueError : with a sentence for people.
    """
    parts: Sequence[Any] = value if isinstance(value, list | tuple) else [value]
    name = parts[0] if parts else None
    number = _as_number(name)
    if number is not None:
        _refuse_number(number)
    if not isinstance(name, str):
        raise ValueError("expected the name of a window, such as hann or [kaiser, 8.6]")
    key = _CANONICAL.get(name.removesuffix("_periodic").replace(" ", "_"))
    if key is None:
        near = did_you_mean(name, _SHAPES) or f"; known are {listed(_SHAPES, 'and')}"
        raise ValueError(f"no window is called '{printable(name)}'{near}")
    shape = _SHAPES[key]
    given = parts[1:]
    if len(given) < shape.required:
        names = listed((a.name for a in shape.arguments), "and")
        raise ValueError(f"the {key} window needs {names}, as in {shape.example}")
    if not given:
        return key
    if not shape.arguments:
        raise ValueError(f"the {key} window takes no parameters: write {key}")
    if len(given) > len(shape.arguments):
        names = listed((a.name for a in shape.arguments), "and")
        raise ValueError(f"the {key} window takes only {names}, as in {shape.example}")
    return (key, *(_read(key, a, v) for a, v in zip(shape.arguments, given, strict=False)))


def _read(window: str, argument: _Argument, value: Any) -> Any:
    try:
        return argument.read(value)
    except (TypeError, ValueError, OverflowError):
        shown = f"'{printable(value)}'" if isinstance(value, str) else "a list or null"
        raise ValueError(
            f"{argument.name} of the {window} window: expected {argument.expected}, got {shown}"
        ) from None
