"""failures.jsonl and run.json: what the journals say, for people and programs."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from audiofeat_cli.run.faults import reach
from audiofeat_cli.run.history import History
from audiofeat_cli.run.layout import FAILURES, RUN, Layout, write_whole
from audiofeat_cli.run.outcome import speed

DIFFERENCES_SHOWN = 3
_ABSENT = object()


def write_views(layout: Layout, history: History, header: Mapping[str, Any]) -> None:
    """Replace both files."""
    reach("views-before")
    lines = (json.dumps(f, ensure_ascii=False) + "\n" for f in history.failures.values())
    write_whole(layout.root / FAILURES, lines)
    reach("view-failures")
    text = json.dumps(summarize(history, header), indent=1, ensure_ascii=False)
    write_whole(layout.root / RUN, [text, "\n"])
    reach("views-written")


def summarize(history: History, header: Mapping[str, Any]) -> dict[str, Any]:
    """The object of run.json: the config and versions, then sums over all runs into the folder."""
    totals = history.totals
    spent = sum(totals.stages.values())
    ends = [
        end
        for run, end in history.ends.items()
        if history.headers.get(run, {}).get("command") != "compact"
    ]
    runs = [
        {"run": run, "command": start.get("command", "extract")}
        | {key: start.get(key) for key in ("started", "host", "shard")}
        | history.ends.get(run, {"exit_code": None})
        for run, start in history.headers.items()
        if run in history.used
    ]
    return {
        "config": header["config"],
        "plan": header["plan"],
        "versions": header["versions"],
        "counts": {
            "clips": len(history.done),
            "failed": len(history.failures),
            "frames": sum(rows for (table, _), rows in history.parts.items() if table == "frames"),
            "parts": len(history.parts),
        },
        "audio_seconds": round(totals.audio_seconds, 3),
        "wall_seconds": round(wall := sum(end["wall_seconds"] for end in ends), 3),
        # Of the runs that came to their end: how long a killed one took, nobody knows.
        **speed(
            sum(end.get("audio_seconds", 0) for end in ends),
            sum(end.get("done", 0) for end in ends),
            wall,
        ),
        "stages": {name: round(t / spent, 4) for name, t in totals.stages.items() if spent},
        "nonfinite": totals.nonfinite,
        "antiphase": totals.antiphase,
        "runs": runs,
    }


def describe_difference(there: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """What differs between the config of the tables and the one asked for, in a line or two."""
    old, new = _by_name(there), _by_name(asked)
    lines = list(_differences("", old, new))
    if len(lines) > DIFFERENCES_SHOWN:
        lines[DIFFERENCES_SHOWN:] = [f"and {len(lines) - DIFFERENCES_SHOWN} more"]
    return "; ".join(lines) or "the config is the same, but the code that computes it is not"


def _by_name(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config with its list of features as a table by their names."""
    features = {
        parameters.get("as", name): {"feature": name, **parameters}
        for item in config.get("features", ())
        for name, parameters in item.items()
    }
    return {**config, "features": features}


def _differences(name: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old | new:
            inner = f"{name}.{key}" if name else key
            yield from _differences(inner, old.get(key, _ABSENT), new.get(key, _ABSENT))
    elif old != new:
        yield f"{name}: {_text(old)} there, {_text(new)} now"


def _text(value: Any) -> str:
    if value is _ABSENT:
        return "absent"
    return "present" if isinstance(value, dict) else json.dumps(value, ensure_ascii=False)
