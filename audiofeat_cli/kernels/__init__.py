"""Loops that arrays cannot say, compiled by numba or (`machine`) LLVM: nothing else knows of them.

Compiled code is kept in a folder of our own, so that each process after the first only loads it.
A lock sees to it that one process compiles at a time: two that compile into one folder at once
spoil it.
"""

import contextlib
import importlib
import os
import pickle
import sys
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from types import ModuleType

CACHE_VARIABLE = "NUMBA_CACHE_DIR"

DAMAGE = (
    *(AttributeError, EOFError, ImportError, IndexError, KeyError, OSError, RuntimeError),
    *(TypeError, ValueError, pickle.UnpicklingError),
)
"""What numba raises where a file of its cache is not as it wrote it, or cannot be written."""


@lru_cache(maxsize=8)
def kernels(name: str) -> ModuleType:
    """The module `name` of this package, compiled (the first time ever) or loaded.

    Importing numba takes some 0.3 s and compiling some seconds, so steps call this when they run.
    """
    import numba

    folder = cache_folder()
    if folder is not None and not os.environ.get(CACHE_VARIABLE):
        numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    with _one_at_a_time(folder):
        return _loaded(f"{__name__}.{name}", folder)


def _loaded(name: str, folder: Path | None) -> ModuleType:
    """The module; compiled anew where what is kept of it is damaged, or nothing can be kept."""
    try:
        return importlib.import_module(name)
    except DAMAGE:
        for kept in folder.rglob(f"{name.rpartition('.')[2]}.*.nb[ic]") if folder else ():
            with contextlib.suppress(OSError):
                kept.unlink()
    try:
        return importlib.import_module(name)
    except OSError:  # the disk of the cache is full
        import numba

        with tempfile.TemporaryDirectory() as instead:
            numba.config.CACHE_DIR = instead  # type: ignore[attr-defined]
            return importlib.import_module(name)


def cache_folder() -> Path | None:
    """Where compiled code is kept: the first folder of a few that can be written; None if none.

    `NUMBA_CACHE_DIR` names another. Else it is the user's cache folder, or one in the temporary
    folder that belongs to the user alone.
    """
    named = os.environ.get(CACHE_VARIABLE)
    candidates = [Path(named)] if named else [_user_cache(), _temporary()]
    return next((folder for folder in candidates if _is_writable(folder)), None)


def _user_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    if base and os.path.isabs(base):  # noqa: PTH117 - as the specification of the variable says
        return Path(base) / "audiofeat" / "numba"
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises where there is none
    inside = ("Library", "Caches") if sys.platform == "darwin" else (".cache",)
    return home.joinpath(*inside, "audiofeat", "numba")


def _temporary() -> Path:
    owner = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(tempfile.gettempdir()) / f"audiofeat-{owner}" / "numba"


def _is_writable(folder: Path) -> bool:
    """Whether we can write there; code that another user may have put there is not loaded."""
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        ours = not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
    except OSError:
        return False
    return ours and os.access(folder, os.W_OK | os.X_OK)


@contextlib.contextmanager
def _one_at_a_time(folder: Path | None) -> Iterator[None]:
    """Hold the folder's lock, where the system has locks."""
    if folder is None or sys.platform == "win32":
        yield
        return
    import fcntl

    try:
        handle = (folder / "lock").open("ab")
    except OSError:
        yield
        return
    with handle:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
