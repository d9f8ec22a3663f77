"""Find audio files: folders are walked, lists are read, and what cannot be used is said.

Files are yielded while the walk goes on. Nothing is opened here; needs the standard library only.
"""

import errno
import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from hashlib import blake2b
from io import BufferedIOBase
from typing import NamedTuple

from audiofeat_cli.audio.names import KNOWN, escape_path, extension, plain_path
from audiofeat_cli.errors import Failure, UsageError

Patterns = tuple[re.Pattern[str], ...]


class Clip(NamedTuple):
    r"""One file to work on. A tuple, because a million of them are made and sent to workers.

    Parameters
    ----------
    path : as tables hold it: as `find INPUT` would print it, or relative to a given folder; UTF-8,
        other bytes as `\xNN`, a backslash as `\\`.
    file : what to open, in the form of `os.fsdecode`.
    size : bytes.
    mtime_ns : time of the last change.
    below : path below the INPUT it was found in, in the form of `file`; for a file that was named
        itself, its name as given. Shards and globs read it.
    """

    path: str
    file: str
    size: int
    mtime_ns: int
    below: str

    @property
    def key(self) -> str:
        """`path` without `./` and `//`: one path reached in two ways is one clip."""
        return plain_path(self.path)


class _Found(NamedTuple):
    """A name before it is known to be of use."""

    path: str
    file: str
    below: str

    @property
    def name(self) -> str:
        return self.below.rpartition("/")[2]

    def failure(self, kind: str, message: str) -> Failure:
        return Failure(escape_path(self.path), "discover", kind, message)

    def clip(self, facts: os.stat_result) -> Clip:
        path = escape_path(self.path)
        file = path if path == self.file else self.file  # so that one text is kept, not two
        return Clip(path, file, facts.st_size, facts.st_mtime_ns, self.below)


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder that is being walked.

    Attributes
    ----------
    prefix : its path below its input, with a slash; empty for the input itself.
    slashed : what to open, with a slash.
    names : of what is yet to come in it, the last first.
    folders : those of the names that are folders.
    """

    prefix: str
    slashed: str
    names: list[str]
    folders: set[str]


class Discovery:
    """Iterate over clips, and over failures for what is there but cannot be used.

    Parameters
    ----------
    inputs : folders and files that the user named; one that does not exist is an error at once.
    listed : more names, read as they come; one that does not exist is one failure.
    include, exclude : globs against the path below an input, and against the bare name. A folder
        that `exclude` matches is not entered.
    relative_to : write paths relative to this folder.
    shard : (i, n): only the i-th of n parts, by a hash of the path below its input.

    Attributes
    ----------
    passed_over : files without an audio ending, `._*` and what is no regular file, so far.
    filtered : files and folders that `include` and `exclude` left out, so far.

    Raises
    ------
    UsageError : an input is missing, or the shard cannot be.
    """

    def __init__(
        self,
        inputs: Sequence[str],
        *,
        listed: Iterable[str] = (),
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        relative_to: str | None = None,
        shard: tuple[int, int] | None = None,
    ) -> None:
        missing = [name for name in inputs if not os.path.lexists(name)]
        if missing:
            names = ", ".join(escape_path(name) or "(an empty name)" for name in missing)
            raise UsageError(f"no such file or folder: {names}")
        if shard is not None and not 0 <= shard[0] < shard[1]:
            raise UsageError(f"shard {shard[0]}/{shard[1]}: of n shards, the first is 0/n")
        self.passed_over = 0
        self.filtered = 0
        self._inputs = tuple(inputs)
        self._listed = listed
        self._include = _compile(include)
        self._exclude = _compile(exclude)
        self._relative_to = relative_to
        self._shard = shard
        # One walk cannot come by the same path twice; only then nothing need be remembered.
        self._seen: set[bytes] | None = set() if len(inputs) != 1 or listed != () else None

    def __iter__(self) -> Iterator[Clip | Failure]:
        for name in self._inputs:
            yield from self._named(name)
        for name in self._listed:
            yield from self._named(name)

    def _named(self, name: str) -> Iterator[Clip | Failure]:
        found = _Found(self._written(name), name, plain_path(name))
        try:
            facts = os.stat(name)  # noqa: PTH116 - a Path would drop "./"
        except ValueError:
            if self._is_ours(found):
                yield found.failure(
                    "bad_name", "a file name cannot hold a NUL; is the list for --null?"
                )
        except OSError as error:
            if self._is_ours(found):
                yield _failed(found, error, is_link=os.path.lexists(name), missing="missing")
        else:
            if stat.S_ISDIR(facts.st_mode):
                yield from self._walk(name)
            elif self._wants(found) and self._is_ours(found):
                yield _checked(found, facts) or found.failure(
                    "not_a_file", "neither a regular file nor a folder"
                )

    def _walk(self, top: str) -> Iterator[Clip | Failure]:
        written = self._written(top)
        base = "" if self._relative_to is not None and written == "." else _slashed(written)
        folders: list[_Folder] = []
        found = _Found(written, top, ".")
        here: _Folder | Failure | None = self._list(found, "")
        while folders or here is not None:
            if isinstance(here, _Folder):
                folders.append(here)
            elif here is not None:
                yield here
            here = None
            if not folders or not folders[-1].names:
                del folders[-1:]
                continue
            name = folders[-1].names.pop()
            below = folders[-1].prefix + name
            found = _Found(base + below, folders[-1].slashed + name, below)
            if name in folders[-1].folders:
                here = self._list(found, below + "/") if self._enters(found) else None
            elif self._wants(found) and self._is_ours(found):
                yield from self._walked(found)

    def _list(self, folder: _Found, prefix: str) -> "_Folder | Failure | None":
        """What is of use in a folder; nothing but names is kept, for there may be a million."""
        names: list[str] = []
        folders: set[str] = set()
        try:
            with os.scandir(folder.file) as entries:
                for entry in entries:
                    name = entry.name
                    if not _is_folder(entry):
                        is_audio = extension(name) in KNOWN and not name.startswith("._")
                    elif entry.is_symlink():
                        is_audio = False
                    else:
                        folders.add(name)
                        is_audio = True
                    if is_audio:
                        names.append(name)
                    else:
                        self.passed_over += 1
        except OSError as error:
            return _failed(folder, error, is_link=False) if self._is_ours(folder) else None
        names.sort(reverse=True)
        return _Folder(prefix, _slashed(folder.file), names, folders)

    def _walked(self, found: _Found) -> Iterator[Clip | Failure]:
        try:
            checked = _checked(found, os.stat(found.file))  # noqa: PTH116 - a Path takes longer
        except OSError as error:
            yield _failed(found, error, is_link=os.path.islink(found.file))  # noqa: PTH114
        else:
            if checked is None:
                self.passed_over += 1
            else:
                yield checked

    def _enters(self, folder: _Found) -> bool:
        excluded = bool(self._exclude) and _matches(self._exclude, folder)
        self.filtered += excluded
        return not excluded

    def _wants(self, found: _Found) -> bool:
        if not self._exclude and not self._include:
            return True
        wanted = not _matches(self._exclude, found) and (
            not self._include or _matches(self._include, found)
        )
        self.filtered += not wanted
        return wanted

    def _is_ours(self, found: _Found) -> bool:
        """Not seen before, and in this shard. The first of two decides, in every shard alike."""
        if self._seen is not None:
            key = blake2b(os.fsencode(plain_path(found.path)), digest_size=16).digest()
            if key in self._seen:
                return False
            self._seen.add(key)
        if self._shard is None:
            return True
        index, shards = self._shard
        digest = blake2b(os.fsencode(found.below), digest_size=8).digest()
        return int.from_bytes(digest) % shards == index

    def _written(self, name: str) -> str:
        return name if self._relative_to is None else os.path.relpath(name, self._relative_to)


def discover(
    inputs: Sequence[str],
    *,
    listed: Iterable[str] = (),
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    relative_to: str | None = None,
    shard: tuple[int, int] | None = None,
) -> Discovery:
    """Clips in `inputs` and `listed`, in a repeatable order; see `Discovery`."""
    return Discovery(
        inputs,
        listed=listed,
        include=include,
        exclude=exclude,
        relative_to=relative_to,
        shard=shard,
    )


def read_list(stream: BufferedIOBase, *, null: bool) -> Iterator[str]:
    """Names from a list, as soon as each is complete; empty ones are dropped.

    Parameters
    ----------
    stream : binary, such as `sys.stdin.buffer`.
    null : names end with NUL, as `find -print0` writes them; else with a newline (or CR LF).
    """
    end = b"\0" if null else b"\n"
    rest = b""
    while piece := stream.read1(1 << 16):
        *names, rest = (rest + piece).split(end)
        yield from _decoded(names, null=null)
    yield from _decoded([rest], null=null)


def _decoded(names: Iterable[bytes], *, null: bool) -> Iterator[str]:
    for name in names:
        exact = name if null else name.removesuffix(b"\r")
        if exact:
            yield os.fsdecode(exact)


def _compile(globs: Iterable[str]) -> Patterns:
    return tuple(re.compile(translate(glob)) for glob in globs)


def _matches(patterns: Patterns, found: _Found) -> bool:
    return any(pattern.match(found.below) or pattern.match(found.name) for pattern in patterns)


def _slashed(folder: str) -> str:
    return folder if folder.endswith("/") else folder + "/"


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    """Whether this is a folder or a link to one; what cannot be asked is left to `stat`."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _checked(found: _Found, facts: os.stat_result) -> Clip | Failure | None:
    """The clip; a failure when it cannot be read; nothing when it is no regular file."""
    if not stat.S_ISREG(facts.st_mode):
        return None
    if not os.access(found.file, os.R_OK):
        return found.failure("unreadable", "no permission to read this file")
    return found.clip(facts)


def _failed(found: _Found, error: OSError, *, is_link: bool, missing: str = "vanished") -> Failure:
    if is_link and error.errno in {errno.ENOENT, errno.ELOOP, errno.ENOTDIR}:
        return found.failure("broken_link", "this link leads nowhere")
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        said = "no such file" if missing == "missing" else "deleted while files were looked for"
        return found.failure(missing, said)
    return found.failure("unreadable", f"cannot be read: {error.strerror or 'unknown reason'}")
