"""Runs of the real thing over tiny files, for the tests of resume and faults."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow.parquet as pq
import soundfile as sf

from audiofeat_cli.audio.discover import Clip, discover
from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.config.load import load_config
from audiofeat_cli.errors import Failure
from audiofeat_cli.plan import Plan
from audiofeat_cli.registry import load_features
from audiofeat_cli.run.drive import run
from audiofeat_cli.run.faults import LAST_TOKEN, VARIABLE
from audiofeat_cli.run.outcome import Events, Outcome, RunOptions

RATE = 8000
FEATURES = ("rms", "zero_crossing_rate")
"""They need no slow import."""

QUIET = Events()
MARK = "AUDIOFEAT_TEST_RUN"
"""Environment variable by which the processes of a run are known."""

ROOT = Path(__file__).parents[1]


def config_text(features: Sequence[str] = FEATURES, hop: int = 128) -> str:
    """A small config, as YAML."""
    listed = ", ".join(features)
    return f"{{sample_rate: {RATE}, n_fft: 256, hop_length: {hop}, features: [{listed}]}}"


def make_plan(features: Sequence[str] = FEATURES, hop: int = 128) -> Plan:
    """Its plan."""
    known = load_features()
    loaded = load_config(config_text(features, hop), "test.yaml", features=known)
    assert loaded.config is not None, loaded.problems
    compiled = compile_plan(loaded.config, known)
    assert compiled.plan is not None, compiled.troubles
    return compiled.plan


def write_clip(path: Path, *, seed: int = 0, seconds: float = 0.2) -> Path:
    """A file of noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).uniform(-0.5, 0.5, round(RATE * seconds))
    sf.write(path, noise.astype(np.float32), RATE, subtype="FLOAT")
    return path


def write_clips(folder: Path, count: int = 5) -> list[Path]:
    """Files of noise: 00.wav, 01.wav..., each of another length."""
    return [
        write_clip(folder / f"{n:02d}.wav", seed=n, seconds=0.1 + 0.05 * n) for n in range(count)
    ]


def extract(
    out: Path,
    inputs: Path | str | Iterable[Clip | Failure],
    plan: Plan | None = None,
    events: Events = QUIET,
    **options: Any,
) -> Outcome:
    """One run in this process; in the parent unless `jobs` says otherwise."""
    found = discover([str(inputs)]) if isinstance(inputs, Path | str) else inputs
    chosen = RunOptions(out=out, **({"jobs": 0} | options))
    return run(chosen, make_plan() if plan is None else plan, found, events)


class Command:
    """`audiofeat extract` as a process, in a process group of its own.

    Parameters
    ----------
    pause_at : point of the protocol where a process stops itself, for `wait_until_paused`.
    nth : which time the point is reached.
    compacts : run `audiofeat compact` instead.
    limit_bytes : largest file that the processes may write.
    """

    def __init__(
        self,
        out: Path,
        source: Path,
        *options: str,
        features: Sequence[str] = FEATURES,
        jobs: int = 1,
        pause_at: str = "",
        nth: int = 1,
        limit_bytes: int = 0,
        compacts: bool = False,
    ) -> None:
        config = out.with_name(f"{out.name}-{'-'.join(features)}.yaml")
        config.write_text(config_text(features))
        self.tokens = out.with_name(f"{out.name}-tokens")
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "saboteurs")])
        variables = {**os.environ, "PYTHONPATH": path, MARK: str(out)}
        if pause_at:
            variables[VARIABLE] = f"{pause_at}:{make_tokens(self.tokens, nth)}"
        command = [sys.executable, "-m", "audiofeat_cli"]
        if compacts:
            command += ["compact", str(out), "--json"]
        else:
            command += ["extract", str(source), "--json", "--config", str(config)]
            command += ["--out", str(out), "--jobs", str(jobs), *options]
        self.out = out
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=variables,
            start_new_session=True,
            preexec_fn=partial(limit_files, limit_bytes) if limit_bytes else None,  # noqa: PLW1509
        )

    def wait_until_paused(self) -> int | None:
        """The process that has stopped itself; None when the run ended before."""
        while (paused := self._paused()) is None:
            if self.process.poll() is not None:
                return None
            time.sleep(0.005)
        return paused

    def kill_paused(self, victim: Literal["worker", "parent", "group"]) -> bool:
        """Kill somebody when a process has stopped itself; whether it did before the run ended."""
        paused = self.wait_until_paused()
        if paused is None:
            return False
        parent = self.process.pid
        if victim == "group":
            os.killpg(parent, signal.SIGKILL)
            return True
        workers = [pid for pid in self._mine() if is_worker(pid)]
        for pid in workers if victim == "worker" else [parent]:
            os.kill(pid, signal.SIGKILL)
        if paused == parent if victim == "worker" else paused in workers:
            with suppress(ProcessLookupError):
                os.kill(paused, signal.SIGCONT)
        return True

    def kill_now(self, victim: Literal["worker", "parent", "group"]) -> bool:
        """Kill somebody, whatever they are at; whether there was anybody."""
        if self.process.poll() is not None:
            return False
        if victim == "group":
            os.killpg(self.process.pid, signal.SIGKILL)
            return True
        workers = [pid for pid in self._mine() if is_worker(pid)]
        for pid in workers if victim == "worker" else [self.process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return True

    def _paused(self) -> int | None:
        stopped = [pid for pid in self._mine() if _state(pid) == "T"]
        return stopped[0] if stopped else None

    def _mine(self) -> list[int]:
        return processes_of(self.out)

    def orphans(self, seconds: float = 10) -> list[int]:
        """Processes of the run that are left; they get some time to end."""
        until = time.monotonic() + seconds
        while (left := self._mine()) and time.monotonic() < until:
            time.sleep(0.01)
        return left

    def finish(self, seconds: float = 60) -> tuple[int, str, str]:
        """Exit status, stdout, stderr."""
        stdout, stderr = self.process.communicate(timeout=seconds)
        return self.process.returncode, stdout, stderr

    def result(self, seconds: float = 60) -> dict[str, Any]:
        """What `--json` says."""
        status, stdout, stderr = self.finish(seconds)
        assert stdout, f"exit {status}: {stderr}"
        return self.parsed(stdout)

    @staticmethod
    def parsed(stdout: str) -> dict[str, Any]:
        """The summary of `--json`; anything else on stdout is an error."""
        summary: dict[str, Any] = json.loads(stdout)
        return summary


def limit_files(size: int) -> None:
    """Let this process write no file larger than so many bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def processes_of(out: Path) -> list[int]:
    """Processes that belong to the run into `out`, dead ones (zombies) aside."""
    mark = f"{MARK}={out}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return [pid for pid in found if _state(pid) not in {"Z", "X", ""}]


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def is_worker(pid: int) -> bool:
    """Whether the process is one that does batches."""
    try:
        return b"popen_loky" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def make_tokens(folder: Path, nth: int) -> Path:
    """A folder with which the `nth` process to reach a point stops itself."""
    folder.mkdir(parents=True)
    for number in range(nth):
        (folder / (LAST_TOKEN if number == 0 else f"{number:04d}")).touch()
    return folder


def kill_at(point: str, nth: int, tokens: Path, action: Callable[[], Any]) -> bool:
    """Run `action` in a fork that is killed at the point; whether it came there."""
    folder = make_tokens(tokens, nth)
    pid = os.fork()
    if pid == 0:
        try:
            os.environ[VARIABLE] = f"{point}:{folder}"
            action()
        finally:
            os._exit(0)
    _, status = os.waitpid(pid, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        return False
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return True


def rows(out: Path, table: str = "frames") -> list[dict[str, Any]]:
    """The rows of a table, by path and frame."""
    parts = sorted((out / table).glob("*.parquet"))
    found = [row for part in parts for row in pq.read_table(part).to_pylist()]
    return sorted(found, key=lambda row: (row["path"], row.get("frame", 0)))


def tables(out: Path) -> dict[str, list[dict[str, Any]]]:
    """All rows of an output folder."""
    return {table: rows(out, table) for table in ("clips", "frames")}


def failures(out: Path) -> list[dict[str, str]]:
    """What failures.jsonl says."""
    return [json.loads(line) for line in (out / "failures.jsonl").read_text().splitlines()]


def strays(out: Path) -> list[str]:
    """What should not be in an output folder when nobody works there."""
    allowed = {"clips", "frames", "events", "failures.jsonl", "run.json", ".journal"}
    found = [path for path in out.iterdir() if path.name not in allowed]
    found += [p for p in (out / ".journal").iterdir() if p.suffix != ".jsonl" and p.name != "lock"]
    for table in ("clips", "frames"):
        found += [p for p in (out / table).glob("*") if p.suffix != ".parquet"]
    return sorted(str(path.relative_to(out)) for path in found)
