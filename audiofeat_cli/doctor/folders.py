"""Folders that audiofeat and its libraries write to besides the output, and whether they can."""

import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from audiofeat_cli.doctor.findings import Finding, note, size_text, wrong

LITTLE_BYTES = 2**30
"""With less free space in the temporary folder a big run may not get far."""


def can_write(folder: Path) -> bool:
    """Whether a file can be made there; for a folder to be, in the first above it that exists.

    Tried, not asked: permissions say nothing about a read-only disk.
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def temporary() -> Iterator[Finding]:
    """Where temporary files go, and how much fits."""
    remedy = "set TMPDIR to a folder that can be written"
    try:
        folder = Path(tempfile.gettempdir())
    except FileNotFoundError:
        yield wrong("temporary", "there is no folder for temporary files", remedy)
        return
    if not can_write(folder):
        yield wrong("temporary", f"{folder} cannot be written", remedy, {"path": str(folder)})
        return
    free = shutil.disk_usage(folder).free
    value = {"path": str(folder), "free": free}
    text = f"{folder}, {size_text(free)} free"
    if free < LITTLE_BYTES:
        yield note("temporary", f"{text}: little", "free some, or set TMPDIR", value)
    else:
        yield Finding("temporary", text, value=value)


def workers() -> Iterator[Finding]:
    """Where worker processes keep their semaphores."""
    shared = Path("/dev/shm")
    if sys.platform != "linux":
        return
    value = {"path": str(shared)}
    if can_write(shared):
        free = size_text(shutil.disk_usage(shared).free)
        yield Finding("joblib", f"{shared}, {free} free, for semaphores", value=value)
    else:
        yield wrong(
            "joblib",
            f"{shared} cannot be written, so that no worker process can start",
            "mount it for this user (docker run --shm-size), or give --backend threading",
            value,
        )


def caches() -> Iterator[Finding]:
    """Caches: where each goes, or that it goes nowhere."""
    from audiofeat_cli.kernels import CACHE_VARIABLE, cache_folder

    folder = cache_folder()
    yield _cache(
        "numba", folder, "each worker compiles what pitch needs, for seconds", CACHE_VARIABLE
    )
    if importlib.util.find_spec("matplotlib") is not None:
        usual = _user_cache() / "matplotlib" if _is_freedesktop() else Path.home() / ".matplotlib"
        named = os.environ.get("MPLCONFIGDIR")
        folder = _if_writable(Path(named) if named else usual)
        yield _cache("matplotlib", folder, "pictures take longer", "MPLCONFIGDIR")
        if _is_freedesktop():
            folder = _if_writable(_user_cache() / "fontconfig")
            yield _cache("fontconfig", folder, "pictures take longer", "XDG_CACHE_HOME")


def _if_writable(folder: Path) -> Path | None:
    return folder if can_write(folder) else None


def _cache(name: str, folder: Path | None, loss: str, variable: str) -> Finding:
    if folder is not None:
        return Finding(name, str(folder), value={"path": str(folder)})
    remedy = f"set {variable} to a folder that can be written"
    return note(name, f"nowhere to write its cache: {loss}", remedy, {"path": None})


def _is_freedesktop() -> bool:
    return sys.platform not in {"win32", "darwin"}


def _user_cache() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home())
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
