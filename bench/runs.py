"""What whole runs of the command line cost: the start, many small files, more jobs.

    python bench/runs.py start                              a clip of one second, and a first run
    python bench/runs.py many CLIPS [--files 100000]        links to short clips, and a rerun
    python bench/runs.py jobs CLIPS [--files 240]           two jobs beside one, in turns

CPU seconds are those of all processes of a run together.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

from memory import tree

IN_ONE_FOLDER = 1000
LOOK_SECONDS = 0.05
OURS = ("PYTHONDONTWRITEBYTECODE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Variables that a user would not have set."""


@dataclass
class Run:
    """One run of the command line.

    Attributes
    ----------
    cpu : seconds of all processes; of each, by what it is, in `each`.
    peaks : largest resident memory of a process, MiB, by what it is.
    first : seconds until the first part was in place.
    """

    told: dict[str, Any]
    wall: float = 0.0
    cpu: float = 0.0
    first: float = 0.0
    peaks: dict[str, float] = field(default_factory=dict)
    each: dict[str, float] = field(default_factory=dict)


def extract(
    source: Path, out: Path, jobs: str, config: str = "mel", more: Mapping[str, str] | None = None
) -> Run:
    """Run `audiofeat extract`, and look at its processes while it lasts."""
    env = {name: value for name, value in os.environ.items() if name not in OURS} | dict(more or {})
    command = [sys.executable, "-m", "audiofeat_cli", "extract", str(source), "-q", "--json"]
    command += ["-c", config, "-j", jobs, "-o", str(out)]
    run = Run({})
    before, began = os.times(), time.monotonic()
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            for pid in tree(process.pid):
                _look(run, pid, is_parent=pid == process.pid)
            if not run.first and any((out / "clips").glob("*.parquet")):
                run.first = time.monotonic() - began
            time.sleep(LOOK_SECONDS)
        run.wall = time.monotonic() - began
        run.told = json.loads(process.stdout.read() if process.stdout else "{}")
    after = os.times()
    run.cpu = sum(after[2:4]) - sum(before[2:4])
    return run


def _look(run: Run, pid: int, *, is_parent: bool) -> None:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        facts = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return
    name = "parent" if is_parent else "worker" if b"popen_loky" in command else "other"
    peak = next((int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line), 0)
    run.peaks[name] = max(run.peaks.get(name, 0.0), peak / 1024)
    run.each[name] = (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")


def start(folder: Path, rounds: int) -> None:
    """What a run costs that has hardly anything to do, and one without any cache."""
    clip = folder / "in" / "clip.wav"
    clip.parent.mkdir()
    sf.write(clip, np.random.default_rng(0).normal(0, 0.1, (44100, 2)), 44100)
    extract(clip, folder / "warm", "1")
    for jobs in ("1", "0"):
        runs = [extract(clip, folder / f"{jobs}-{n}", jobs).cpu for n in range(rounds)]
        print(
            f"--jobs {jobs}: {min(runs):.2f} s CPU at least, median {statistics.median(runs):.2f}"
        )
    pitch = folder / "pitch.yaml"
    pitch.write_text("sample_rate: 22050\nfeatures: [pyin]\n", encoding="utf-8")
    for config, name in (("mel", "mel"), (str(pitch), "pyin")):
        empty = {"NUMBA_CACHE_DIR": str(folder / f"{name}-compiled")}
        with_bytecode = extract(clip, folder / f"{name}-1", "1", config, empty)
        empty = {"NUMBA_CACHE_DIR": str(folder / f"{name}-again")}
        empty["PYTHONPYCACHEPREFIX"] = str(folder / f"{name}-bytecode")
        first = extract(clip, folder / f"{name}-2", "1", config, empty)
        print(
            f"first run, {name}: {with_bytecode.cpu:.1f} s CPU, {first.cpu:.1f} without bytecode "
            f"({with_bytecode.wall:.1f} and {first.wall:.1f} s wall)"
        )


def link(clips: Path, folder: Path, files: int) -> None:
    """Make so many names of the clips, in folders of a thousand."""
    sources = sorted(path for path in clips.rglob("*") if path.suffix in {".wav", ".flac"})
    for number in range(files):
        source = sources[number % len(sources)]
        home = folder / f"{number // IN_ONE_FOLDER:06d}"
        if number % IN_ONE_FOLDER == 0:
            home.mkdir(parents=True)
        (home / f"{number:09d}{source.suffix}").hardlink_to(source)


def many(folder: Path, clips: Path, files: int, jobs: str) -> None:
    """First part, memory, parts, and a rerun that has nothing to do."""
    link(clips, folder / "in", files)
    out = folder / "out"
    run = extract(folder / "in", out, jobs)
    parts = {table.name: len(list(table.iterdir())) for table in (out / "clips", out / "frames")}
    print(
        f"{run.told['done']:,} files, {files / run.wall:.0f} a second; first part after "
        f"{run.first:.1f} s; parts {parts}; stages {run.told['stages']}\n"
        f"MiB { ({name: round(peak) for name, peak in run.peaks.items()}) }; parent "
        f"{run.each['parent']:.1f} of {run.cpu:.1f} s CPU, {run.wall:.1f} s wall"
    )
    again = extract(folder / "in", out, jobs)
    print(
        f"again: {again.told['skipped']:,} done before, {again.cpu:.1f} s CPU, {again.wall:.1f} s "
        f"wall, parent {again.peaks['parent']:.0f} MiB"
    )


def beside(folder: Path, clips: Path, files: int, rounds: int) -> None:
    """Two jobs beside one."""
    link(clips, folder / "in", files)
    ratios = []
    for number in range(rounds):
        one, two = (extract(folder / "in", folder / f"{number}-{jobs}", jobs) for jobs in "12")
        ratios.append(one.wall / two.wall)
        print(f"{files / one.wall:.1f} and {files / two.wall:.1f} files a second", flush=True)
    print(f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def main() -> None:
    """Measure what is asked for, in a temporary folder beside the clips' file system."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("start", "many", "jobs"))
    parser.add_argument("clips", type=Path, nargs="?")
    parser.add_argument("--files", type=int)
    parser.add_argument("--jobs", default="1")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--scratch", type=Path, help="folder on the file system of the clips")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        folder = Path(scratch)
        if options.what == "start":
            start(folder, options.rounds)
        elif options.clips is None:
            parser.error("CLIPS is missing")
        elif options.what == "many":
            many(folder, options.clips, options.files or 100_000, options.jobs)
        else:
            beside(folder, options.clips, options.files or 240, options.rounds)


if __name__ == "__main__":
    main()
