"""Every feature for people and programs: what it is, its columns, its parameters."""

import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.config.load import load_config
from audiofeat_cli.config.requests import parameter_type
from audiofeat_cli.config.spelling import did_you_mean
from audiofeat_cli.config.values import expectation, unit_of
from audiofeat_cli.errors import UsageError
from audiofeat_cli.explain.tree import yaml_value
from audiofeat_cli.plan import Output
from audiofeat_cli.registry import accepted_parameters, load_features
from audiofeat_cli.step import Feature, Parameter

WIDTH = 80
_RATE = 22050
_LEVELS = {
    "frame": "Per frame, and their statistics per file",
    "clip": "Per file",
    "event": "Events, rows of a table of their own",
}


def all_facts() -> list[dict[str, Any]]:
    """Facts of every feature, by name."""
    return [_facts(feature) for feature in load_features().values()]


def feature_facts(name: str) -> dict[str, Any]:
    """Facts of one feature: plain data.

    Raises
    ------
    UsageError : there is none of that name.
    """
    features = load_features()
    if name not in features:
        hint = did_you_mean(name, features)
        raise UsageError(
            f"no feature is called '{name}'{hint}", "`audiofeat features` lists them all"
        )
    return _facts(features[name])


def _facts(feature: Feature) -> dict[str, Any]:
    outputs = _by_default(feature)
    definition = feature.definition
    return {
        "name": feature.name,
        "summary": definition.partition("\n")[0],
        "level": feature.level,
        "unit": _unit(feature, outputs),
        "columns": [name for o in outputs for name in o.columns] if outputs else None,
        "outputs": [
            {"name": n.name, "unit": n.unit, "type": n.dtype, "summary": n.summary}
            for n in feature.outputs
        ],
        "parameters": [_parameter(p) for p in accepted_parameters(feature).values()],
        "definition": definition,
        "reference": feature.reference,
        "plugin": feature.plugin,
    }


def _by_default(feature: Feature) -> tuple[Output, ...]:
    """Its columns where nothing is set, at 22050 Hz; none where something must be."""
    if any(p.is_required for p in accepted_parameters(feature).values()):
        return ()
    features = load_features()
    text = f"sample_rate: {_RATE}\nfeatures: [{feature.name}]\n"
    config = load_config(text, "features", features=features).config
    plan = compile_plan(config, features).plan if config else None
    return plan.outputs if plan else ()


def _unit(feature: Feature, outputs: tuple[Output, ...]) -> str | None:
    """Its unit; None where it depends, or where its values differ in theirs."""
    units = {output.unit for output in outputs}
    if len(units) == 1:
        return units.pop()
    return None if units or callable(feature.unit) else feature.unit


def _parameter(parameter: Parameter) -> dict[str, Any]:
    annotation = parameter_type(parameter)
    required = parameter.is_required
    return {
        "name": parameter.name,
        "type": expectation(annotation),
        "unit": unit_of(annotation) or None,
        "required": required,
        "default": None if parameter.default is inspect.Parameter.empty else parameter.default,
        "from_config": parameter.is_setting,
    }


def list_text() -> str:
    """All features in a few lines each."""
    facts = all_facts()
    lines = [f"  {'feature':<20}{'columns':>7}  {'unit':<9} definition"]
    for level, title in _LEVELS.items():
        found = [f for f in facts if f["level"] == level]
        if found:
            lines += ["", title, *(line for f in found for line in _entry(f))]
    lines += ["", "`audiofeat features NAME` tells parameters and definition of one."]
    return "\n".join(lines) + "\n"


def _entry(facts: dict[str, Any]) -> list[str]:
    columns = "?" if facts["columns"] is None else str(len(facts["columns"]))
    unit = facts["unit"] or "?"
    start = f"  {facts['name']:<20}{columns:>7}  {'' if unit == '1' else unit:<9} "
    return textwrap.wrap(
        facts["summary"].rstrip("."),
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
    )


def feature_text(name: str) -> str:
    """One feature in detail.

    Raises
    ------
    UsageError : there is none of that name.
    """
    return "\n".join(_detail(feature_facts(name))) + "\n"


def _detail(facts: dict[str, Any]) -> Iterator[str]:
    by = f" (plugin {facts['plugin']})" if facts["plugin"] else ""
    yield f"{facts['name']}{by}"
    yield ""
    yield from textwrap.indent(facts["definition"], "  ").splitlines()
    yield ""
    yield f"  {_LEVELS[facts['level']]}."
    columns = facts["columns"]
    unit = f" ({facts['unit']})" if facts["unit"] not in {"1", None} else ""
    if columns is None:
        yield "  Columns: those of the feature it reads."
    elif not columns:
        yield f"  Columns: kind {facts['name']}, time (s), value{unit}"
    else:
        names = columns[0] if len(columns) == 1 else f"{columns[0]} .. {columns[-1]}"
        if facts["outputs"]:
            names = ", ".join(columns)
        yield from textwrap.wrap(f"  Columns: {names}{unit}", WIDTH, subsequent_indent="    ")
        for each in facts["outputs"]:
            yield from _output_lines(facts["name"], each)
    yield f"  Checked against: {facts['reference']}"
    own = [p for p in facts["parameters"] if not p["from_config"]]
    if own:
        yield ""
        yield "Parameters"
        width = max(len(p["name"]) for p in own) + 2
        for parameter in own:
            yield from _parameter_lines(parameter, width)
    usual = [p["name"] for p in facts["parameters"] if p["from_config"]]
    if usual:
        yield ""
        yield from textwrap.wrap(
            f"Of the config, unless given here too: {', '.join(usual)}.", WIDTH
        )
    yield ""
    yield "In a config"
    yield f"  features: [{_example(facts['name'], own)}]"


def _output_lines(name: str, output: dict[str, Any]) -> list[str]:
    unit = "" if output["unit"] in {"", "1"} else f" ({output['unit']})"
    kind = "" if output["type"] == "float32" else f", {output['type']}"
    column = f"{name}_{output['name']}" if output["name"] else name
    start = f"    {column}{unit}{kind}"
    said = f": {output['summary']}" if output["summary"] else ""
    return textwrap.wrap(start + said, WIDTH, initial_indent="", subsequent_indent="      ")


def _parameter_lines(parameter: dict[str, Any], width: int) -> list[str]:
    default = "required" if parameter["required"] else yaml_value(parameter["default"])
    start = f"  {parameter['name']:<{width}}{default:<10} "
    return textwrap.wrap(
        parameter["type"], WIDTH, initial_indent=start, subsequent_indent=" " * len(start)
    )


def _example(name: str, own: list[dict[str, Any]]) -> str:
    required = [p for p in own if p["required"]]
    if required:
        return f"mfcc, {name}: {{{required[0]['name']}: mfcc}}"
    shown = next((p for p in own if p["default"] is not None), None)
    if shown is None:
        return name
    return f"{name}: {{{shown['name']}: {yaml_value(shown['default'])}}}"
