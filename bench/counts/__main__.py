"""The command: a line for each config and length."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from audiofeat_cli.planning import load_plan
from audiofeat_cli.presets import list_presets

from . import __doc__ as about
from .clips import Counts, measure

HEAD = "{:<18}{:>5}{:>9}{:>7}{:>8}{:>8}{:>11}{:>10}"


def line(name: str, counts: Counts) -> str:
    """A row of the table."""
    return HEAD.format(
        name,
        f"{counts.seconds} s",
        f"{counts.ffts:,}",
        counts.nodes,
        f"{counts.calls:,}",
        f"{counts.arrays:,}",
        f"{counts.array_bytes / 1e6:.1f} MB",
        f"{counts.peak_bytes / 1e6:.1f} MB",
    )


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.counts",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("configs", nargs="*", metavar="CONFIG")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    names = options.configs or [preset.name for preset in list_presets()]
    found = []
    print(HEAD.format("", "clip", "FFTs", "nodes", "calls", "arrays", "of", "peak"))
    for name in names:
        for counts in measure(load_plan(name).plan):
            print(line(name, counts), flush=True)
            found.append({"config": name} | asdict(counts))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
