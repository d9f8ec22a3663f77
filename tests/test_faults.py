"""Kills at every point of the commit protocol, misbehaving plugins, signals, full disks."""

import importlib
import os
import signal
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import soundfile as sf

from audiofeat_cli import registry
from audiofeat_cli.audio.discover import Clip
from audiofeat_cli.errors import ExitCode, StoppedError
from audiofeat_cli.plan import Plan
from audiofeat_cli.run import batches, dispatch, guard
from audiofeat_cli.run.executor import LokyPool, WorkerDied
from audiofeat_cli.run.faults import (
    COMMIT_POINTS,
    REPLACE_POINTS,
    SWAP_POINTS,
    WORKER_POINTS,
)
from audiofeat_cli.run.jobs import BatchJob, DoneClip, Receipt, Settings
from tests.runs import (
    RATE,
    Command,
    extract,
    failures,
    is_worker,
    kill_at,
    make_plan,
    rows,
    strays,
    tables,
    write_clip,
    write_clips,
)
from tests.saboteurs.saboteurs import level_of

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and signals")

PLAN = make_plan()
OTHER_PLAN = make_plan(hop=64)
SABOTAGED = ("rms", "saboteur")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_clips(tmp_path / "in")
    return tmp_path / "in"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two clips a batch, so that a few files make several."""
    monkeypatch.setattr(batches, "MAX_CLIPS", 2)


def is_sound(out: Path) -> bool:
    """No row twice, whatever happened."""
    clips = [row["path"] for row in rows(out, "clips")]
    frames = [(row["path"], row["frame"]) for row in rows(out)]
    return len(clips) == len(set(clips)) and len(frames) == len(set(frames))


def expected_of(source: Path, plan: Any = PLAN) -> dict[str, list[dict[str, Any]]]:
    """The tables of an undisturbed run."""
    fresh = source.with_name("undisturbed")
    extract(fresh, source, plan)
    return tables(fresh)


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("point", [*WORKER_POINTS, *COMMIT_POINTS])
@pytest.mark.usefixtures("small_batches")
def test_kill_in_a_run(source: Path, out: Path, point: str, nth: int) -> None:
    (source / "bad.wav").write_text("no audio")
    expected = expected_of(source)
    reached = kill_at(point, nth, out.with_name("tokens"), lambda: extract(out, source))
    assert reached or (
        nth == 2 and point in {"views-before", "view-failures", "views-written", "run-closed"}
    )
    assert is_sound(out)
    assert extract(out, source).failed == 1
    assert tables(out) == expected
    assert strays(out) == []
    assert len(failures(out)) == 1
    assert extract(out, source).skipped == 5


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("point", [*REPLACE_POINTS, *COMMIT_POINTS])
@pytest.mark.usefixtures("small_batches")
def test_kill_while_changed_files_are_redone(source: Path, out: Path, point: str, nth: int) -> None:
    extract(out, source)
    write_clip(source / "00.wav", seed=70, seconds=0.3)  # its batch keeps a row
    for name in ("02.wav", "03.wav"):  # their batch goes
        write_clip(source / name, seed=71, seconds=0.4)
    expected = expected_of(source)
    reached = kill_at(point, nth, out.with_name("tokens"), lambda: extract(out, source))
    assert reached or (
        nth == 2 and point in {"views-before", "view-failures", "views-written", "run-closed"}
    )
    assert is_sound(out)
    assert extract(out, source).exit_code is ExitCode.OK
    assert tables(out) == expected
    assert strays(out) == []
    assert extract(out, source).skipped == 5


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("point", [*SWAP_POINTS, *COMMIT_POINTS])
@pytest.mark.usefixtures("small_batches")
def test_kill_while_overwriting(source: Path, out: Path, point: str, nth: int) -> None:
    extract(out, source)
    old, expected = tables(out), expected_of(source, OTHER_PLAN)

    def overwrite() -> None:
        assert extract(out, source, OTHER_PLAN, overwrite=True).exit_code is ExitCode.OK

    reached = kill_at(point, nth, out.with_name("tokens"), overwrite)
    assert reached or nth == 2
    if reached and not point.startswith("swap-") and point != "run-closed":
        assert tables(out) == old
    overwrite()
    assert tables(out) == expected
    assert strays(out) == []
    assert extract(out, source, OTHER_PLAN).skipped == 5


@pytest.mark.parametrize("point", ["clip-done", "parts-closed", "receipt-ready"])
def test_worker_that_is_killed_once_costs_nothing(source: Path, out: Path, point: str) -> None:
    command = Command(out, source, jobs=2, pause_at=point)
    assert command.kill_paused("worker")
    result = command.result()
    assert (result["exit_code"], result["done"], result["failed"]) == (0, 5, 0)
    assert tables(out) == expected_of(source)
    assert strays(out) == []
    assert command.orphans() == []


def test_interrupt_is_nothing_to_a_worker(source: Path, out: Path) -> None:
    """Ctrl-C goes to all processes of a terminal; what it means is for the parent to say."""
    command = Command(out, source, pause_at="clip-done")
    worker = command.wait_until_paused()
    assert worker not in {None, command.process.pid}
    os.kill(worker or 0, signal.SIGINT)
    os.kill(worker or 0, signal.SIGCONT)
    result = command.result()
    assert (result["exit_code"], result["done"]) == (0, 5)


@pytest.mark.parametrize(
    ("point", "victim"),
    [("clip-done", "parent"), ("journal-written", "parent"), ("parts-closed", "group")],
)
def test_processes_end_with_their_parent(
    source: Path, out: Path, point: str, victim: Literal["parent", "group"]
) -> None:
    command = Command(out, source, jobs=2, pause_at=point)
    assert command.kill_paused(victim)
    assert command.orphans() == []
    assert command.process.wait() == -signal.SIGKILL
    command.finish()
    assert extract(out, source).exit_code is ExitCode.OK
    assert tables(out) == expected_of(source)
    assert strays(out) == []


def sabotage(source: Path, *ways: str) -> list[str]:
    """Clips that make the plugin misbehave so."""
    for way in ways:
        level = np.full(RATE // 4, level_of(way), np.float32)
        sf.write(source / f"{way}.wav", level, RATE, subtype="FLOAT")
    return sorted(f"{source}/{way}.wav" for way in ways)


def sabotaged(
    out: Path, source: Path, *options: str, jobs: int = 1
) -> tuple[dict[str, Any], str, dict[str, dict[str, str]]]:
    """A run with the plugin: its summary, stderr, and failures by file name."""
    command = Command(out, source, *options, features=SABOTAGED, jobs=jobs)
    status, stdout, stderr = command.finish()
    assert stdout.startswith("{"), (status, stdout, stderr)
    assert command.orphans() == []
    assert strays(out) == []
    recorded = failures(out) if (out / "failures.jsonl").exists() else []
    found = {Path(failure["path"]).stem: failure for failure in recorded}
    return command.parsed(stdout), stderr, found


@pytest.mark.parametrize("jobs", [0, 1])
def test_plugin_that_raises_costs_its_clip(source: Path, out: Path, jobs: int) -> None:
    sabotage(source, "raises", "exits_python", "has_wrong_shape", "eats_memory")
    result, _, found = sabotaged(out, source, jobs=jobs)
    assert (result["exit_code"], result["done"], result["failed"]) == (1, 5, 4)
    assert len(rows(out, "clips")) == 5
    assert {name: failure["error"] for name, failure in found.items()} == {
        "raises": "defect",
        "exits_python": "defect",
        "has_wrong_shape": "defect",
        "eats_memory": "out_of_memory",
    }
    assert "does not like this clip" in found["raises"]["message"]
    assert "saboteurs.py" in found["raises"]["detail"]
    assert "thinks that it is a program" in found["exits_python"]["message"]
    assert all(failure["stage"] == "compute" for failure in found.values())


def test_plugin_that_kills_its_process_costs_its_clip(source: Path, out: Path) -> None:
    sabotage(source, "exits", "crashes", "is_killed")
    result, stderr, found = sabotaged(out, source, jobs=2)
    assert (result["exit_code"], result["done"], result["failed"]) == (1, 5, 3)
    assert len(rows(out, "clips")) == 5
    assert {name: failure["error"] for name, failure in found.items()} == {
        "exits": "crash",
        "crashes": "crash",
        "is_killed": "out_of_memory",
    }
    assert "EXIT(7)" in found["exits"]["message"]
    assert "SIGSEGV" in found["crashes"]["message"]
    assert "Segmentation fault" in found["crashes"]["detail"]
    assert "Segmentation fault" not in stderr
    assert "Traceback" not in stderr


def test_plugin_that_hangs_costs_its_clip(source: Path, out: Path) -> None:
    sabotage(source, "hangs", "hangs_and_swallows", "hangs_in_c")
    result, _, found = sabotaged(out, source, "--timeout", "0.5", jobs=2)
    assert (result["exit_code"], result["done"], result["failed"]) == (1, 5, 3)
    assert len(rows(out, "clips")) == 5
    assert {failure["error"] for failure in found.values()} == {"timeout"}
    for name, failure in found.items():
        assert "0.5 s" in failure["message"]
        assert f"in {name}" in failure["detail"]


def test_plugin_that_hangs_in_the_parent_costs_its_clip(source: Path, out: Path) -> None:
    sabotage(source, "hangs")
    result, _, found = sabotaged(out, source, "--timeout", "0.5", jobs=0)
    assert (result["done"], found["hangs"]["error"]) == (5, "timeout")


@pytest.mark.parametrize("jobs", [0, 1])
def test_what_a_plugin_prints_is_no_result(source: Path, out: Path, jobs: int) -> None:
    sabotage(source, "prints", "prints_and_raises")
    result, stderr, found = sabotaged(out, source, jobs=jobs)
    assert (result["done"], result["failed"]) == (6, 1)
    for said in ("noise", "complaint"):
        assert said not in stderr
        assert f"{said} from Python" in found["prints_and_raises"]["detail"]
        assert f"{said} from C" in found["prints_and_raises"]["detail"]
        assert found["prints_and_raises"]["detail"].count(f"{said} from C") == 1


def test_what_a_thread_prints_is_no_result(source: Path, out: Path) -> None:
    sabotage(source, "prints")
    result, stderr, _ = sabotaged(out, source, "--backend", "threading", jobs=2)
    assert result["done"] == 6
    assert "noise from C" in stderr


@pytest.mark.parametrize("jobs", [0, 1])
def test_full_disk_stops_the_run(source: Path, out: Path, jobs: int) -> None:
    sabotage(source, "fills_the_disk")
    result, _, found = sabotaged(out, source, jobs=jobs)
    assert result["exit_code"] == ExitCode.STOPPED
    assert "No space left on device" in result["reason"]
    assert found == {}
    (source / "fills_the_disk.wav").unlink()
    assert sabotaged(out, source)[0]["exit_code"] == 0
    assert len(rows(out, "clips")) == 5


def test_worker_cannot_write_a_large_part(source: Path, out: Path) -> None:
    """A limit on file size stands for a full disk, and needs no rights."""
    noise = np.random.default_rng(0).uniform(-1, 1, 200 * RATE).astype(np.float32)
    sf.write(source / "long.wav", noise, RATE, subtype="FLOAT")
    command = Command(out, source, limit_bytes=30_000)
    result = command.result()
    assert result["exit_code"] == ExitCode.STOPPED
    assert "File too large" in result["reason"]
    assert strays(out) == []
    kept = len(rows(out, "clips"))
    assert kept == result["done"] < 6
    assert extract(out, source).done == 6 - kept


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("jobs", [0, 2])
def test_signal_stops_at_once_and_the_rerun_goes_on(
    source: Path, out: Path, number: signal.Signals, status: int, jobs: int
) -> None:
    assert sabotaged(out, source)[0]["done"] == 5
    sabotage(source, "hangs")
    write_clip(source / "zz.wav")
    command = Command(out, source, features=SABOTAGED, jobs=jobs)
    wait_for_marker(out, command)
    os.killpg(command.process.pid, number)
    code, _, stderr = command.finish(20)
    assert code == status
    assert "Traceback" not in stderr
    assert command.orphans() == []
    assert strays(out) == []
    (source / "hangs.wav").unlink()
    result, _, _ = sabotaged(out, source)
    assert (result["done"], result["skipped"]) == (1, 5)


@pytest.fixture
def plugin_plan(monkeypatch: pytest.MonkeyPatch) -> Iterator[Plan]:
    """The plan with the plugin, made in this process."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "saboteurs"))
    registry._load.cache_clear()
    yield make_plan(SABOTAGED)
    registry._load.cache_clear()


def wait_for_marker(out: Path, command: Command) -> None:
    """Until a clip is in work."""
    while command.process.poll() is None:
        for path in out.glob(".staging/*/*/marker"):
            if path.stat().st_size:
                time.sleep(0.2)
                return
        time.sleep(0.01)


def jobs_of(source: Path, names: Sequence[str], staging: Path) -> list[BatchJob]:
    settings = Settings(PLAN, "000001-aa", staging)
    clips = tuple(
        Clip(name, str(source / name), (source / name).stat().st_size, 0, name) for name in names
    )
    return [BatchJob("000000", clips, settings)]


def test_workers_that_die_before_any_clip_end_the_run(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An executable that is no Python stands for a worker that cannot even start."""
    jobs = jobs_of(source, ["00.wav"], tmp_path / "staging")
    pool = LokyPool(1, tmp_path / "staging")
    for name in ("joblib.externals.loky.backend.spawn", "multiprocessing.spawn"):
        importlib.import_module(name)  # they remember the real one
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(StoppedError, match="workers die again and again"):
        list(dispatch.Dispatcher(iter(jobs), pool).receipts())


def test_job_that_cannot_be_sent_ends_the_run(source: Path, tmp_path: Path) -> None:
    job = jobs_of(source, ["00.wav"], tmp_path / "staging")[0]
    unpicklable: Any = (lambda: None,) * 1
    object.__setattr__(job, "clips", (open(os.devnull), *unpicklable))  # noqa: PTH123, SIM115
    pool = LokyPool(1, tmp_path / "staging")
    with pytest.raises(StoppedError, match="a defect of audiofeat"):
        list(dispatch.Dispatcher(iter([job]), pool).receipts())


def test_worker_that_dies_with_nothing_to_do_is_replaced(source: Path, tmp_path: Path) -> None:
    staging = tmp_path / "staging"
    first, second = (
        replace(jobs_of(source, [name], staging)[0], name=name) for name in ("00.wav", "01.wav")
    )
    pool = LokyPool(1, staging)
    assert len(pool.submit(0, first).result().clips) == 1
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    (worker,) = (int(pid) for pid in children if is_worker(int(pid)))
    os.kill(worker, signal.SIGKILL)
    while Path(f"/proc/{worker}").exists():
        time.sleep(0.01)
    time.sleep(0.2)
    assert len(pool.submit(0, second).result().clips) == 1
    pool.close(kill=False)


def test_worker_that_grows_is_replaced(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed = []
    monkeypatch.setattr(dispatch, "LEAK_BYTES", -1)
    monkeypatch.setattr(batches, "MAX_CLIPS", 2)
    real = LokyPool.renew

    def renew(pool: LokyPool, slot: int) -> str:
        renewed.append(slot)
        return real(pool, slot)

    monkeypatch.setattr(LokyPool, "renew", renew)
    assert extract(out, source, jobs=1).done == 5
    assert renewed == [0, 0, 0]
    assert strays(out) == []


class ScriptedPool:
    """Two slots without processes: a batch dies at the first clip whose name begins with `x`.

    One that begins with `y` dies only the first time.
    """

    slots = 2
    at_once = False

    def __init__(self) -> None:
        self.forgiven: set[str] = set()
        self.tried: list[str] = []
        self.closed = 0

    def submit(self, slot: int, job: BatchJob) -> "Future[Receipt]":
        future: Future[Receipt] = Future()
        job.folder.mkdir(parents=True)
        marker = guard.Marker(job.folder)
        for index, clip in enumerate(job.clips):
            self.tried.append(clip.path)
            if clip.path[0] == "x" or (clip.path[0] == "y" and clip.path not in self.forgiven):
                self.forgiven.add(clip.path)
                marker.at(index, 0.0)
                future.set_exception(WorkerDied("exit codes of the workers are {SIGSEGV(-11)}"))
                return future
        done = tuple(DoneClip(c.path, c.path, c.size, c.mtime_ns, 1.0) for c in job.clips)
        future.set_result(Receipt(job.name, clips=done))
        return future

    def renew(self, slot: int) -> str:
        return ""

    def close(self, *, kill: bool) -> None:
        self.closed += 1


def dispatched(staging: Path, *names: str, size: int = 4) -> tuple[list[str], list[str]]:
    """Clips done and clips failed, of these in batches of `size`."""
    clips = [Clip(name, name, 1, 0, name) for name in names]
    settings = Settings(PLAN, "000001-aa", staging)
    jobs = [
        BatchJob(f"{n:06d}", tuple(clips[n : n + size]), settings)
        for n in range(0, len(clips), size)
    ]
    pool = ScriptedPool()
    receipts = list(dispatch.Dispatcher(iter(jobs), pool).receipts())
    assert len({receipt.name for receipt in receipts}) == len(receipts)
    assert pool.closed == 1
    assert all(pool.tried.count(name) == 2 for name in names if name[0] == "x")
    return (
        [clip.path for receipt in receipts for clip in receipt.clips],
        [failure.path for receipt in receipts for failure in receipt.failures],
    )


def test_only_clips_that_kill_twice_are_convicted(tmp_path: Path) -> None:
    names = ["a", "x1", "b", "y1", "y2", "x2", "c", "x3", "x4", "d", "e", "y3", "x5"]
    done, failed = dispatched(tmp_path, *names)
    assert sorted(done) == [name for name in sorted(names) if name[0] != "x"]
    assert sorted(failed) == ["x1", "x2", "x3", "x4", "x5"]


def test_single_clip_is_tried_twice(tmp_path: Path) -> None:
    assert dispatched(tmp_path, "x", size=1) == ([], ["x"])


def test_deaths_with_clips_done_in_between_are_not_in_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "DEATHS_IN_A_ROW", 6)
    names = [f"{kind}{n}" for n in range(20) for kind in "abcx"]
    done, failed = dispatched(tmp_path, *names)
    assert (len(done), len(failed)) == (60, 20)


def test_deaths_in_a_row_end_the_run(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch, plugin_plan: Plan
) -> None:
    for path in source.iterdir():
        path.unlink()
    sabotage(source, "exits", "crashes", "is_killed")
    monkeypatch.setattr(dispatch, "DEATHS_IN_A_ROW", 4)
    outcome = extract(out, source, plugin_plan, jobs=1)
    assert outcome.exit_code is ExitCode.STOPPED
    assert "workers die again and again" in outcome.reason
    assert strays(out) == []


def test_marker_is_read_back(tmp_path: Path) -> None:
    assert guard.read_marker(tmp_path) == (-1, 0.0)
    marker = guard.Marker(tmp_path)
    marker.at(7, 12.5)
    assert guard.read_marker(tmp_path) == (7, 12.5)
    marker.close()
