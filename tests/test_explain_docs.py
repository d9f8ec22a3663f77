"""docs/explain.md shows what the commands print; a line of three dots stands for any lines."""

import re
import shlex
from itertools import pairwise

import pytest

from tests.commands import ROOT, audiofeat

PAGE = ROOT / "docs" / "explain.md"
CONSOLE = re.compile(r"^```console\n\$ audiofeat (.*)\n((?:.*\n)*?)```", re.MULTILINE)
SHOWN = CONSOLE.findall(PAGE.read_text())


def is_shown(printed: str, shown: str) -> bool:
    """Whether the lines are there in this order, with nothing between but where dots stand."""
    parts = [re.escape(part) for part in f"\n{shown}".split("\n...\n")]
    return re.fullmatch("\n(?:.*\n)*".join(parts), f"\n{printed}") is not None


def test_dots_stand_for_lines_and_nothing_else_does() -> None:
    assert is_shown("a\nb\nc\n", "a\n...\nc\n")
    assert is_shown("a\nb\nc\n", "...\nc\n")
    assert is_shown("a\nb\nc\n", "a\n...\n")
    assert not is_shown("a\nb\nc\n", "a\nc\n")
    assert not is_shown("a\nb\nc\n", "...\nb\n")
    assert not is_shown("a\nb\nc\n", "b\n...\n")


@pytest.mark.parametrize(("command", "shown"), SHOWN, ids=[command for command, _ in SHOWN])
def test_the_page_shows_what_is_printed(command: str, shown: str) -> None:
    done = audiofeat(*shlex.split(command))
    assert (done.code, done.err) == (0, "")
    assert is_shown(done.out, shown), done.out


def test_every_line_of_the_output_is_in_the_page() -> None:
    """The labels of an explanation are those of the page's table."""
    page = PAGE.read_text()
    cells = {
        label.strip()
        for line in page.splitlines()
        if line.startswith("| ")
        for label in line.split("|")[1].split(",")
    }
    said = audiofeat(
        *("explain", "mel", "--set", "features.mel.allow_empty_bands=true"),
        *("--set", "win_length=600", "--set", "features.mel.n_mels=900"),
    ).out
    labels = set(re.findall(r"^  ([a-z_]+(?: [a-z]+)?)  ", said, re.MULTILINE))
    assert {"window", "dead bands", "zero padding"} <= labels
    assert labels - cells <= {"frame length", "window"}


def test_there_is_something_to_check() -> None:
    assert len(SHOWN) == 6
    assert all(a != b for a, b in pairwise(SHOWN))
