"""Finds features: the modules below `features/`, then the entry points `audiofeat.features`.

Also answers what parameters a feature accepts: its own and those of every step above it.
"""

import importlib
import importlib.metadata
import inspect
import os
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import ModuleType
from typing import Any

from audiofeat_cli import features as _bundled
from audiofeat_cli.errors import UsageError
from audiofeat_cli.step import Chosen, Feature, Input, Parameter, Step, Use, When

ENTRY_POINTS = "audiofeat.features"
PLUGIN_SWITCH = "AUDIOFEAT_PLUGINS"
OVERRIDABLE = ("n_fft", "win_length", "window", "pad_mode", "precision")
"""Settings of the config that one feature may have otherwise (hop and rate are the grid's)."""

_MISSING = inspect.Parameter.empty


@dataclass(frozen=True)
class Scope:
    """How a step's parameter names look from the feature that reads it, through each `Use`."""

    use: Use | None = None
    parent: "Scope | None" = None

    def outer(self, name: str) -> str | None:
        """The name a config would use for the step's parameter `name`; None where it is pinned."""
        if self.use is None or self.parent is None:
            return name
        if name in self.use.pins:
            return None
        return self.parent.outer(self.use.names.get(name, name))

    def value(self, name: str, given: Mapping[str, Any]) -> Any:
        """What pins, the config (`given`) or outer defaults make of it; else empty."""
        if self.use is None or self.parent is None:
            return given.get(name, _MISSING)
        if name in self.use.pins:
            return self.use.pins[name]
        value = self.parent.value(self.use.names.get(name, name), given)
        return self.use.defaults.get(name, _MISSING) if value is _MISSING else value

    def enter(self, use: Use) -> "Scope":
        """The scope inside a `Use`."""
        return Scope(use, self)


def resolve(item: Step | Use, scope: Scope) -> tuple[Step, Scope]:
    """The step behind an input, and the scope its parameters are seen in."""
    return (item.step, scope.enter(item)) if isinstance(item, Use) else (item, scope)


def branches(item: Input) -> tuple[Step | Use, ...]:
    """The steps that an input may turn out to be."""
    if isinstance(item, When):
        return (item.given, item.null)
    return () if isinstance(item, Chosen) else (item,)


def _visit(step: Step, scope: Scope) -> Iterator[tuple[Parameter, Scope]]:
    for parameter in step.parameters.values():
        yield parameter, scope
    for item in step.inputs:
        for branch in branches(item):
            yield from _visit(*resolve(branch, scope))


def accepted_parameters(feature: Feature) -> Mapping[str, Parameter]:
    """Every parameter that a config may give the feature, by the name it has there.

    Raises
    ------
    TypeError : two steps above the feature have different defaults under one name.
    """
    accepted: dict[str, Parameter] = {}
    for parameter, scope in _visit(feature.step, Scope()):
        outer = scope.outer(parameter.name)
        if outer is None or (parameter.is_setting and outer not in OVERRIDABLE):
            continue
        default = scope.value(parameter.name, {})
        default = parameter.default if default is _MISSING else default
        found = replace(parameter, name=outer, default=default)
        known = accepted.setdefault(outer, found)
        if known.default != found.default:
            raise TypeError(
                f"{feature.name}: parameter {outer!r} has two defaults among its steps: "
                f"{known.default!r} and {found.default!r}; use `using` or `pinned`"
            )
    return accepted


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(info.name)


def _features_of(module: ModuleType) -> Iterator[Feature]:
    for value in vars(module).values():
        if isinstance(value, Feature) and value.step.function.__module__ == module.__name__:
            yield value


def plugin_entries() -> list[importlib.metadata.EntryPoint]:
    """What installed packages offer as features; nothing is loaded."""
    return list(importlib.metadata.entry_points(group=ENTRY_POINTS))


def owner_of(entry: importlib.metadata.EntryPoint) -> str:
    """The package behind an entry point, and its version."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.module


def plugin_features(entry: importlib.metadata.EntryPoint) -> list[Feature]:
    """Load the features behind an entry point.

    Raises
    ------
    UsageError : it cannot be loaded, or holds none.
    """
    owner = owner_of(entry)
    try:
        loaded = entry.load()
    except Exception as error:
        raise UsageError(
            f"plugin {owner}: {entry.value} cannot be loaded: {type(error).__name__}: {error}",
            f"repair or uninstall it, or set {PLUGIN_SWITCH}=0 to run without plugins",
        ) from error
    found = [loaded] if isinstance(loaded, Feature) else []
    if isinstance(loaded, ModuleType):
        found = list(_features_of(loaded))
    if not found:
        raise UsageError(f"plugin {owner}: {entry.value} is no feature, and holds none")
    return [replace(feature, plugin=owner) for feature in found]


def _checked(feature: Feature) -> Feature:
    """The feature, if its declaration makes sense."""
    try:
        accepted_parameters(feature)
    except TypeError as error:
        if not feature.plugin:
            raise
        raise UsageError(f"plugin {feature.plugin}: {error}") from error
    return feature


@lru_cache(maxsize=2)
def _load(plugins: bool) -> Mapping[str, Feature]:  # noqa: FBT001
    found: dict[str, Feature] = {}
    sources = [f for module in _modules(_bundled) for f in _features_of(module)]
    entries = plugin_entries() if plugins else ()
    for feature in [*sources, *(f for entry in entries for f in plugin_features(entry))]:
        if feature.name in found:
            raise UsageError(
                f"plugin {feature.plugin}: the feature name {feature.name!r} is already taken"
            )
        found[feature.name] = _checked(feature)
    return dict(sorted(found.items()))


def load_features(*, plugins: bool | None = None) -> Mapping[str, Feature]:
    """All features by name. Plugins are loaded unless AUDIOFEAT_PLUGINS=0 says otherwise."""
    return _load(plugins_wanted() if plugins is None else plugins)


def plugins_wanted() -> bool:
    """Whether the environment leaves plugins on."""
    return os.environ.get(PLUGIN_SWITCH, "1") != "0"


def step_named(name: str) -> Step:
    """The step behind a plan's `module:function`, imported where the plan runs."""
    module, _, function = name.partition(":")
    found = getattr(importlib.import_module(module), function)
    return found.step if isinstance(found, Feature) else found
