"""Write the generated parts of the docs, or with --check compare them.

What stands between `<!-- generated: NAME -->` and `<!-- end -->` in commands.md, config.md and
features.md comes from the command line, the table of config keys and the registry of features, so
it cannot differ from what the program does; the rest of a page is written by hand.
"""

import argparse
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from audiofeat_cli.cli import app
from audiofeat_cli.config.pooling import shown_statistics
from audiofeat_cli.config.schema import json_schema
from audiofeat_cli.config.settings import LISTS, REQUIRED, SETTINGS, TOP_KEYS
from audiofeat_cli.config.spelling import listed
from audiofeat_cli.config.values import expectation, unit_of
from audiofeat_cli.config.windows import WINDOW_NAMES
from audiofeat_cli.explain.tree import yaml_value
from audiofeat_cli.pool import STATISTICS
from audiofeat_cli.registry import OVERRIDABLE, load_features
from docs.catalogue import catalogue
from docs.markdown import cell, prose

DOCS = Path(__file__).resolve().parent
COMMAND = ".venv/bin/python -m docs.generate"

EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "sample_rate": {
        "sample_rate: 16000": "everything is resampled to 16 kHz",
        "sample_rate: null": "each file keeps its own rate",
    },
    "channels": {
        "channels: left": "the first channel; a mono file is its own left and right",
        "channels: mid": "half the sum of the first two channels; of a mono file, itself",
        "channels: side": "half the difference of the first two channels; of a mono file, silence",
        "channels: each": "a row for each channel, and a column `channel`",
    },
    "resampler": {"resampler: soxr_vhq": "more exact still; see [resamplers](resamplers.md)"},
    "n_fft": {"n_fft: 4096": "finer in frequency, coarser in time"},
    "win_length": {
        "win_length: 1024": "samples",
        "win_length: 46.4 ms": "rounded to samples at the config's `sample_rate`",
    },
    "hop_length": {"hop_length: 256": "samples", "hop_length: 10 ms": "100 frames a second"},
    "window": {
        "window: hamming": "by name",
        "window: [kaiser, 8.6]": "one that needs a parameter",
    },
    "center": {"center: false": "frame t begins at sample t * hop_length; no padding"},
    "pad_mode": {"pad_mode: reflect": "as PyTorch's and older librosa's spectra do"},
    "precision": {"precision: float32": "faster; quiet bands beside loud ones lose digits"},
    "features": {
        "features: [mel, rms]": "two features with all defaults",
        "features: [mel: {n_mels: 64, as: mel64}]": "parameters, and another name for the columns",
    },
    "pooling": {
        "pooling: [mean, std, n_valid]": "columns `..._mean`, `..._std`, `..._n_valid`",
        "pooling: []": "clip-level features only",
    },
    "segments": {
        "segments: null": "one row per file",
        "segments: {length: 3 s}": "one row per 3 s, end to end",
        "segments: {length: 3 s, hop: 1.5 s}": "overlapping by half; hop is length unless given",
    },
    "tables": {"tables: [clips]": "no rows per frame; `--no-frames` says the same"},
}
"""For each key some lines of YAML, and what they mean. A test loads every one."""

_BLOCK = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def _list_facts(key: str, schema: Mapping[str, Any]) -> tuple[str, str]:
    """(type, default) of a key that is no plain setting, from the schema for editors."""
    found = schema["properties"][key]
    default = yaml_value(found["default"]) if "default" in found else ""
    if key == "features":
        return "a list of features", "required"
    if key == "pooling":
        return f"a list of {listed(shown_statistics(STATISTICS))}", f"`{default}`"
    if found.get("type") == "array" and "enum" in found.get("items", {}):
        return f"a list of {listed(map(str, found['items']['enum']))}", f"`{default}`"
    kinds = [found, *found.get("anyOf", ()), *found.get("oneOf", ())]
    mapping = next((kind for kind in kinds if "properties" in kind), None)
    if mapping is not None:
        inner = ", ".join(f"`{name}`" for name in mapping["properties"])
        return f"null, or lengths in time: {inner}", f"`{default or 'null'}`"
    if found.get("type") == "null":
        return "null", "`null`"
    return "a list", f"`{default or 'null'}`"


def key_facts() -> dict[str, tuple[str, str, str, str]]:
    """Of each key: what it accepts, its default, its unit, a line about it."""
    schema = json_schema(load_features(plugins=False))
    rows = {}
    for key in TOP_KEYS:
        if key in SETTINGS:
            setting = SETTINGS[key]
            default = (
                "required" if setting.default is REQUIRED else f"`{yaml_value(setting.default)}`"
            )
            accepts, unit = expectation(setting.annotation), unit_of(setting.annotation)
            rows[key] = (accepts, default, unit or _length_unit(key), setting.summary)
        else:
            rows[key] = (*_list_facts(key, schema), "", LISTS[key])
    return rows


def _length_unit(key: str) -> str:
    return "samples" if key == "n_fft" or key.endswith("_length") else ""


def key_table() -> str:
    """All keys in a table."""
    lines = ["| key | default | unit | |", "|---|---|---|---|"]
    for key, (_, default, unit, summary) in key_facts().items():
        lines.append(f"| [`{key}`](#{key}) | {cell(default)} | {unit} | {cell(prose(summary))} |")
    return "\n".join(lines) + "\n"


def key_sections() -> str:
    """Each key in detail, with examples."""
    lines: list[str] = []
    for key, (accepts, default, unit, summary) in key_facts().items():
        lines += [f"### {key}", "", prose(summary), ""]
        lines += [f"- accepts: {prose(accepts)}", f"- default: {default}"]
        lines += [f"- unit: {unit}"] if unit else []
        lines += [f"- `{line}`: {meaning}" for line, meaning in EXAMPLES.get(key, {}).items()]
        lines.append("")
    return "\n".join(lines)


def window_names() -> str:
    """What `window` may be."""
    return ", ".join(f"`{name}`" for name in WINDOW_NAMES) + "\n"


def overridable() -> str:
    """Settings that one feature may have otherwise."""
    return listed([f"`{name}`" for name in OVERRIDABLE], "and") + "\n"


def commands() -> str:
    """Every command with its arguments and options, in the order of `--help`."""
    from typer.main import get_command

    group: Any = get_command(app)
    lines: list[str] = []
    for name, command in group.commands.items():
        lines += [f"## {name}", "", prose(inspect.cleandoc(command.help or "")), ""]
        rows = [_option_row(p) for p in command.params if not getattr(p, "hidden", False)]
        lines += ["| | | |", "|---|---|---|", *rows, ""] if rows else []
        if command.epilog:
            lines += ["```", *command.epilog.splitlines(), "```", ""]
    return "\n".join(lines)


def _option_row(parameter: Any) -> str:
    metavar = "" if getattr(parameter, "is_flag", False) else (parameter.metavar or "")
    help_text = " ".join((getattr(parameter, "help", None) or "").split())
    group = getattr(parameter, "rich_help_panel", None) or ""
    if parameter.param_type_name == "argument":
        return f"| `{cell(metavar)}` | {cell(prose(help_text))} | argument |"
    names = ", ".join(f"`{name}`" for name in parameter.opts)
    shown = f"{names} `{cell(metavar)}`" if metavar else names
    return f"| {shown} | {cell(prose(help_text))} | {group.lower()} |"


PARTS: Mapping[str, Callable[[], str]] = {
    "commands": commands,
    "features": catalogue,
    "keys": key_table,
    "key-details": key_sections,
    "windows": window_names,
    "overridable": overridable,
}
PAGES = ("commands.md", "config.md", "features.md")


def refreshed(page: str) -> str:
    """A page with its generated parts made anew."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return _BLOCK.sub(lambda found: f"{found[1]}{PARTS[found[2]]()}{found[3]}", text)


def is_stale(page: str) -> bool:
    """Whether a page differs from what it would be made anew."""
    return refreshed(page) != (DOCS / page).read_text(encoding="utf-8")


def main() -> int:
    """Write what is stale, or with --check only tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare; exit 1 when stale")
    check = parser.parse_args().check
    stale = [page for page in PAGES if is_stale(page)]
    for page in stale:
        if check:
            print(f"docs/{page} is stale: run `{COMMAND}`")
        else:
            (DOCS / page).write_text(refreshed(page), encoding="utf-8")
            print(f"docs/{page} written")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
