"""The catalogue of features, docs/features.md, from the registry."""

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from audiofeat_cli.catalog import all_facts
from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.config.load import load_config
from audiofeat_cli.config.settings import SETTINGS
from audiofeat_cli.config.spelling import listed
from audiofeat_cli.explain.tree import yaml_value
from audiofeat_cli.plan import Output
from audiofeat_cli.registry import accepted_parameters, load_features
from audiofeat_cli.step import Feature
from docs.markdown import cell, prose, split_docstring

RATE = 22050
SOURCE = "mfcc"
"""What features that read another one are shown with."""
GROUPS = (
    "level",
    "envelope",
    "timefrequency",
    "timbre",
    "temporal",
    "pitch",
    "harmony",
    "rhythm",
    "space",
)
"""Folders of features in the order in which people look for them; others follow by name."""

_GAINS = {
    "invariant": "unchanged",
    "linear": "times g",
    "power": "times g²",
    "decibel": "plus 20 log10 g",
    "none": "no such law",
}


@cache
def outputs_of(feature: Feature) -> tuple[Output, ...]:
    """What a config with only this feature gives at 22050 Hz, `of: mfcc` where it reads another."""
    features = load_features(plugins=False)
    required = [p.name for p in accepted_parameters(feature).values() if p.is_required]
    given = ", ".join(f"{name}: {SOURCE}" for name in required)
    text = f"sample_rate: {RATE}\nfeatures:\n  - {feature.name}: {{{given}}}\n"
    config = load_config(text, "features", features=features).config
    plan = compile_plan(config, features).plan if config else None
    return plan.outputs if plan else ()


def group_of(feature: Feature) -> str:
    """The folder below features/ that a feature stands in."""
    return feature.step.function.__module__.split(".")[2]


def groups() -> dict[str, list[Feature]]:
    """All bundled features by folder."""
    found: dict[str, list[Feature]] = {}
    for feature in load_features(plugins=False).values():
        found.setdefault(group_of(feature), []).append(feature)
    ranks = {name: rank for rank, name in enumerate(GROUPS)}
    return {name: found[name] for name in sorted(found, key=lambda n: (ranks.get(n, 99), n))}


def group_title(folder: str) -> str:
    """What the folder's own docstring says it is."""
    package = sys.modules[f"audiofeat_cli.features.{folder}"]
    return (inspect.getdoc(package) or folder).partition("\n")[0].rstrip(".")


def _asked(feature: Feature, declared: object) -> str:
    """` (depends on `n_mels`)`: the parameters that a declaration depends on."""
    if not callable(declared):
        return ""
    names = list(inspect.signature(declared).parameters)
    settable = {*accepted_parameters(feature), *SETTINGS}
    own = [f"`{name}`" for name in names if name in settable]
    of = ["the feature it reads"] if any(name.startswith("source_") for name in names) else []
    return f" (depends on {listed(own + of, 'and')})" if own or of else ""


def _reads_another(feature: Feature) -> bool:
    return any(p.is_required for p in accepted_parameters(feature).values())


def _span(output: Output) -> str:
    columns = output.columns
    if len(columns) <= 3:
        return ", ".join(f"`{c}`" for c in columns)
    return f"`{columns[0]}` to `{columns[-1]}`"


def _values(feature: Feature, outputs: tuple[Output, ...]) -> str:
    if feature.level == "event":
        return f"rows of the events table: kind `{feature.name}`, time in s, value"
    total = sum(max(1, output.width) for output in outputs)
    per = "file" if feature.level == "clip" else "frame"
    given = f" with `of: {SOURCE}`" if _reads_another(feature) else ""
    if len(outputs) != 1:
        return f"{total} per {per}{given}"
    shown = _span(outputs[0]) + (", one list column" if outputs[0].is_list else "")
    asked = _asked(feature, feature.width)
    return f"{total} per {per}{given}: {shown}, {outputs[0].dtype}{asked}"


def _by_output(outputs: tuple[Output, ...], told: Callable[[Output], str]) -> str:
    """What is told of each output; those together of which the same is told."""
    found: dict[str, list[str]] = {}
    for output in outputs:
        found.setdefault(told(output), []).append(f"`{output.alias}`")
    if len(found) == 1:
        return next(iter(found))
    return "; ".join(f"{text} ({', '.join(names)})" for text, names in found.items())


def _unit(feature: Feature, outputs: tuple[Output, ...]) -> str:
    units = dict.fromkeys(output.unit for output in outputs)
    return " or ".join(units) + _asked(feature, feature.unit)


def _gain(feature: Feature, outputs: tuple[Output, ...]) -> str:
    laws = _by_output(outputs, lambda output: _GAINS.get(output.gain, output.gain))
    return laws + _asked(feature, feature.gain)


def _labels(outputs: tuple[Output, ...]) -> str:
    labels = [label for output in outputs for label in output.labels]
    if not labels:
        return ""
    if isinstance(labels[0], str):
        return " ".join(dict.fromkeys(str(label) for label in labels))
    return f"{float(labels[0]):.1f} to {float(labels[-1]):.1f} Hz at {RATE} Hz"


def _parameter_rows(parameters: list[dict[str, Any]]) -> Iterator[str]:
    yield "| parameter | default | unit | accepts |"
    yield "|---|---|---|---|"
    for parameter in parameters:
        default = "required" if parameter["required"] else f"`{yaml_value(parameter['default'])}`"
        accepts = cell(parameter["type"])
        yield f"| `{parameter['name']}` | {default} | {parameter['unit'] or ''} | {accepts} |"


def _output_rows(outputs: tuple[Output, ...]) -> Iterator[str]:
    """Each of several named outputs."""
    yield "| columns | unit | type | |"
    yield "|---|---|---|---|"
    for output in outputs:
        summary = cell(prose(output.definition.partition("\n")[0]))
        yield f"| {_span(output)} | {output.unit} | {output.dtype} | {summary} |"


def feature_section(feature: Feature, facts: Mapping[str, Any]) -> Iterator[str]:
    """One entry of the catalogue."""
    outputs = outputs_of(feature)
    blocks, told = split_docstring(feature.definition)
    yield f"### {feature.name}\n"
    yield "\n\n".join(blocks) + "\n"
    rows = {
        "values": _values(feature, outputs),
        "unit": _unit(feature, outputs),
        "each index": _labels(outputs),
        "of silence": told.get("Silence", ""),
        "signal times g": _gain(feature, outputs),
        "source": told.get("Source", ""),
        "checked against": feature.reference,
    }
    yield "| | |\n|---|---|"
    yield from (f"| {name} | {cell(prose(text))} |" for name, text in rows.items() if text)
    yield ""
    if len(outputs) > 1:
        yield from _output_rows(outputs)
        yield ""
    own = [p for p in facts["parameters"] if not p["from_config"]]
    if own:
        yield from _parameter_rows(own)
        yield ""
    usual = [f"`{p['name']}`" for p in facts["parameters"] if p["from_config"]]
    if usual:
        yield f"Of the config, unless given here too: {', '.join(usual)}.\n"


def _index_row(feature: Feature) -> str:
    outputs = outputs_of(feature)
    summary = cell(prose(feature.definition.partition("\n")[0]))
    count = sum(max(1, o.width) for o in outputs)
    per = "a file" if feature.level == "clip" else "a frame"
    values = f"of {SOURCE}, {count} {per}" if _reads_another(feature) else f"{count} {per}"
    values = "events" if feature.level == "event" else values
    units = " / ".join(dict.fromkeys(o.unit for o in outputs))
    return f"| [{feature.name}](#{feature.name}) | {summary} | {values} | {units} |"


def catalogue() -> str:
    """The features: an index, then each in detail."""
    facts = {f["name"]: f for f in all_facts()}
    lines: list[str] = []
    found = groups()
    for folder, features in found.items():
        lines += [f"**{group_title(folder)}**", ""]
        lines += ["| feature | | values | unit |", "|---|---|---|---|"]
        lines += [*map(_index_row, features), ""]
    for folder, features in found.items():
        lines += [f"## {group_title(folder)}", ""]
        for feature in features:
            lines += feature_section(feature, facts[feature.name])
    return "\n".join(lines)
