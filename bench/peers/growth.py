"""How audiofeat's cost grows: with presets, lengths of files, features and jobs.

    python -m bench.peers.growth FOLDER [--rounds 3] [--files 12] [--core 0] [--json OUT]

Seconds of audio per second, which are hours of audio per core-hour where CPU time is meant.
Fresh processes with one thread, all lines once in each round. Presets, lengths and features: CPU
time on one core in steady state (all files but the first). Jobs: whole runs by the clock.
The files of a folder must have one sample rate.
"""

import argparse
import json
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf

from audiofeat_cli.presets import list_presets, read_preset

from .child import SUFFIXES
from .sides import Side, linked, pin, run
from .tasks import TASKS, config_of

LENGTHS = (0.5, 3.0, 30.0, 300.0)
WORK = 300
"""Seconds of audio in files of one length, but for the shortest."""

MOST_FILES = 200
COPIES = 8
"""Times that each file is there for the runs by the clock, so that starting up weighs little."""

TOGETHER = ("A", "B", "D")
JOBS = ("extract-1", "extract-2")
Lines = Mapping[str, tuple[Side, Path, float]]
"""By name: who, on which folder, of how many seconds."""


def pool_of(files: Sequence[Path]) -> tuple[npt.NDArray[np.int16], int]:
    """The first channels of all files, joined, and their rate."""
    read = [sf.read(file, dtype="int16", always_2d=True) for file in files]
    (rate,) = {rate for _, rate in read}
    return np.concatenate([samples[:, 0] for samples, _ in read]), rate


def cut(pool: npt.NDArray[np.int16], rate: int, seconds: float, folder: Path) -> float:
    """Files of one length, behind a short first one; gives back the seconds in all."""
    folder.mkdir()
    sf.write(folder / "000.wav", pool[: rate // 2], rate)
    count = min(MOST_FILES, max(2, round(WORK / seconds)))
    length = round(seconds * rate)
    for number in range(count):
        start = number * length % max(1, len(pool) - length)
        samples = np.resize(pool[start : start + length], length)
        sf.write(folder / f"{1 + number:03d}.wav", samples, rate)
    return 0.5 + count * seconds


def by_preset(folder: Path, seconds: float) -> Lines:
    """The bundled configs."""
    presets = {p.name: read_preset(p.name).decode() for p in list_presets()}
    sides = {name: Side("audiofeat", "A", config=text) for name, text in presets.items()}
    return {name: (side, folder, seconds) for name, side in sides.items()}


def by_features(folder: Path, seconds: float) -> Lines:
    """Tasks apart, and together in one config."""
    names = [name for task in TOGETHER for name in TASKS[task]]
    features = "".join(f"  - {name}\n" for name in names)
    together = config_of(TOGETHER[0], "float64").partition("features:")[0]
    sides = {f"task {task}": Side("audiofeat", task) for task in TOGETHER}
    joined = Side("audiofeat", "A", config=f"{together}features:\n{features}")
    sides[f"tasks {', '.join(TOGETHER)} together"] = joined
    return {name: (side, folder, seconds) for name, side in sides.items()}


def by_length(pool: npt.NDArray[np.int16], rate: int, below: Path) -> Lines:
    """Log-mel of files of some lengths."""
    lines = {}
    for seconds in LENGTHS:
        folder = below / f"{seconds:g}"
        lines[f"files of {seconds:g} s"] = (Side("audiofeat", "A"), folder, seconds)
        cut(pool, rate, seconds, folder)
    return lines


def speeds(lines: Lines, rounds: int) -> Mapping[str, Sequence[float]]:
    """Seconds of audio per second of CPU time; per second of the clock for the command line."""
    found: dict[str, list[float]] = {name: [] for name in lines}
    for _ in range(rounds):
        for name, (side, folder, seconds) in lines.items():
            with tempfile.TemporaryDirectory() as temporary:
                took = run(side, folder, seconds, Path(temporary) / "out")
            found[name].append(took.steady or seconds / took.wall)
    return found


def told(found: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """A line each."""
    for name, known in found.items():
        middle = statistics.median(known)
        spread = f"({min(known):.0f} to {max(known):.0f})"
        yield f"{name:<28}{middle:8.0f} x {spread}"


def main() -> None:
    """Measure, print, write."""
    about, _, usage = str(__doc__).partition("\n")
    parser = argparse.ArgumentParser(
        prog="python -m bench.peers.growth",
        description=about,
        epilog=usage,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=12)
    parser.add_argument("--core", type=int)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    files = sorted(f for f in options.folder.iterdir() if f.suffix.lower() in SUFFIXES)
    files = files[: options.files]
    seconds = sum(sf.info(str(file)).duration for file in files)
    found = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = linked(files, Path(temporary) / "all")
        many = linked(files, Path(temporary) / "many", times=COPIES)
        jobs: Lines = {name: (Side(name, "A"), many, COPIES * seconds) for name in JOBS}
        groups = {"jobs": jobs, "presets": by_preset(folder, seconds)}
        groups["features"] = by_features(folder, seconds)
        groups["lengths"] = by_length(*pool_of(files), Path(temporary))
        for group, lines in groups.items():
            if group != "jobs":
                pin(options.core)
            found[group] = speeds(lines, options.rounds)
            print(group, *told(found[group]), "", sep="\n", flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
