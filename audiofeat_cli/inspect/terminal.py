"""Where text goes: how wide it may be, whether colours are wanted, and how they are written."""

import io
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from audiofeat_cli.inspect.drawing import Line, plain

USUAL_WIDTH = 80
NARROWEST, WIDEST = 40, 300


@dataclass(frozen=True, slots=True)
class Screen:
    """A terminal, or what stands in for one.

    Attributes
    ----------
    colour : styles are shown.
    deep : so many colours that a picture can be painted with them.
    """

    width: int = USUAL_WIDTH
    colour: bool = False
    deep: bool = False

    def text(self, lines: Sequence[Line]) -> str:
        """The lines as they are written, with the terminal's codes where colours are wanted."""
        return _coded(lines) if self.colour else plain(lines)


def this_screen() -> Screen:
    """The screen behind stdout: `COLUMNS` or the terminal's width, 80 where there is none.

    Colours are for terminals, unless `NO_COLOR` is set or the terminal is a dumb one.
    """
    width = shutil.get_terminal_size((USUAL_WIDTH, 24)).columns
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    kind = os.environ.get("TERM", "")
    colour = is_terminal and not os.environ.get("NO_COLOR") and kind != "dumb"
    deep = colour and bool(os.environ.get("COLORTERM") or "256" in kind or "direct" in kind)
    return Screen(max(NARROWEST, min(width, WIDEST)), colour, deep)


def _coded(lines: Sequence[Line]) -> str:
    from rich.console import Console
    from rich.text import Text

    into = io.StringIO()
    # The file is no terminal: what colours the real one can show is told by its environment.
    console = Console(
        file=into, force_terminal=True, width=10 * WIDEST, highlight=False, legacy_windows=False
    )
    for line in lines:
        text = Text.assemble(*((span.text, span.style) for span in line), end="")
        console.print(text, soft_wrap=True, markup=False)
    return into.getvalue()
