"""Who takes part, and one measured run of one of them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from .tasks import config_of

POOLS = ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "NUMBA_NUM", "VECLIB_MAXIMUM")
SETTINGS = {f"{pool}_THREADS": "1" for pool in POOLS} | {"PYTHONDONTWRITEBYTECODE": ""}
"""One thread, and modules compiled once, not in each process."""
ENGINE = {"audiofeat": "float64", "audiofeat-float32": "float32"}
COMMAND = {"extract-0": "0", "extract-1": "1", "extract-2": "2"}
"""Sides that are the command line, and their --jobs."""

AFTER_FIRST = (("audio_s", "first_audio"), ("work_cpu", "first_cpu"))
OURS = (*ENGINE, "extract-0", "extract-1")
"""Those that take part on one core."""


@dataclass(frozen=True)
class Side:
    """One who takes part in one task.

    Attributes
    ----------
    command : somebody else's script.
    config : what audiofeat is told instead of the task.
    """

    name: str
    task: str
    command: str | None = None
    config: str | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it is audiofeat, so that others are what it is compared with."""
        return self.name in OURS

    def arguments(self, config: Path, folder: Path, out: Path) -> Sequence[str]:
        """What to run."""
        if self.command is not None:
            told = self.command.format(folder=folder, out=out)
            return ["sh", "-c", told]
        if self.name in COMMAND:
            command = [sys.executable, "-m", "audiofeat_cli", "extract", str(folder), "-q"]
            return [*command, "-c", str(config), "-o", f"{out}/tables", "-j", COMMAND[self.name]]
        child = [sys.executable, "-m", f"{__package__}.child"]
        return [*child, self.name, self.task, str(config), str(folder), str(out)]


@dataclass(frozen=True)
class Run:
    """What one run took.

    Attributes
    ----------
    steady, whole : seconds of audio per second of CPU time; see `bench.peers`.
    """

    steady: float | None
    whole: float
    cpu: float
    wall: float

    @property
    def speeds(self) -> Mapping[str, float]:
        """By kind, those that are known."""
        known = {"steady": self.steady, "whole": self.whole}
        return {kind: speed for kind, speed in known.items() if speed is not None}


def run(side: Side, folder: Path, seconds: float, out: Path) -> Run:
    """Run one side on a folder of so many seconds of audio; its tables go below `out`.

    Raises
    ------
    SystemExit : it failed; what it said is told.
    """
    out.mkdir()
    config = out / "task.yaml"
    told = side.config or config_of(side.task, ENGINE.get(side.name, "float64"))
    config.write_text(told, encoding="utf-8")
    began = time.perf_counter()
    with subprocess.Popen(
        side.arguments(config, folder, out),
        env=os.environ | SETTINGS,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"{side.task} {side.name}: exit {process.returncode}\n{said}")
    cpu = used.ru_utime + used.ru_stime
    try:
        steady = None if side.name in COMMAND else _steady(json.loads(said.strip().split("\n")[-1]))
    except (ValueError, KeyError) as error:
        wrong = f"{side.task} {side.name}: no line of JSON with what bench.peers asks for: {said}"
        raise SystemExit(wrong) from error
    return Run(steady, seconds / cpu, cpu, wall)


def _steady(told: Mapping[str, Any]) -> float | None:
    audio, cpu = (told[kind] - told[first] for kind, first in AFTER_FIRST)
    return audio / cpu if audio > 0 else None


def linked(files: Sequence[Path], folder: Path, *, times: int = 1) -> Path:
    """A folder with links to these files, so that all sides see the same."""
    folder.mkdir()
    for file, number in product(files, range(times)):
        name = file.name if times == 1 else f"{number}_{file.name}"
        (folder / name).symlink_to(file.resolve())
    return folder


def pin(core: int | None) -> None:
    """Stay on one core, and with this process all that it starts."""
    if sys.platform != "linux":
        print("not pinned to one core: this system cannot", file=sys.stderr)
        return
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0)) if core is None else core})
