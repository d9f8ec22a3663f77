"""`extract` as one call: which files, with what config, to where."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import cast

from audiofeat_cli.audio.discover import Discovery, discover, read_list
from audiofeat_cli.errors import UsageError
from audiofeat_cli.planning import Planned
from audiofeat_cli.run.drive import run
from audiofeat_cli.run.outcome import Events, Outcome, RunOptions

STDIN = "-"
OUT = Path("features")
"""Where output folders go unless told otherwise."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which files.

    Attributes
    ----------
    inputs : folders and files; `-` is a list on stdin.
    files_from : a file with a list of files, or `-`.
    null : names in lists end with NUL instead of a newline.
    """

    inputs: Sequence[str] = ()
    files_from: str | None = None
    null: bool = False
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    relative_to: str | None = None
    shard: tuple[int, int] | None = None

    @property
    def named(self) -> tuple[str, ...]:
        """Folders and files that were named themselves."""
        return tuple(name for name in self.inputs if name != STDIN)

    @property
    def lists(self) -> tuple[str, ...]:
        """Lists to read, each once."""
        on_stdin = STDIN in self.inputs or self.files_from == STDIN
        others = () if self.files_from in (None, STDIN) else (self.files_from,)
        return ((STDIN,) if on_stdin else ()) + cast("tuple[str, ...]", others)

    def check(self) -> None:
        """Refuse what cannot work.

        Raises
        ------
        UsageError : there is no input, or an option without what it is about.
        """
        if not self.named and not self.lists:
            raise UsageError(
                "no INPUT: name folders or audio files, or - for a list of files on stdin",
                "example: audiofeat extract recordings/ --config mel",
            )
        if self.null and not self.lists:
            raise UsageError(
                "--null (-0) is about a list of files", "give --files-from, or - as INPUT"
            )
        if self.relative_to is not None and not Path(self.relative_to).is_dir():
            raise UsageError(f"--relative-to {self.relative_to}: no such folder")


def parse_shard(text: str) -> tuple[int, int]:
    """`0/3` -> (0, 3).

    Raises
    ------
    UsageError : it is no shard.
    """
    index, slash, shards = text.partition("/")
    if not (slash and index.isdecimal() and shards.isdecimal() and int(index) < int(shards)):
        raise UsageError(
            f"--shard {text}: expected I/N with I from 0 to N - 1",
            "of three machines, the first takes 0/3, the last 2/3",
        )
    return int(index), int(shards)


def default_out(planned: Planned) -> Path:
    """`features/<config name>`."""
    return OUT / planned.plan.config.name


def extract_files(
    selection: Selection, planned: Planned, options: RunOptions, events: Events
) -> Outcome:
    """Extract the features of the selected files.

    Raises
    ------
    UsageError : it cannot be begun; nothing was written.
    """
    selection.check()
    with ExitStack() as stack:
        streams = [_opened(name, stack) for name in selection.lists]
        found: Discovery = discover(
            selection.named,
            listed=_names(streams, null=selection.null) if streams else (),
            include=selection.include,
            exclude=selection.exclude,
            relative_to=selection.relative_to,
            shard=selection.shard,
        )
        return run(options, planned.plan, found, events)


def _names(streams: Sequence[BufferedIOBase], *, null: bool) -> Iterator[str]:
    for stream in streams:
        yield from read_list(stream, null=null)


def _opened(name: str, stack: ExitStack) -> BufferedIOBase:
    if name == STDIN:
        return cast("BufferedIOBase", sys.stdin.buffer)
    try:
        return stack.enter_context(open(name, "rb"))  # noqa: PTH123 - SIM115 knows it as closed
    except OSError as error:
        raise UsageError(f"--files-from {name}: {error.strerror}") from error
