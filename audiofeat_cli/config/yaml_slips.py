"""What PyYAML's syntax errors mean, in plain sentences, at the place to look at."""

import re
from dataclasses import dataclass

import yaml

from audiofeat_cli.config.places import Finding, PlaceOf, printable


@dataclass(frozen=True)
class _Slip:
    """A mistake that PyYAML words for its authors.

    Attributes
    ----------
    at_start : it stands where the error's context began, not where it was noticed.
    """

    pattern: str
    sentence: str
    at_start: bool = False


_SLIPS = (
    _Slip(r"found character '\\t'", "a tab; YAML is indented with spaces"),
    _Slip(
        r"found character '(?P<char>.)' that cannot start",
        "a value cannot begin with '{char}'; put it between quotes",
    ),
    _Slip(
        r"mapping values are not allowed",
        "a ':' that does not fit here; check the indentation of this line and the one above, "
        "or put the value between quotes",
    ),
    _Slip(
        r"could not find expected ':'",
        "not a 'key: value' line (a space must follow the ':')",
        at_start=True,
    ),
    _Slip(
        r"expected ',' or '\]'",
        "the list opened here with '[' is not closed, or lacks a ',' (noticed at line {line})",
        at_start=True,
    ),
    _Slip(
        r"expected ',' or '\}'",
        "the mapping opened here with '{{' is not closed, or lacks a ',' (noticed at line {line})",
        at_start=True,
    ),
    _Slip(
        r"unexpected end of stream|unexpected document separator",
        "the quote opened here is not closed",
        at_start=True,
    ),
    _Slip(
        r"expected <block end>",
        "this line does not fit those above; check its indentation "
        "(and that no value goes on after its closing quote or bracket)",
    ),
    _Slip(
        r"sequence entries are not allowed",
        "a '- ' item cannot begin on the line of its key; put it on a line of its own",
    ),
    _Slip(
        r"expected alphabetic or numeric character",
        "'*' and '&' begin names here; put the value between quotes",
    ),
    _Slip(
        r"unknown escape character", r"an unknown '\' escape; use single quotes for text with '\'"
    ),
    _Slip(
        r"expected '<document start>'", "text after the end of the config; check the indentation"
    ),
    _Slip(r"duplicate anchor", "two anchors ('&') of the same name"),
    _Slip(r"tag", "tags ('!') are not used here; put the value between quotes"),
)

_GLUED = re.compile(r"^\s*(?:- +)?(?P<key>[A-Za-z_]\w*):(?=[^\s:/])")


def _glued(lines: list[str], line: int) -> tuple[int, int] | None:
    """Line and column (from 0) of a ':' without its space, on the line or the one above."""
    for number in (line, line - 1):
        found = _GLUED.match(lines[number]) if 0 <= number < len(lines) else None
        if found:
            return number, found.end() - 1
    return None


def syntax_finding(error: yaml.MarkedYAMLError, text: str, place_of: PlaceOf) -> Finding:
    """What to say of a syntax error in `text`, and where."""
    problem = error.problem or "no reason known"
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Finding(place_of(0, 0), "", f"not valid YAML: {printable(problem)}")
    if "mapping values" in problem or "expected ':'" in problem:
        glued = _glued(text.splitlines(), mark.line)
        if glued is not None:
            return Finding(place_of(*glued), "", "a space must follow this ':'")
    for slip in _SLIPS:
        found = re.search(slip.pattern, problem)
        if found:
            sentence = slip.sentence.format(line=mark.line + 1, **found.groupdict())
            if slip.at_start and error.context_mark is not None:
                mark = error.context_mark
            return Finding(place_of(mark.line, mark.column), "", sentence)
    return Finding(place_of(mark.line, mark.column), "", f"not valid YAML: {printable(problem)}")
