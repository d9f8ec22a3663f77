"""docs/errors.md: an entry for every message and kind of failure that the source has, no other."""

from pathlib import Path

import pytest

from audiofeat_cli.errors import ExitCode
from docs import messages
from tests.commands import ROOT, audiofeat

PAGE = messages.PAGE.read_text(encoding="utf-8")
SOURCE = """
from audiofeat_cli.errors import ClipError, UsageError

_HINT = "try less"

def _why(big):
    if big:
        return "too_big", f"{big} is too big"
    return ("odd", "it is odd") if big is None else ("", "")

def work(path, amount, error):
    reason = "a" if path else "b"
    if amount == 2:
        raise UsageError(f"of {reason}: {error}")
    if amount:
        raise UsageError(f"cannot do {amount}: {reason}; {_HINT}", "a remedy")
    kind, message = _why(amount)
    raise ClipError("compute", kind, message)

def told(text, tail="!"):
    raise UsageError(text + tail)

def tell_it():
    told("first")
    told("second", tail="!")
    raise UsageError("one" if path else str(error))
"""


@pytest.fixture(scope="module")
def known() -> dict[str, Path]:
    return messages.messages()


def test_every_message_has_an_entry(known: dict[str, Path]) -> None:
    entries = set(messages.entries(PAGE))
    found = {text: path for text, path in known.items() if text not in entries}
    listing = "\n".join(
        f"- {messages.quoted(text)}   ({path.name})" for text, path in found.items()
    )
    assert not found, f"give these an entry in docs/errors.md:\n{listing}"


def test_every_entry_is_a_message(known: dict[str, Path]) -> None:
    entries = messages.entries(PAGE)
    stale = set(entries) - known.keys()
    assert not stale, f"no source says this any more; remove it from docs/errors.md: {stale}"
    assert len(entries) == len(set(entries))


def test_every_kind_of_failure_has_an_entry_with_its_stages() -> None:
    found = messages.kinds()
    explained = messages.explained_kinds(PAGE)
    assert sorted(explained) == sorted(found)
    for kind, stages in found.items():
        section = PAGE.partition(f"\n### {kind}\n")[2].partition("\n### ")[0]
        first = section.strip().partition(".")[0]
        assert first == "Stage " + " or ".join(f"`{s}`" for s in sorted(stages, reverse=True)), kind


def test_the_walk_finds_what_it_should(known: dict[str, Path]) -> None:
    assert "--jobs must be 0 (no worker process) or more" in known
    assert "no such file or folder: …" in known
    assert "a tab; YAML is indented with spaces" in known
    assert {"truncated", "damaged", "vanished", "crash"} <= messages.kinds().keys()


def test_the_walk_follows_variables_calls_and_arguments(tmp_path: Path) -> None:
    (tmp_path / "some.py").write_text(SOURCE)
    assert messages.messages(tmp_path).keys() == {
        *("cannot do …: …; try less", "of a: …", "of b: …"),
        *("… is too big", "it is odd", "first!", "second!", "one"),
    }
    assert messages.kinds(tmp_path) == {"too_big": {"compute"}, "odd": {"compute"}}


def test_a_message_without_entry_is_seen(tmp_path: Path) -> None:
    (tmp_path / "some.py").write_text('raise UsageError(f"no `x` in {y}")')
    assert list(messages.missing("- ``no `y` in …``: never", tmp_path)) == ["no `x` in …"]
    assert messages.missing("- ``no `x` in …``: never", tmp_path) == {}


@pytest.mark.parametrize(
    "arguments",
    [
        ("extract", "--config", "mel"),
        ("extract", "nowhere", "--config", "mel"),
        ("extract", str(ROOT / "docs"), "--config", "mel"),
        ("extract", ".", "--config", "mel", "--shard", "3/3"),
        ("extract", ".", "--config", "mel", "--max-errors", "many"),
        ("features", "melspec"),
        ("cat", "nowhere"),
        ("check", "mel", "--set", "features.mel.fmax=20000"),
        ("check", "mel", "--set", "window=2048"),
        ("check", "nothing"),
    ],
)
def test_what_is_said_can_be_found_on_the_page(arguments: tuple[str, ...]) -> None:
    """The longest piece of an entry's fixed text is in what the user sees."""
    found = audiofeat(*arguments)
    assert found.code == ExitCode.USAGE
    said = messages.normal(found.err)
    pieces = [max(entry.split(messages.ANY), key=len) for entry in messages.entries(PAGE)]
    assert any(len(piece) > 8 and piece in said for piece in pieces), said
