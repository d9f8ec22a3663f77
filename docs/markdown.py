"""Docstrings as Markdown: formulas, prose, cells of tables."""

import re
import textwrap
from collections.abc import Iterator

WIDTH = 100

_DIRECTIVE = re.compile(r"^\.\. math::[ \t]*(.*)$")
_SILENCE = re.compile(r"\bSilence:\s+(.+?)(?:\.(?=\s|$)|$)\s*", re.DOTALL)
_SOURCE = re.compile(
    r"\bSources?:\s+(.+?)(?:(?<!\bal)(?<!\b[A-Z])\.(?=\s+[A-Z])|\s*$)\s*", re.DOTALL
)
_CODE = re.compile(r"(`[^`]+`)")
# Markdown takes a backslash before punctuation for itself, even inside $$ ... $$.
_WORDS = {
    r"\\": r"\cr ",
    r"\{": r"\lbrace ",
    r"\}": r"\rbrace ",
    r"\|": r"\Vert ",
    r"\,": r"\thinspace ",
    r"\;": r"\enspace ",
    r"\:": r"\thinspace ",
    r"\!": r"\negthinspace ",
}


def formula(text: str) -> str:
    """A formula as a block that GitHub and others render."""
    for escape, word in _WORDS.items():
        text = text.replace(escape, word)
    return f"$$\n{' '.join(text.split())}\n$$"


def wrapped(text: str) -> str:
    """Text in lines of the usual length; lists and indented text stay as they are."""
    if re.search(r"^(\s|[-*|] |\d+\. )", text, re.MULTILINE):
        return text
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def prose(text: str) -> str:
    """A docstring's text as Markdown: what would be markup is escaped outside code."""
    parts = _CODE.split(text.replace("``", "`"))
    for i in range(0, len(parts), 2):
        parts[i] = re.sub(r"(?<!\\)([*<|])", r"\\\1", parts[i])
    return "".join(parts)


def cell(text: str) -> str:
    """Text for one cell of a table."""
    return " ".join(text.split()).replace("|", r"\|")


def paragraphs(docstring: str) -> Iterator[tuple[bool, str]]:
    """(is a formula, text) of each part of a docstring, in order."""
    lines = docstring.splitlines()
    held: list[str] = []
    while lines:
        line = lines.pop(0)
        found = _DIRECTIVE.match(line)
        if found is None and line.strip():
            held.append(line)
            continue
        if held:
            yield False, "\n".join(held)
            held = []
        if found is not None:
            body = [found[1]]
            while lines and (lines[0].startswith(" ") or _more_below(lines)):
                body.append(lines.pop(0))
            yield True, "\n".join(body)
    if held:
        yield False, "\n".join(held)


def _more_below(lines: list[str]) -> bool:
    """Whether a formula goes on below an empty line."""
    return not lines[0].strip() and len(lines) > 1 and lines[1].startswith(" ")


def split_docstring(docstring: str) -> tuple[list[str], dict[str, str]]:
    """Markdown of a docstring, and what its sentences `Silence: ...` and `Source: ...` say."""
    blocks: list[str] = []
    facts: dict[str, str] = {}
    for is_formula, text in paragraphs(docstring):
        if is_formula:
            blocks.append(formula(text))
            continue
        for name, pattern in (("Source", _SOURCE), ("Silence", _SILENCE)):
            found = pattern.search(text)
            if found is not None:
                facts[name] = " ".join(found[1].split()).rstrip(".")
                text = text[: found.start()] + text[found.end() :]  # noqa: PLW2901
        if text.strip():
            blocks.append(wrapped(prose(text.strip())))
    return blocks, facts
