"""Reruns over real files: what is done stays, what changed is redone, failures are retried."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audiofeat_cli.audio.discover import Clip, Discovery, discover
from audiofeat_cli.errors import ExitCode, Failure, UsageError
from audiofeat_cli.run.batches import Batches, weight
from audiofeat_cli.run.jobs import BatchJob, Settings
from audiofeat_cli.run.layout import Layout, write_whole
from audiofeat_cli.run.opening import Claim, open_store
from audiofeat_cli.run.outcome import Events, MaxErrors, Tally
from tests.runs import (
    extract,
    failures,
    make_plan,
    rows,
    strays,
    tables,
    write_clip,
    write_clips,
)

OTHER_PLAN = make_plan(hop=64)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_clips(tmp_path / "in")
    return tmp_path / "in"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


class Heard(Events):
    """Notes what a run tells."""

    def __init__(self) -> None:
        self.planned_paths: list[str] = []
        self.warnings: list[str] = []
        self.failures: list[Failure] = []
        self.tallies: list[tuple[int, int, int]] = []

    def warning(self, message: str) -> None:
        self.warnings.append(message)

    def planned(self, clip: Clip) -> None:
        self.planned_paths.append(clip.path)

    def failure(self, failure: Failure) -> None:
        self.failures.append(failure)

    def progress(self, tally: Tally) -> None:
        self.tallies.append((tally.done, tally.found, tally.weight))


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    """All files below a folder, so that a change to any shows."""
    found = [p for p in folder.rglob("*") if p.is_file()]
    return {str(p.relative_to(folder)): (p.stat().st_ino, p.stat().st_mtime_ns) for p in found}


def test_every_clip_has_its_rows(source: Path, out: Path) -> None:
    outcome = extract(out, source)
    assert outcome.exit_code is ExitCode.OK
    assert (outcome.done, outcome.failed, outcome.skipped) == (5, 0, 0)
    assert outcome.frames == len(rows(out))
    assert [row["path"] for row in rows(out, "clips")] == [
        f"{source}/{n:02d}.wav" for n in range(5)
    ]
    assert outcome.audio_seconds == pytest.approx(sum(r["duration"] for r in rows(out, "clips")))
    assert sum(outcome.stages.values()) == pytest.approx(1)
    assert strays(out) == []
    assert failures(out) == []


def test_rerun_with_nothing_to_do_writes_nothing(source: Path, out: Path) -> None:
    extract(out, source)
    before = state_of(out)
    outcome = extract(out, source)
    assert outcome.exit_code is ExitCode.OK
    assert (outcome.done, outcome.skipped) == (0, 5)
    assert state_of(out) == before


def test_new_files_are_added(source: Path, out: Path) -> None:
    extract(out, source)
    before = {name for name in state_of(out) if name.endswith(".parquet")}
    write_clip(source / "new.wav", seed=9)
    outcome = extract(out, source)
    assert (outcome.done, outcome.skipped) == (1, 5)
    assert len(rows(out, "clips")) == 6
    assert before < {name for name in state_of(out) if name.endswith(".parquet")}


@pytest.mark.parametrize("spelling", ["./in", "in/", "in/.", ".//in//", "in"])
def test_spelling_of_the_path_does_not_matter(
    source: Path, out: Path, spelling: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(source.parent)
    extract(out, "in")
    assert extract(out, spelling).skipped == 5


def test_changed_file_is_redone_and_its_old_rows_go(source: Path, out: Path) -> None:
    extract(out, source)
    write_clip(source / "02.wav", seed=77, seconds=0.5)
    outcome = extract(out, source)
    assert (outcome.done, outcome.skipped) == (1, 4)
    fresh = out.with_name("fresh")
    extract(fresh, source)
    assert tables(out) == tables(fresh)
    assert strays(out) == []
    assert json.loads((out / "run.json").read_text())["counts"]["frames"] == len(rows(out))
    assert extract(out, source).skipped == 5


def test_change_of_time_alone_is_a_change(source: Path, out: Path) -> None:
    extract(out, source)
    os.utime(source / "01.wav", ns=(1, 1))
    assert extract(out, source).done == 1
    assert len(rows(out, "clips")) == 5


def test_all_changed(source: Path, out: Path) -> None:
    extract(out, source)
    before = {name for name in state_of(out) if name.endswith(".parquet")}
    for path in source.iterdir():
        os.utime(path, ns=(1, 1))
    expected = tables(out)
    assert extract(out, source).done == 5
    assert tables(out) == expected
    assert before.isdisjoint(state_of(out))


def test_twice_changed_file(source: Path, out: Path) -> None:
    extract(out, source)
    (first,) = (out / "clips").iterdir()
    rewritten = []
    for moment in (1, 2, 3):
        write_clip(source / "02.wav", seed=moment)
        os.utime(source / "02.wav", ns=(moment, moment))
        before = first.stat().st_ino
        assert extract(out, source).done == 1
        rewritten.append(first.stat().st_ino != before)
    assert rewritten == [True, False, False], "only parts that have its rows are rewritten"
    fresh = out.with_name("fresh")
    extract(fresh, source)
    assert tables(out) == tables(fresh)


def test_path_spelled_otherwise_is_found_when_it_changed(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(source.parent)
    extract(out, "./in")
    write_clip(source / "02.wav", seed=77, seconds=0.5)
    extract(out, "in")
    paths = [row["path"] for row in rows(out, "clips")]
    assert paths == ["./in/00.wav", "./in/01.wav", "./in/03.wav", "./in/04.wav", "in/02.wav"]


def test_changed_file_that_is_now_broken_has_no_rows(source: Path, out: Path) -> None:
    extract(out, source)
    (source / "02.wav").write_text("no audio")
    outcome = extract(out, source)
    assert outcome.exit_code is ExitCode.FILES_FAILED
    assert len(rows(out, "clips")) == 4
    assert [f["path"] for f in failures(out)] == [f"{source}/02.wav"]


def test_vanished_file_keeps_its_rows(source: Path, out: Path) -> None:
    extract(out, source)
    (source / "02.wav").unlink()
    assert extract(out, source).exit_code is ExitCode.OK
    assert len(rows(out, "clips")) == 5


def test_failure_is_retried_and_goes_when_the_file_succeeds(source: Path, out: Path) -> None:
    (source / "bad.wav").write_text("no audio")
    outcome = extract(out, source)
    assert outcome.exit_code is ExitCode.FILES_FAILED
    assert (outcome.done, outcome.failed) == (5, 1)
    assert extract(out, source).failed == 1
    assert len(failures(out)) == 1
    write_clip(source / "bad.wav")
    assert extract(out, source).exit_code is ExitCode.OK
    assert failures(out) == []
    assert len(rows(out, "clips")) == 6


def test_failure_of_a_done_file_goes_when_it_is_seen_again(source: Path, out: Path) -> None:
    extract(out, source)
    gone = Failure(f"{source}/02.wav", "discover", "missing", "no such file")
    assert extract(out, [gone]).exit_code is ExitCode.FILES_FAILED
    assert failures(out) == [gone.as_dict()]
    assert len(rows(out, "clips")) == 5
    assert extract(out, source).exit_code is ExitCode.OK
    assert failures(out) == []


def test_failure_of_a_folder_goes_when_it_can_be_read(source: Path, out: Path) -> None:
    shut = Failure(f"{source.parent}", "discover", "unreadable", "cannot be read")
    extract(out, [shut])
    assert len(failures(out)) == 1
    extract(out, source)
    assert failures(out) == []


def test_deleted_part_is_made_again(source: Path, out: Path) -> None:
    extract(out, source)
    expected = tables(out)
    next((out / "frames").iterdir()).unlink()
    assert extract(out, source).done == 5
    assert tables(out) == expected
    assert strays(out) == []
    assert extract(out, source).skipped == 5


def test_other_config_is_refused(source: Path, out: Path) -> None:
    extract(out, source)
    before = state_of(out)
    with pytest.raises(UsageError, match="hop_length: 128 there, 64 now"):
        extract(out, source, OTHER_PLAN)
    assert state_of(out) == before


def test_overwrite_replaces_when_all_is_done(source: Path, out: Path) -> None:
    extract(out, source)
    old = tables(out)
    seen = []

    class Watching(Events):
        def progress(self, tally: Tally) -> None:
            if (out / ".next").exists():
                seen.append(tables(out) == old)

    outcome = extract(out, source, OTHER_PLAN, Watching(), overwrite=True)
    assert seen
    assert all(seen)
    assert outcome.done == 5
    fresh = out.with_name("fresh")
    extract(fresh, source, OTHER_PLAN)
    assert tables(out) == tables(fresh)
    assert strays(out) == []
    assert extract(out, source, OTHER_PLAN).skipped == 5


@pytest.mark.parametrize("overwrite", [False, True])
def test_pieces_of_files_that_a_kill_left_are_cleared(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch, overwrite: bool
) -> None:
    extract(out, source)
    layout = Layout(out)

    def killed(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    for path in (layout.swap, out / "run.json", out / "failures.jsonl"):
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", killed)
            with pytest.raises(KeyboardInterrupt):
                write_whole(path, ["piece"])
    assert len(strays(out)) == 3
    extract(out, source, overwrite=overwrite)
    assert strays(out) == []


def test_overwrite_that_stops_leaves_the_old_tables(source: Path, out: Path) -> None:
    extract(out, source)
    old = tables(out)
    (source / "00bad.wav").write_text("no audio")
    stopped = extract(out, source, OTHER_PLAN, overwrite=True, fail_fast=True)
    assert stopped.exit_code is ExitCode.STOPPED
    assert tables(out) == old
    (source / "00bad.wav").unlink()
    heard = Heard()
    assert extract(out, source, events=heard).skipped == 5
    assert heard.warnings == [f"an --overwrite that did not finish waits in {out}/.next"]
    assert extract(out, source, OTHER_PLAN, overwrite=True).done + stopped.done == 5
    assert len(rows(out, "clips")) == 5
    assert failures(out)[0]["path"].endswith("00bad.wav")


def test_overwrite_of_nothing_is_a_plain_run(source: Path, out: Path) -> None:
    assert extract(out, source, overwrite=True).done == 5
    assert strays(out) == []


def test_shards_share_a_folder(source: Path, out: Path) -> None:
    for n in range(20):
        write_clip(source / f"more{n}.wav", seed=n)
    for index in range(3):
        found = discover([str(source)], shard=(index, 3))
        assert extract(out, found, shard=(index, 3)).exit_code is ExitCode.OK
    fresh = out.with_name("fresh")
    extract(fresh, source)
    assert tables(out) == tables(fresh)
    assert strays(out) == []
    assert extract(out, source).skipped == 25


def test_empty_shard_is_no_error(out: Path) -> None:
    assert extract(out, [], shard=(3, 16)).exit_code is ExitCode.OK
    assert not out.exists()


def test_second_run_into_the_same_folder_is_refused(source: Path, out: Path) -> None:
    run = open_store(out, Claim(make_plan()))
    with pytest.raises(UsageError, match="another run"):
        extract(out, source)
    run.give_up()
    assert extract(out, source).done == 5


@pytest.mark.parametrize("options", [{"jobs": 1}, {"jobs": 2}, {"jobs": 2, "backend": "threading"}])
def test_backends_give_the_same_rows(source: Path, out: Path, options: dict[str, Any]) -> None:
    extract(out, source)
    other = out.with_name("other")
    assert extract(other, source, **options).done == 5
    assert tables(other) == tables(out)
    assert strays(other) == []


def test_no_audio_writes_nothing(tmp_path: Path, out: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("")
    with pytest.raises(UsageError, match=r"no audio found \(1 other files were passed over\)"):
        extract(out, tmp_path / "in")
    assert not out.exists()


def test_passed_over_files_are_counted(source: Path, out: Path) -> None:
    (source / "notes.txt").write_text("")
    assert extract(out, source).passed_over == 1
    end = json.loads((out / "run.json").read_text())["runs"][0]
    assert (end["passed_over"], end["done"], end["exit_code"]) == (1, 5, 0)


def test_dry_run_writes_nothing(source: Path, out: Path) -> None:
    heard = Heard()
    outcome = extract(out, source, events=heard, dry_run=True)
    assert outcome.exit_code is ExitCode.OK
    assert len(heard.planned_paths) == 5
    assert not out.exists()
    extract(out, source)
    before = state_of(out)
    os.utime(source / "01.wav", ns=(1, 1))
    heard = Heard()
    outcome = extract(out, source, events=heard, dry_run=True)
    assert heard.planned_paths == [f"{source}/01.wav"]
    assert outcome.skipped == 4
    assert state_of(out) == before
    with pytest.raises(UsageError, match="another config"):
        extract(out, source, OTHER_PLAN, dry_run=True)
    heard = Heard()
    extract(out, source, OTHER_PLAN, heard, dry_run=True, overwrite=True)
    assert len(heard.planned_paths) == 5


@pytest.mark.parametrize("jobs", [0, 1])
def test_fail_fast_stops_and_keeps_what_is_done(source: Path, out: Path, jobs: int) -> None:
    (source / "02bad.wav").write_text("no audio")
    outcome = extract(out, source, jobs=jobs, fail_fast=True)
    assert outcome.exit_code is ExitCode.STOPPED
    assert "02bad.wav" in outcome.reason
    assert [row["path"][-6:] for row in rows(out, "clips")] == ["00.wav", "01.wav", "02.wav"]
    assert len(failures(out)) == 1
    assert strays(out) == []
    (source / "02bad.wav").unlink()
    assert extract(out, source).skipped == 3


def test_fail_fast_on_a_file_that_cannot_be_found(source: Path, out: Path) -> None:
    found = [Failure("x.wav", "discover", "missing", "no such file"), *discover([str(source)])]
    assert extract(out, found, fail_fast=True).exit_code is ExitCode.STOPPED
    assert [f["path"] for f in failures(out)] == ["x.wav"]


@pytest.mark.parametrize(
    ("text", "code"), [("0", 1), ("1", 1), ("2", 0), ("28%", 1), ("29%", 0), ("100%", 0)]
)
def test_max_errors_decides_the_exit_status_only(
    source: Path, out: Path, text: str, code: int
) -> None:
    for name in ("bad1.wav", "bad2.wav"):
        (source / name).write_text("no audio")
    outcome = extract(out, source, max_errors=MaxErrors.parse(text))
    assert outcome.exit_code == code
    assert (outcome.done, outcome.failed) == (5, 2)


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "101%", "%", "nan%", "nan"])
def test_max_errors_that_means_nothing(text: str) -> None:
    with pytest.raises(UsageError, match="--max-errors"):
        MaxErrors.parse(text)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"backend": "dask"}, "is not there yet"),
        ({"backend": "ray"}, "is not there yet"),
        ({"backend": "slurm"}, "is unknown"),
        ({"jobs": -1}, "--jobs"),
        ({"timeout": 0}, "--timeout"),
        ({"overwrite": True, "shard": (0, 2)}, "--overwrite with --shard"),
        ({"timeout": 5, "backend": "threading", "jobs": 1}, "a thread cannot be stopped"),
    ],
)
def test_options_that_cannot_work(
    source: Path, out: Path, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        extract(out, source, **options)
    assert not out.exists()


def test_progress_ends_with_all_work_done(source: Path, out: Path) -> None:
    heard = Heard()
    extract(out, source, events=heard, jobs=1)
    done, found, weight = heard.tallies[-1]
    assert (done, found) == (5, 5)
    assert weight == sum((source / f"{n:02d}.wav").stat().st_size + 2**16 for n in range(5))


def test_copied_folder_goes_on(source: Path, out: Path) -> None:
    extract(out, source)
    moved = out.with_name("moved")
    shutil.copytree(out, moved)
    assert extract(moved, source).skipped == 5


def test_unreadable_name_is_done_once(tmp_path: Path, out: Path) -> None:
    names = [
        b"a b.wav",
        b"new\nline.wav",
        "\u00fc\U0001f3b5.wav".encode(),
        b"\xff.wav",
        b"back\\slash.wav",
    ]
    for n, name in enumerate(names):
        path = write_clip(tmp_path / "in" / f"{n}.wav", seed=n)
        path.rename(Path(os.fsdecode(os.fsencode(path.parent) + b"/" + name)))
    assert extract(out, tmp_path / "in").done == 5
    os.utime(os.fsencode(tmp_path / "in") + b"/\xff.wav", ns=(1, 1))
    outcome = extract(out, tmp_path / "in")
    assert (outcome.done, outcome.skipped) == (1, 4)
    assert len(rows(out, "clips")) == 5


def batches_of(sizes: list[int], workers: int = 2) -> list[BatchJob]:
    clips = [Clip(f"{n}.wav", f"{n}.wav", size, 0, f"{n}.wav") for n, size in enumerate(sizes)]
    settings = Settings(make_plan(), "r", Path())
    names: Iterator[int] = iter(range(10**6))
    found: list[Clip] = []

    def found_of(clip: Clip, heavy: int) -> None:
        assert heavy == weight(clip)
        found.append(clip)

    made = Batches(iter(clips), settings, workers=workers, names=names, found=found_of)
    jobs = list(made)
    assert found == clips
    assert [clip for job in jobs for clip in job.clips] == clips
    assert len({job.name for job in jobs}) == len(jobs)
    return jobs


def test_batches_start_small_and_grow_to_a_limit() -> None:
    counts = [len(job.clips) for job in batches_of([10_000] * 20_000)]
    assert counts[0] < 250
    assert counts[0] == counts[1] < counts[2] < counts[4]
    assert max(counts) == 1024


def test_batches_get_smaller_at_the_end() -> None:
    weights = [len(job.clips) for job in batches_of([2**20] * 2000)]
    assert max(weights) > 200
    assert weights[-1] < 20


def test_few_large_files_are_shared_out() -> None:
    assert [len(job.clips) for job in batches_of([50 * 2**20] * 6)] == [1] * 6


def test_few_small_files_are_one_batch() -> None:
    assert [len(job.clips) for job in batches_of([100_000] * 10)] == [10]


def test_walk_is_not_ahead_of_the_work_at_first() -> None:
    taken = []

    def walk() -> Iterator[Clip]:
        for n in range(10**6):
            taken.append(n)
            yield Clip(f"{n}.wav", f"{n}.wav", 10**6, 0, f"{n}.wav")

    settings = Settings(make_plan(), "r", Path())
    made = Batches(walk(), settings, workers=2, names=iter(range(9)), found=lambda *_: None)
    next(iter(made))
    assert len(taken) < 1000
    assert made.look_ahead()


def test_discovery_is_a_source_of_clips(source: Path) -> None:
    found: Discovery = discover([str(source)])
    assert all(isinstance(item, Clip) for item in found)
