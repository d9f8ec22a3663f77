"""JSON Schema of a config, for editors that complete and check YAML."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from audiofeat_cli.config.load import pool_statistics, registry_parameters
from audiofeat_cli.config.pooling import PERCENTILE, is_percentile
from audiofeat_cli.config.requests import (
    ALIAS_PATTERN,
    Accepted,
    parameter_type,
    required_parameters,
)
from audiofeat_cli.config.settings import (
    DEFAULT_POOLING,
    DEFAULT_TABLES,
    LISTS,
    REQUIRED,
    SETTINGS,
    Duration,
)
from audiofeat_cli.config.values import FINITE, unit_of
from audiofeat_cli.step import Feature, Parameter

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_MISSING = inspect.Parameter.empty


def _names(options: Sequence[str], default: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "array",
        "items": _members(options),
        "uniqueItems": True,
        "default": list(default),
    }


def _members(options: Sequence[str]) -> dict[str, Any]:
    plain = [name for name in options if not is_percentile(name)]
    if len(plain) == len(options):
        return {"enum": plain}
    percentile = "Percentile: p05 is the value that 5 % of the frames lie below."
    return {
        "anyOf": [
            {"enum": plain},
            {"type": "string", "pattern": PERCENTILE, "description": percentile},
        ]
    }


def _segments() -> dict[str, Any]:
    length = _type(Duration)
    return {
        "anyOf": [
            {"type": "null"},
            {
                "type": "object",
                "required": ["length"],
                "properties": {
                    "length": {**length, "description": "Of a segment, as '3 s'."},
                    "hop": {
                        "anyOf": [length, {"type": "null"}],
                        "description": "From one segment to the next, as '1.5 s'; null is length.",
                    },
                },
                "additionalProperties": False,
            },
        ],
        "default": None,
    }


def _type(annotation: Any) -> dict[str, Any]:
    schema: dict[str, Any] = _loose(TypeAdapter(annotation, config=FINITE).json_schema())
    return schema


def _loose(schema: Any) -> Any:
    """The schema, in which options that are numbers as text (`norm: 1`) may be numbers too."""
    if isinstance(schema, list):
        return [_loose(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    options = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())]
    numbers = [int(o) for o in options if isinstance(o, str) and o.isdecimal()]
    if numbers:
        return {"enum": [*options, *numbers]}
    return {key: _loose(value) for key, value in schema.items()}


def _setting(key: str) -> dict[str, Any]:
    setting = SETTINGS[key]
    schema = {**_type(setting.annotation), "description": setting.summary}
    return schema if setting.default is REQUIRED else {**schema, "default": setting.default}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    if parameter.is_setting and parameter.name in SETTINGS:
        return {"$ref": f"#/$defs/{parameter.name}"}
    annotation = parameter_type(parameter)
    schema = _type(annotation)
    unit = unit_of(annotation)
    if unit:
        schema["description"] = f"In {unit}."
    if parameter.default is not _MISSING:
        default = parameter.default
        schema["default"] = list(default) if isinstance(default, tuple) else default
    return schema


def _feature(feature: Feature, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    required = required_parameters(parameters)
    return {
        "type": "object" if required else ["object", "null"],
        **({"required": required} if required else {}),
        "description": feature.definition.partition("\n")[0],
        "properties": {
            **{name: _parameter(p) for name, p in parameters.items()},
            "as": {"$ref": "#/$defs/as"},
        },
        "additionalProperties": False,
    }


def json_schema(
    features: Mapping[str, Feature],
    *,
    accepted: Accepted | None = None,
    statistics: Sequence[str] | None = None,
) -> dict[str, Any]:
    """The schema (draft 2020-12) of the YAML, with types, bounds, units and defaults.

    Parameters
    ----------
    accepted, statistics : as for `load_config`.
    """
    parameters = accepted or registry_parameters()
    known = list(pool_statistics() if statistics is None else statistics)
    accepting = {name: parameters(feature) for name, feature in features.items()}
    bare = [name for name, taken in accepting.items() if not required_parameters(taken)]
    entry = {
        "anyOf": [
            {"type": "string", "enum": bare},
            {
                "type": "object",
                "properties": {n: _feature(f, accepting[n]) for n, f in features.items()},
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
        ]
    }
    lists: dict[str, dict[str, Any]] = {
        "features": {"type": "array", "items": entry, "minItems": 1},
        "pooling": _names(known, DEFAULT_POOLING),
        "segments": _segments(),
        "tables": {**_names(DEFAULT_TABLES, DEFAULT_TABLES), "minItems": 1},
    }
    return {
        "$schema": DRAFT,
        "title": "audiofeat config",
        "type": "object",
        "required": ["sample_rate", "features"],
        "properties": {
            **{key: {"$ref": f"#/$defs/{key}"} for key in SETTINGS},
            **{key: {**schema, "description": LISTS[key]} for key, schema in lists.items()},
        },
        "additionalProperties": False,
        "$defs": {
            **{key: _setting(key) for key in SETTINGS},
            "as": {
                "type": "string",
                "pattern": ALIAS_PATTERN,
                "description": "Another name for the feature's columns.",
            },
        },
    }
