"""The command: rounds, ratios, JSON."""

import argparse
import json
import os
import platform
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import soundfile as sf

from . import __doc__ as about
from .agreement import agreement
from .child import SUFFIXES
from .sides import OURS, Run, Side, linked, pin, run
from .tasks import ALL, TASKS

LIBRARIES = ("audiofeat-cli", "numpy", "scipy", "numba", "pyarrow", "soundfile", "soxr", "librosa")


@dataclass(frozen=True)
class Ratio:
    """How much faster `ours` is than `peer`, within each round."""

    task: str
    kind: str
    ours: str
    peer: str
    rounds: tuple[float, ...]

    def __str__(self) -> str:
        low, middle, high = min(self.rounds), statistics.median(self.rounds), max(self.rounds)
        who = f"{self.task:<4}{self.kind:<7}{self.ours} / {self.peer}"
        return f"{who:<48}{middle:7.2f}  ({low:.2f} to {high:.2f})"


def sides_of(options: argparse.Namespace) -> Sequence[Side]:
    """Who takes part, task by task."""
    peers = [Side("librosa", task) for task in options.tasks if find_spec("librosa")]
    for text in options.peer:
        head, _, command = text.partition("=")
        task, _, name = head.partition(":")
        if not (command and name and task in {*TASKS, ALL}):
            raise SystemExit(f"--peer {text}: expected TASK:NAME=COMMAND")
        peers.append(Side(name, task, command))
    wanted = [p for p in peers if not options.only or p.name in options.only]
    ours = [Side(name, task) for task in options.tasks for name in OURS]
    return [s for task in options.tasks for s in (*ours, *wanted) if s.task == task]


def measured(side: Side, folder: Path, seconds: float) -> Run:
    """A run whose tables nobody reads."""
    with tempfile.TemporaryDirectory() as temporary:
        return run(side, folder, seconds, Path(temporary) / "out")


def rounds_of(
    sides: Sequence[Side], files: Sequence[Path], count: int
) -> Iterator[Mapping[Side, Run]]:
    """Round after round, everybody's run."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = linked(files, Path(temporary) / "all")
        seconds = sum(sf.info(str(file)).duration for file in files)
        for number in range(count):
            order = sides if number % 2 == 0 else sides[::-1]
            yield {side: measured(side, folder, seconds) for side in order}


def warm_up(sides: Sequence[Side], file: Path) -> Iterator[str]:
    """Run each side on one file, so that caches on disk are there; say where tables agree."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = linked([file], Path(temporary) / "one")
        made = {}
        for number, side in enumerate(sides):
            made[side] = Path(temporary) / str(number)
            run(side, folder, 1, made[side])
        for peer, ours in product(sides, sides):
            if not peer.is_ours and ours.name == "audiofeat" and ours.task == peer.task:
                told = ", ".join(agreement(made[ours], made[peer]))
                yield f"{peer.task:<4}{ours.name} as {peer.name}: {told or 'not comparable'}"


def ratios(rounds: Sequence[Mapping[Side, Run]]) -> Iterator[Ratio]:
    """Each of ours beside each peer of its task."""
    for kind, ours, peer in product(("steady", "whole"), rounds[0], rounds[0]):
        if ours.is_ours and not peer.is_ours and ours.task == peer.task:
            pairs = [(r[ours].speeds.get(kind), r[peer].speeds.get(kind)) for r in rounds]
            found = tuple(a / b for a, b in pairs if a is not None and b is not None)
            if len(found) == len(rounds):
                yield Ratio(ours.task, kind, ours.name, peer.name, found)


def speeds(rounds: Sequence[Mapping[Side, Run]], sides: Sequence[Side]) -> Iterator[str]:
    """A line for each side: its speeds with their spread."""
    for side in sides:
        runs = [found[side] for found in rounds]
        told = f"{side.task:<4}{side.name:<20}"
        for kind in ("steady", "whole"):
            known = [r.speeds[kind] for r in runs if kind in r.speeds]
            span = f"{min(known):.0f} to {max(known):.0f}" if known else ""
            told += f"{kind} {statistics.median(known):6.1f} x ({span})  " if known else " " * 32
        yield told.rstrip()


def report(
    rounds: Sequence[Mapping[Side, Run]], files: Sequence[Path], found: Sequence[Ratio]
) -> dict[str, Any]:
    """All that is known, for JSON."""
    return {
        "machine": {"cpu": cpu_name(), "cores": os.cpu_count(), "system": platform.platform()},
        "versions": dict(versions()),
        "files": len(files),
        "seconds": sum(sf.info(str(file)).duration for file in files),
        "rounds": [
            [{"task": s.task, "side": s.name} | asdict(r) for s, r in one.items()] for one in rounds
        ],
        "ratios": [
            asdict(r)
            | {"min": min(r.rounds), "median": statistics.median(r.rounds)}
            | {"max": max(r.rounds)}
            for r in found
        ],
    }


def versions() -> Iterator[tuple[str, str]]:
    """Python and the libraries that are installed."""
    yield "python", platform.python_version()
    for name in LIBRARIES:
        with suppress(PackageNotFoundError):
            yield name, version(name)


def cpu_name() -> str:
    """What the processor is called, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((s.partition(": ")[2] for s in lines if s.startswith("model name")), "")


def parsed() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.peers",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tasks", default="A,B,C,D,all", type=lambda text: text.split(","))
    parser.add_argument("--files", type=int, help="only so many of the folder's files")
    parser.add_argument("--only", action="append", default=[], metavar="PEER")
    parser.add_argument("--peer", action="append", default=[], metavar="TASK:NAME=COMMAND")
    parser.add_argument("--core", type=int)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if unknown := {*options.tasks} - {*TASKS, ALL}:
        parser.error(f"--tasks: no such task: {', '.join(sorted(unknown))}")
    return options


def main() -> None:
    """Run the rounds; print each, then the ratios."""
    options = parsed()
    pin(options.core)
    found = sorted(f for f in options.folder.iterdir() if f.suffix.lower() in SUFFIXES)
    files, sides = found[: options.files], sides_of(options)
    for line in warm_up(sides, files[0]):
        print(line, flush=True)
    rounds = []
    for number, one in enumerate(rounds_of(sides, files, options.rounds), start=1):
        rounds.append(one)
        for side in sides:
            told = "  ".join(f"{kind} {x:.1f} x" for kind, x in one[side].speeds.items())
            print(f"round {number}  {side.task:<4}{side.name:<20}{told}", flush=True)
    print(*speeds(rounds, sides), "", sep="\n")
    compared = list(ratios(rounds))
    print(*compared, sep="\n")
    if options.json:
        known = report(rounds, files, compared)
        options.json.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
