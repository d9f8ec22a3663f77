"""What the user calls a config -> Plan; mistakes of spelling and of meaning are told at once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.config.load import Loaded, load_config
from audiofeat_cli.errors import ConfigError
from audiofeat_cli.plan import Plan
from audiofeat_cli.presets import find_config
from audiofeat_cli.registry import load_features
from audiofeat_cli.troubles import Trouble

_PLACE = re.compile(r":(\d+):(\d+): ")


@dataclass(frozen=True, slots=True)
class Planned:
    """A config that is right, and its plan.

    Attributes
    ----------
    source : the file or preset, as messages call it.
    warnings : lines about what is dubious.
    """

    source: str
    plan: Plan
    warnings: tuple[str, ...]


def load_plan(name: str, overrides: Sequence[str] = ()) -> Planned:
    """Read, validate and compile a config.

    Parameters
    ----------
    name : a file if it exists, else a preset.
    overrides : `KEY=VALUE` as given to `--set`.

    Raises
    ------
    UsageError : there is no such config.
    ConfigError : with every problem, in the order of the file.
    """
    source, text = find_config(name)
    features = load_features()
    loaded = load_config(text, source, features=features, overrides=overrides)
    problems, warnings = list(loaded.problems), list(loaded.warnings)
    plan = None
    if loaded.draft is not None:
        compiled = compile_plan(loaded.draft, features)
        plan = compiled.plan
        for trouble in compiled.troubles:
            if not _follows(trouble, loaded):
                (warnings if trouble.warning else problems).append(_line(trouble, loaded))
    if problems or plan is None:
        raise ConfigError(_in_order(problems))
    return Planned(source, plan, tuple(_in_order(warnings)))


def _line(trouble: Trouble, loaded: Loaded) -> str:
    return loaded.problem_line(
        trouble.message, request=trouble.request, parameter=trouble.parameter
    )


def _follows(trouble: Trouble, loaded: Loaded) -> bool:
    """Whether it only comes of a feature that was left out for its own mistakes."""
    return any(f"'{name}'" in trouble.message for name in loaded.broken)


def _in_order(lines: Sequence[str]) -> list[str]:
    """By place in the file; what the command line says comes last."""

    def place(line: str) -> tuple[bool, int, int]:
        found = _PLACE.search(line)
        return (False, int(found[1]), int(found[2])) if found else (True, 0, 0)

    return sorted(dict.fromkeys(lines), key=place)
