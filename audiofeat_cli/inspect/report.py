"""What `audiofeat inspect` finds, file after file, and how it is told."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiofeat_cli.audio.names import escape_path
from audiofeat_cli.console import one_line
from audiofeat_cli.errors import ClipError
from audiofeat_cli.inspect.output import OutputFacts, is_output, look_at

if TYPE_CHECKING:
    from audiofeat_cli.inspect.sound import Sound
    from audiofeat_cli.inspect.terminal import Screen


@dataclass(frozen=True, slots=True)
class Trouble:
    """A file that could not be looked at.

    Attributes
    ----------
    error : a short stable word, as in failures.jsonl.
    """

    path: str
    error: str
    message: str

    @property
    def line(self) -> str:
        """For people."""
        return one_line(f"{self.path}: {self.message}")

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for `--json`."""
        return {"kind": "error", **asdict(self)}


def look(
    names: Sequence[str], *, full: bool = False, music: bool = False
) -> Iterator["Sound | OutputFacts | Trouble"]:
    """Look at files, at output folders, and at the audio files below other folders.

    Parameters
    ----------
    full : measure all of a long file, too.
    music : find tempo, key and pitch.
    """
    looker = _Looker(full=full, music=music)
    for name in names:
        if not _is_folder(name) or is_output(Path(name)):
            yield looker.look(name)
        else:
            yield from looker.walk(name)


def is_many(names: Sequence[str]) -> bool:
    """Whether a table tells more than each file in detail."""
    return len(names) > 1 or any(_is_folder(name) and not is_output(Path(name)) for name in names)


def _is_folder(name: str) -> bool:
    return os.path.isdir(name)  # noqa: PTH112 - a Path would raise where nothing may be looked at


class _Looker:
    def __init__(self, *, full: bool, music: bool) -> None:
        self._full = full
        self._music = music
        self._listener: Any = None

    def look(self, name: str) -> "Sound | OutputFacts | Trouble":
        try:
            if not os.path.exists(name):  # noqa: PTH110 - Path("") is the current folder
                raise _nothing(name)
            return look_at(Path(name)) if is_output(Path(name)) else self._listen(name)
        except ClipError as error:
            return Trouble(escape_path(name), error.kind, error.message)
        except OSError as error:
            reason = (error.strerror or "unknown reason").lower()
            return Trouble(escape_path(name), "unreadable", f"cannot be read: {reason}")

    def walk(self, folder: str) -> Iterator["Sound | OutputFacts | Trouble"]:
        from audiofeat_cli.audio.discover import discover
        from audiofeat_cli.errors import Failure

        is_empty = True
        for found in discover([folder]):
            is_empty = False
            if isinstance(found, Failure):
                yield Trouble(found.path, found.error, found.message)
            else:
                yield self.look(found.file)
        if is_empty:
            message = "a folder without audio files, and no output of audiofeat"
            yield Trouble(escape_path(folder), "no_audio", message)

    def _listen(self, name: str) -> "Sound":
        from audiofeat_cli.inspect.sound import Listener

        if self._listener is None:
            self._listener = Listener(full=self._full, music=self._music)
        sound: Sound = self._listener.listen(name)
        return sound


def _nothing(name: str) -> ClipError:
    if os.path.lexists(name):
        return ClipError("discover", "broken_link", "this link leads nowhere")
    return ClipError("discover", "missing", "no such file or folder")


class Findings:
    """What was found, one by one; troubles are told as they come.

    Attributes
    ----------
    failed : how many troubles there were.
    """

    def __init__(
        self,
        names: Sequence[str],
        tell: Callable[[str], None],
        *,
        full: bool = False,
        as_json: bool = False,
    ) -> None:
        self.failed = 0
        self.many = is_many(names)
        self._found = look(names, full=full, music=as_json or not self.many)
        self._tell = tell

    def all(self) -> Iterator["Sound | OutputFacts | Trouble"]:
        """Everything, troubles too."""
        for item in self._found:
            if isinstance(item, Trouble):
                self.failed += 1
                self._tell(f"audiofeat: {item.line}")
            yield item

    def data(self) -> list[dict[str, Any]]:
        """For `--json`: an object for each."""
        return [item.as_dict() for item in self.all()]

    def texts(self) -> Iterator[str]:
        """For people, as soon as it is found; a file among many is a line of a table."""
        from audiofeat_cli.inspect.terminal import this_screen

        screen = this_screen()
        is_headed = False
        for item in self.all():
            if isinstance(item, OutputFacts):
                from audiofeat_cli.inspect.output_text import output_lines

                yield "".join(f"{line}\n" for line in output_lines(item, screen.width))
                is_headed = False
            elif not isinstance(item, Trouble):
                yield _sound_text(item, screen, is_row=self.many, is_first=not is_headed)
                is_headed = True


def _sound_text(sound: "Sound", screen: "Screen", *, is_row: bool, is_first: bool) -> str:
    from audiofeat_cli.inspect.sound_text import TABLE_HEAD, sound_lines, table_line

    if not is_row:
        return screen.text(list(sound_lines(sound, screen)))
    rows = [TABLE_HEAD, table_line(sound)] if is_first else [table_line(sound)]
    return "".join(f"{row}\n" for row in rows)
