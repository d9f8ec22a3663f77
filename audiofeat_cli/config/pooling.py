"""The keys `pooling` and `segments`: which statistics, over which parts of a clip."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import TypeGuard

from audiofeat_cli.config.model import Segments
from audiofeat_cli.config.report import Report
from audiofeat_cli.config.settings import seconds
from audiofeat_cli.config.spelling import did_you_mean, listed
from audiofeat_cli.config.values import show
from audiofeat_cli.config.yaml_nodes import Entries, Entry, Node, Scalar

PERCENTILE = r"^p(0[1-9]|[1-9][0-9])$"
_MEANT = re.compile(
    r"(?:p|q|pct|perc|percent|percentile|quantile)[ _.-]?(?P<a>\d{1,3}|0?\.\d{1,2})%?"
    r"|(?P<b>\d{1,3}) ?(?:%|p|th|th percentile)"
)
_KEYS = ("length", "hop")
_EXAMPLE = "{length: 3 s}"
_OTHER_NAMES = {
    "length": ("size", "duration", "window", "len", "width", "seconds"),
    "hop": ("step", "stride", "shift", "hop_length", "every"),
}


def is_percentile(statistic: str) -> bool:
    """Whether it is one of `p01` to `p99`."""
    return re.fullmatch(PERCENTILE, statistic) is not None


def shown_statistics(options: Sequence[str]) -> list[str]:
    """The statistics as a message lists them: percentiles as one."""
    plain = [name for name in options if not is_percentile(name)]
    return [*plain, "p01 to p99"] if len(plain) < len(options) else plain


def meant_statistic(word: str, options: Sequence[str]) -> str:
    """`; did you mean 'p05'?` for p5, the nearest name for others, or nothing."""
    found = _MEANT.fullmatch(word.lower())
    if found is None:
        return did_you_mean(word, [name for name in options if not is_percentile(name)])
    number = found["a"] or found["b"]
    percent = round(100 * float(number)) if "." in number else int(number)
    name = {0: "min", 100: "max"}.get(percent, f"p{percent:02d}")
    return f"; did you mean '{name}'?" if name in options else ""


def read_segments(entry: Entry, report: Report, frame_hop: Fraction | None) -> Segments | None:
    """What `segments` asks for; None for null, and where something is wrong with it.

    Parameters
    ----------
    frame_hop : from one frame to the next, s; None where it is not known.
    """
    node = entry.value
    if isinstance(node, Scalar) and node.is_null:
        return None
    if not isinstance(node, Entries):
        example = f"{{length: {node.text}}}" if _is_time(node) else _EXAMPLE
        message = f"expected null or lengths, as in {example}, got {show(node)}"
        report.problem(node.place, "segments", message)
        return None
    before = len(report.problems)
    for key, inner in node.by_key.items():
        if key not in _KEYS:
            report.problem(inner.place, f"segments.{key}", _unknown(key))
    if "length" not in node.by_key and len(report.problems) == before:
        report.problem(node.place, "segments", f"needs 'length', as in {_EXAMPLE}")
    lengths = {
        key: _seconds(node.by_key[key], f"segments.{key}", report, frame_hop)
        for key in _KEYS
        if key in node.by_key and not (key == "hop" and _is_null(node.by_key[key]))
    }
    if len(report.problems) > before:
        return None
    length = lengths["length"]
    hop = lengths.get("hop", length)
    if hop > length:
        report.warning(
            node.by_key["hop"].value.place,
            "segments.hop",
            "longer than segments.length: frames between two segments are in none",
        )
    return Segments(float(length), float(hop))


def _is_null(entry: Entry) -> bool:
    return isinstance(entry.value, Scalar) and entry.value.is_null


def _is_time(node: Node) -> TypeGuard[Scalar]:
    if not isinstance(node, Scalar):
        return False
    try:
        seconds(node.text)
    except ValueError:
        return False
    return True


def _unknown(key: str) -> str:
    meant = [right for right, others in _OTHER_NAMES.items() if key.lower() in others]
    hint = f"; did you mean '{meant[0]}'?" if meant else did_you_mean(key, _KEYS)
    return f"unknown key{hint}" if hint else f"unknown key; expected {listed(_KEYS)}"


def _seconds(entry: Entry, key: str, report: Report, frame_hop: Fraction | None) -> Fraction:
    """One length in s; any, with a problem told, where it cannot be."""
    node = entry.value
    if not isinstance(node, Scalar) or not _is_time(node):
        hint = ""
        if isinstance(node, Scalar) and _is_time(Scalar(node.place, f"{node.text} s")):
            hint = f"; did you mean '{node.text} s'?"
        message = f"expected a length such as '3 s' or '500 ms', got {show(node)}{hint}"
        report.problem(node.place, key, message)
        return Fraction(1)
    length = seconds(node.text)
    if length == 0:
        report.problem(node.place, key, f"expected more than 0, got {show(node)}")
    elif frame_hop is not None and length < frame_hop:
        frames = f"{float(1000 * frame_hop):.4g} ms"
        message = f"{node.text} is shorter than hop_length ({frames}): segments without frames"
        report.problem(node.place, key, message)
    return length
