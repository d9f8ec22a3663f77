"""Versions of everything the numbers depend on, whether each library loads, extras and plugins."""

import importlib
import importlib.metadata
import platform
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from audiofeat_cli.doctor.findings import Finding, note, one_line, wrong
from audiofeat_cli.versions import DISTRIBUTION, LIBRARIES

EXTRAS = {"matplotlib": ("plot", "pictures: inspect --plot")}
"""Libraries that may be there, with the extra that brings each and what it is for."""

_MODULES = {"pyyaml": "yaml"}
_REQUIREMENT = re.compile(r"([\w.-]+)(?:\[[^]]*\])?\s*([^;]*)(?:;(.*))?")


def runtime() -> Iterator[Finding]:
    """What runs this."""
    import audiofeat_cli

    version, home = str(audiofeat_cli.__version__), Path(audiofeat_cli.__file__).parent
    yield Finding("audiofeat", f"{version}, {home}", value=version)
    python = platform.python_version()
    yield Finding("python", f"{python}, {sys.executable}", value=python)
    yield Finding("platform", platform.platform(), value=platform.platform())


def libraries() -> Iterator[Finding]:
    """Each library that audiofeat needs: version, and whether it loads."""
    for name, bounds in _required():
        yield _library(name, bounds)
    for name in ("numba",):  # of librosa's; slow to load, so only its version is asked
        version = _version(name)
        if version:
            yield Finding(name, version, value=version)


def _required() -> list[tuple[str, str]]:
    """(name, bounds as "<2,>=0.11") of what audiofeat cannot do without, by name."""
    try:
        lines = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:  # run from a clone, not installed
        return [(name, "") for name in LIBRARIES]
    found = [match for line in lines if (match := _REQUIREMENT.match(line))]
    needed = [(m[1].lower(), m[2].strip(" ()")) for m in found if "extra" not in (m[3] or "")]
    return sorted(needed)


def _library(name: str, bounds: str) -> Finding:
    version = _version(name)
    mend = f"pip install --force-reinstall '{name}{bounds}'"
    if version is None:
        return wrong(name, "is missing", f"pip install '{name}{bounds}'")
    try:
        importlib.import_module(_MODULES.get(name, name.replace("-", "_")))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a broken library may do anything
        said = f"{type(error).__name__}: {one_line(str(error))}"
        return wrong(name, f"{version} cannot be loaded: {said}", mend, version)
    if not satisfies(version, bounds):
        return wrong(name, f"{version} is not {bounds}, as audiofeat needs it", mend, version)
    return Finding(name, version, value=version)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def satisfies(version: str, bounds: str) -> bool:
    """Whether a version lies within bounds such as "<2,>=0.11" (only < and >= are understood)."""
    ours = _numbers(version)
    for bound in filter(None, (part.strip() for part in bounds.split(","))):
        if bound.startswith(">=") and ours < _numbers(bound[2:]):
            return False
        if bound.startswith("<") and not bound.startswith("<=") and ours >= _numbers(bound[1:]):
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    """1.10.0rc1 -> (1, 10): as tuples order them, 2.0 is 2."""
    numbers = [int(n) for n in re.findall(r"\d+", re.split(r"[^\d.\s]", version.strip())[0])]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def native() -> Iterator[Finding]:
    """Versions of the C libraries inside."""
    from audiofeat_cli.audio.formats import native_versions

    for name, version in native_versions().items():
        yield Finding(name, version, value=version)
    import numpy  # noqa: F401 - what is not loaded has no linear algebra to tell of
    from threadpoolctl import threadpool_info

    for found in threadpool_info():
        if found["user_api"] == "blas":
            said = f"{found['internal_api']} {found['version']}"
            yield Finding("blas", f"{said}, one thread per worker", value=said)
            return


def extras() -> Iterator[Finding]:
    """Optional libraries: there or not, and what for. None is missed."""
    for name, (extra, purpose) in EXTRAS.items():
        version = _version(name)
        if version is not None:
            yield Finding(name, f"{version} ({purpose})", value=version)
        else:
            how = f"pip install '{DISTRIBUTION}[{extra}]'"
            yield Finding(name, f"not installed ({purpose}): {how}")


def plugins() -> Iterator[Finding]:
    """Features of other packages: which are found, and which are broken."""
    from audiofeat_cli.errors import UsageError
    from audiofeat_cli.registry import (
        PLUGIN_SWITCH,
        load_features,
        owner_of,
        plugin_entries,
        plugin_features,
        plugins_wanted,
    )

    entries = plugin_entries()
    if not plugins_wanted():
        yield note("plugins", f"{len(entries)} found, none loaded", f"unset {PLUGIN_SWITCH}", [])
        return
    if not entries:
        yield Finding("plugins", "none", value=[])
    broken = False
    for entry in entries:
        owner = owner_of(entry)
        try:
            names = [feature.name for feature in plugin_features(entry)]
        except UsageError as error:
            broken = True
            yield wrong(owner, one_line(error.message), error.remedy)
        else:
            yield Finding(owner, ", ".join(names), value=names)
    if not broken:
        try:
            found = load_features()
        except UsageError as error:  # two of one name
            yield wrong("features", one_line(error.message), error.remedy or "uninstall one")
        else:
            yield Finding("features", f"{len(found)} can be asked for", value=len(found))
