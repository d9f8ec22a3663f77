"""Finds configs: a file where there is one, else a bundled preset."""

import importlib.resources
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path, PurePath

from audiofeat_cli.config.places import printable
from audiofeat_cli.config.spelling import did_you_mean
from audiofeat_cli.errors import UsageError

_SUFFIX = ".yaml"
_LARGEST = 4_000_000


@dataclass(frozen=True, slots=True)
class Preset:
    """A bundled config. `summary` is its first comment line."""

    name: str
    summary: str


def _folder() -> Traversable:
    """`configs` inside the installed package; beside it where the package runs from a clone."""
    bundled = importlib.resources.files("audiofeat_cli") / "configs"
    return bundled if bundled.is_dir() else Path(__file__).parent.parent / "configs"


def _presets() -> dict[str, Traversable]:
    folder = _folder()
    files = folder.iterdir() if folder.is_dir() else ()
    found = {f.name.removesuffix(_SUFFIX): f for f in files if f.name.endswith(_SUFFIX)}
    return dict(sorted(found.items()))


def list_presets() -> list[Preset]:
    """Every bundled config, by name."""
    return [Preset(name, _summary(file)) for name, file in _presets().items()]


def _summary(file: Traversable) -> str:
    first = file.read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("#").strip() if first.startswith("#") else ""


def read_preset(name: str) -> bytes:
    """The YAML of a preset, called `mel` or `mel.yaml`.

    Raises
    ------
    UsageError : there is none of that name.
    """
    presets = _presets()
    file = presets.get(name.removesuffix(_SUFFIX))
    if file is None:
        raise UsageError(f"no preset is called '{printable(name)}'", _remedy(name, list(presets)))
    return file.read_bytes()


def find_config(name: str) -> tuple[str, bytes]:
    """The name to show and the text of a config: a file if it exists, else a bundled preset.

    A folder of that name is passed over.

    Raises
    ------
    UsageError : there is neither, or the file cannot be read.
    """
    try:
        path = Path(name)
        if path.exists() and not path.is_dir():
            with path.open("rb") as file:
                return name, file.read(_LARGEST)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{printable(name)}: cannot be read: {reason}") from error
    presets = _presets()
    stem = name.removesuffix(_SUFFIX)
    if stem in presets:
        return f"{stem}{_SUFFIX}", presets[stem].read_bytes()
    what = "is a folder, and no preset" if path.is_dir() else "is neither a file nor a preset"
    raise UsageError(f"'{printable(name)}' {what}", _remedy(name, list(presets)))


def _remedy(name: str, presets: list[str]) -> str:
    path = PurePath(name)
    stem = path.stem if path.suffix in (_SUFFIX, ".yml") else path.name
    return f"presets: {', '.join(presets)}{did_you_mean(stem, presets)}"
