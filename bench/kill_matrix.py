"""Kill a run at every point of the commit protocol, and at random times; rerun; compare.

Worker, parent and the whole process group are killed at each point, in four situations: a first
run, a run that redoes changed files, a run with --overwrite, and `compact`. After each kill the
same command runs again; the tables must equal an undisturbed run's, nothing may be left over, and
no process.

    python bench/kill_matrix.py [--random 40] [--keep FOLDER] [--only compact]
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

sys.path.insert(0, str(Path(__file__).parents[1]))

from audiofeat_cli.run.faults import (
    COMMIT_POINTS,
    COMPACT_POINTS,
    REPLACE_POINTS,
    SWAP_POINTS,
    WORKER_POINTS,
)
from tests.runs import Command, failures, rows, strays, tables, write_clip

Victim = Literal["worker", "parent", "group"]
VICTIMS: tuple[Victim, ...] = ("worker", "parent", "group")
CLIPS = 300
"""Enough for two batches, so that both workers are busy."""

BEFORE = ("rms",)
AFTER = ("rms", "zero_crossing_rate")


@dataclass(frozen=True)
class Situation:
    """A folder before the run, and the run."""

    name: str
    options: tuple[str, ...]
    points: tuple[str, ...]
    victims: tuple[Victim, ...] = VICTIMS
    compacts: bool = False


SITUATIONS = (
    Situation("first", (), (*WORKER_POINTS, *COMMIT_POINTS)),
    Situation("changed", (), (*REPLACE_POINTS, *WORKER_POINTS, *COMMIT_POINTS)),
    Situation("overwrite", ("--overwrite",), (*SWAP_POINTS, *WORKER_POINTS, *COMMIT_POINTS)),
    Situation(
        "compact", (), (*COMPACT_POINTS, *COMMIT_POINTS), victims=("parent", "group"), compacts=True
    ),
)
NO_BATCH = frozenset({"receipt-received", "part-renamed", "batch-published"})
"""Points that `compact` does not come by."""


class Bench:
    """The files, and the output folders to start from and to arrive at."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = folder / "in"
        for n in range(CLIPS):
            write_clip(self.source / f"{n % 7}" / f"{n:03d}.wav", seed=n, seconds=0.05 + 0.001 * n)
        (self.source / "bad.wav").write_text("no audio")
        self.run(folder / "start-overwrite", features=BEFORE)
        self.run(folder / "start-changed")
        for n in (n for n in range(CLIPS) if n % 7 >= 4):  # one batch in part, one wholly
            path = self.source / f"{n % 7}" / f"{n:03d}.wav"
            write_clip(path, seed=1000 + n, seconds=0.1)
        before = time.monotonic()
        self.run(folder / "expected")
        self.seconds = time.monotonic() - before
        self.expected = tables(folder / "expected")
        shutil.copytree(folder / "expected", folder / "start-compact")
        self.failures = failures(folder / "expected")

    def run(self, out: Path, *options: str, features: tuple[str, ...] = AFTER) -> dict[str, Any]:
        """One undisturbed run."""
        return Command(out, self.source, *options, features=features, jobs=2).result()

    def prepare(self, situation: Situation) -> Path:
        """An output folder as it is before the run."""
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        shutil.rmtree(self.folder / "out-tokens", ignore_errors=True)
        start = self.folder / f"start-{situation.name}"
        if start.exists():
            shutil.copytree(start, out)
        return out

    def check(self, out: Path, situation: Situation) -> list[str]:
        """What is wrong after the rerun of a killed run."""
        wrong = []
        if situation.compacts:
            for table in ("clips", "frames"):
                if (out / table).exists() and rows(out, table) != self.expected[table]:
                    wrong.append(f"{table} differ right after the kill")
            again = Command(out, self.source, features=AFTER, compacts=True).result()
            wrong += [] if again["exit_code"] == 0 else [f"compact again: {again}"]
            many = [t for t in ("clips", "frames") if len(list((out / t).iterdir())) != 1]
            wrong += [f"{table} has many parts" for table in many]
        result = self.run(out, *situation.options)
        wrong += [] if result["exit_code"] == 1 else [f"rerun: {result}"]
        if result["done"] + result["skipped"] != CLIPS:
            wrong.append(f"rerun did {result['done']} and skipped {result['skipped']}")
        if tables(out) != self.expected:
            wrong.append("tables differ")
        if failures(out) != self.failures:
            wrong.append(f"failures differ: {failures(out)}")
        return wrong + [f"left over: {name}" for name in strays(out)]


def kill_at_points(bench: Bench, only: str) -> Iterator[tuple[str, str, list[str]]]:
    """Name, how far it came, and what was wrong, of each kill at a point."""
    for situation in (one for one in SITUATIONS if not only or one.name == only):
        for point in situation.points:
            for victim in situation.victims:
                if situation.compacts and point in NO_BATCH:
                    continue
                out = bench.prepare(situation)
                command = Command(
                    out,
                    bench.source,
                    *situation.options,
                    features=AFTER,
                    jobs=2,
                    pause_at=point,
                    compacts=situation.compacts,
                )
                reached = command.kill_paused(victim)
                wrong = _after(command, victim)
                if situation.name == "overwrite" and victim == "worker":
                    rerun = bench.check(out, Situation("first", (), ()))
                else:
                    rerun = bench.check(out, situation)
                yield f"{situation.name} {point} {victim}", f"reached={reached}", wrong + rerun


def _after(command: Command, victim: Victim) -> list[str]:
    status, _, stderr = command.finish(120)
    orphans = command.orphans()
    for pid in orphans:
        os.kill(pid, signal.SIGKILL)
    wrong = [f"orphans: {orphans}"] if orphans else []
    if victim == "worker" and status != 1:
        wrong.append(f"the run did not survive its worker: exit {status}: {stderr}")
    return wrong


def kill_at_random(bench: Bench, count: int, seed: int) -> Iterator[tuple[str, str, list[str]]]:
    """The same, of kills at random times; a run that ended before does not count."""
    draw = random.Random(seed)
    number = 0
    while number < count:
        situation = SITUATIONS[number % len(SITUATIONS)]
        victim: Victim = draw.choice(situation.victims)
        out = bench.prepare(situation)
        command = Command(
            out,
            bench.source,
            *situation.options,
            features=AFTER,
            jobs=2,
            compacts=situation.compacts,
        )
        delay = draw.uniform(0.1, bench.seconds)
        time.sleep(delay)
        if not command.kill_now(victim):
            command.finish()
            continue
        number += 1
        wrong = _after(command, victim)
        again = Situation("first", (), ()) if victim == "worker" else situation
        name = f"random {number} {situation.name} {victim}"
        yield name, f"after {delay:.2f} s", wrong + bench.check(out, again)


def main() -> int:
    """Print a line per kill; exit 1 when any went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--random", type=int, default=40, help="kills at random times")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="work here, and leave what is there")
    parser.add_argument("--only-random", action="store_true")
    parser.add_argument("--only", default="", help="kills at points of this situation only")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="kill_matrix_"))
    folder.mkdir(parents=True, exist_ok=True)
    bench = Bench(folder)
    count: Counter[str] = Counter()
    at_points = () if options.only_random else kill_at_points(bench, options.only)
    for kills in (at_points, kill_at_random(bench, options.random, options.seed)):
        for name, how, wrong in kills:
            count["wrong" if wrong else "right"] += 1
            count[how if how.startswith("reached") else "random"] += 1
            print(f"{'WRONG' if wrong else 'ok':6}{name} {how}", *wrong, sep="\n      ", flush=True)
            if wrong and options.keep:
                shutil.copytree(folder / "out", folder / f"wrong-{count['wrong']}", symlinks=True)
    print(dict(count))
    if not options.keep:
        shutil.rmtree(folder)
    return 1 if count["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
