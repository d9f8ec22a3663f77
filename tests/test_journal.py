"""Journals, the state they lead to, replay, locks and the change of generations."""

import errno
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audiofeat_cli.errors import Failure, StoppedError, UsageError
from audiofeat_cli.run import batch, faults, generation, journal, store, views
from audiofeat_cli.run.history import History, Standing
from audiofeat_cli.run.jobs import DoneClip, PartFile, Receipt
from audiofeat_cli.run.journal import Journal, read_records
from audiofeat_cli.run.layout import Layout, write_whole
from audiofeat_cli.run.locks import locked, try_lock
from audiofeat_cli.run.opening import Claim, open_store
from audiofeat_cli.run.store import Store, replay
from tests.runs import failures, make_plan, strays

SWAP_STEPS = 15
HEADER = {"plan": "p", "config": {"n_fft": 256}}
PLAN = make_plan()
OTHER_PLAN = make_plan(hop=64)


def written(folder: Path, *records: dict[str, Any], run: str = "000001-aa") -> Path:
    """A journal with these records."""
    path = folder / f"{run}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    book = Journal(path, HEADER)
    for record in records:
        book.append(record)
    book.close()
    return path


def records(path: Path) -> list[dict[str, Any]]:
    return [record for record, _ in read_records(path)]


class TestJournal:
    def test_first_record_brings_the_header(self, tmp_path: Path) -> None:
        path = written(tmp_path, {"a": 1}, {"b": 2})
        assert records(path) == [HEADER, {"a": 1}, {"b": 2}]

    def test_idle_run_leaves_no_file(self, tmp_path: Path) -> None:
        assert not written(tmp_path).exists()

    def test_torn_last_line_is_ignored_wherever_it_is_torn(self, tmp_path: Path) -> None:
        path = written(tmp_path, {"a": 1}, {"b": 2})
        whole = path.read_bytes()
        first = whole.index(b'{"b"')
        for end in range(first, len(whole)):
            path.write_bytes(whole[:end])
            assert records(path) == [HEADER, {"a": 1}], end

    def test_nonsense_in_the_last_line_is_ignored(self, tmp_path: Path) -> None:
        path = written(tmp_path, {"a": 1})
        path.write_bytes(path.read_bytes() + b"\0\0\0\0\n")
        assert records(path) == [HEADER, {"a": 1}]

    def test_damage_elsewhere_is_told(self, tmp_path: Path) -> None:
        path = written(tmp_path, {"a": 1}, {"b": 2})
        path.write_bytes(path.read_bytes().replace(b'{"a"', b'{"a'))
        with pytest.raises(StoppedError, match="damaged at byte 36"):
            records(path)

    def test_full_disk_takes_the_record_back(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        book = Journal(tmp_path / "000001-aa.jsonl", HEADER)
        book.append({"a": 1})
        real = os.write
        calls = iter([True, False])

        def fills(descriptor: int, data: bytes) -> int:
            if next(calls):
                return real(descriptor, data[:3])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(os, "write", fills)
        with pytest.raises(StoppedError, match="No space left"):
            book.append({"b": 2})
        monkeypatch.undo()
        assert book.path.read_bytes().endswith(b'{"a":1}\n')

    def test_reading_goes_on_where_it_stopped(self, tmp_path: Path) -> None:
        layout = Layout(tmp_path)
        path = written(layout.journal, {"clips": [["a", 1, 2, 3.0, "a"]]})
        history = History()
        history.read(layout)
        with path.open("a") as file:
            file.write(json.dumps({"clips": [["b", 1, 2, 4.0, "b"]]}) + "\n")
        history.read(layout)
        assert "a" in history.done
        assert "b" in history.done
        assert history.totals.audio_seconds == 7.0


class TestHistory:
    def test_standing(self) -> None:
        history = History()
        history.apply("r", {"clips": [["a", 10, 20, 1.0, "./a"]]})
        assert history.standing("a", (10, 20)) is Standing.DONE
        assert history.standing("a", (10, 21)) is Standing.CHANGED
        assert history.standing("a", (11, 20)) is Standing.CHANGED
        assert history.standing("b", (10, 20)) is Standing.NEW

    def test_failure_goes_when_the_file_succeeds(self) -> None:
        history = History()
        failure = Failure("./a", "decode", "truncated", "cut")
        history.apply("r", {"failures": [failure.as_dict()]})
        assert history.failures == {"a": failure.as_dict()}
        history.apply("r", {"clips": [["a", 1, 2, 1.0, "./a"]]})
        assert not history.failures

    def test_cleared_failure_goes(self) -> None:
        history = History()
        history.apply("r", {"failures": [Failure("a", "discover", "missing", "").as_dict()]})
        history.apply("r", {"cleared": ["a"]})
        assert not history.failures

    def test_dropped_clip_is_new_again(self) -> None:
        history = History()
        history.apply("r", {"clips": [["a", 1, 2, 1.0, "a"]], "parts": [["clips", "p", 1, 9]]})
        history.apply("r", {"dropped": ["a"], "old": [["clips", "p"]]})
        assert history.standing("a", (1, 2)) is Standing.NEW
        assert not history.parts


def opened(out: Path, **claim: Any) -> Store:
    return open_store(out, Claim(**({"plan": PLAN} | claim)))


def staged(run: Store, name: str, *keys: str) -> Receipt:
    """A batch as a worker leaves it: its parts are staged."""
    parts = []
    for table in ("clips", "frames"):
        path = run.staging / name / table / f"part-{run.run}-{name}-{table}.parquet"
        path.parent.mkdir(parents=True)
        path.write_text(" ".join(keys))
        parts.append(PartFile(table, path.name, len(keys), path.stat().st_size))
    clips = tuple(DoneClip(key, key, 1, 2, 0.5) for key in keys)
    return Receipt(name, tuple(parts), clips, stages={"decode": 1.0, "compute": 3.0}, frames=7)


def die(run: Store) -> None:
    """What the system does when a run is killed."""
    run.lock.release()


def contents(out: Path) -> list[str]:
    return sorted(p.read_text() for t in ("clips", "frames") for p in (out / t).glob("*.parquet"))


class TestReplay:
    def test_committed_parts_are_published(self, tmp_path: Path) -> None:
        run = opened(tmp_path)
        receipt = staged(run, "000000", "a", "b")
        before = {path.stat().st_ino for path in run.staging.rglob("*.parquet")}
        run.commit(receipt)
        assert contents(tmp_path) == ["a b", "a b"]
        assert {p.stat().st_ino for p in tmp_path.rglob("*.parquet")} == before, (
            "renamed, not copied"
        )
        run.close({"exit_code": 0, "wall_seconds": 1}, whole=True)
        assert strays(tmp_path) == []

    def test_record_without_renames_is_finished(self, tmp_path: Path) -> None:
        run = opened(tmp_path)
        receipt = staged(run, "000000", "a")
        parts = [[p.table, p.name, p.rows, p.bytes] for p in receipt.parts]
        run._journal.append({"batch": "000000", "parts": parts, "clips": [["a", 1, 2, 1.0, "a"]]})
        die(run)
        again = opened(tmp_path)
        assert contents(tmp_path) == ["a", "a"]
        assert again.history.standing("a", (1, 2)) is Standing.DONE
        assert not again.layout.staging.exists()

    def test_parts_without_record_are_deleted(self, tmp_path: Path) -> None:
        run = opened(tmp_path)
        run.commit(staged(run, "000000", "a"))
        staged(run, "000001", "b")
        die(run)
        again = opened(tmp_path)
        assert contents(tmp_path) == ["a", "a"]
        assert again.history.standing("b", (1, 2)) is Standing.NEW
        assert not again.layout.staging.exists()

    def test_torn_line_is_cut(self, tmp_path: Path) -> None:
        run = opened(tmp_path)
        run.commit(staged(run, "000000", "a"))
        die(run)
        path = run.layout.journal_of(run.run)
        whole = path.read_bytes()
        path.write_bytes(whole + b'{"batch":"0000')
        opened(tmp_path)
        assert path.read_bytes() == whole

    def test_header_alone_is_removed(self, tmp_path: Path) -> None:
        path = written(Layout(tmp_path).journal)
        path.write_text(json.dumps(HEADER) + "\n")
        opened(tmp_path)
        assert not path.exists()

    def test_staging_of_a_live_run_is_left_alone(self, tmp_path: Path) -> None:
        run = opened(tmp_path, shard=(0, 2))
        receipt = staged(run, "000000", "a")
        other = opened(tmp_path, shard=(1, 2))
        other.commit(staged(other, "000000", "b"))
        other.close({"exit_code": 0, "wall_seconds": 1}, whole=True)
        run.commit(receipt)
        assert contents(tmp_path) == ["a", "a", "b", "b"]
        run.close({"exit_code": 0, "wall_seconds": 1}, whole=True)
        assert strays(tmp_path) == []
        said = json.loads((tmp_path / "run.json").read_text())
        assert said["counts"] == {"clips": 2, "failed": 0, "frames": 2, "parts": 4}
        assert said["stages"] == {"decode": 0.25, "compute": 0.75}
        assert [run["shard"] for run in said["runs"]] == [[0, 2], [1, 2]]

    def test_run_ids_sort_by_time_and_differ(self, tmp_path: Path) -> None:
        runs = []
        for _ in range(12):
            run = opened(tmp_path)
            run.record_failures([Failure("a", "discover", "missing", "")])
            run.close({"exit_code": 1, "wall_seconds": 1}, whole=True)
            runs.append(run.run)
        assert runs == sorted(runs)
        assert len({name[7:] for name in runs}) == 12

    def test_replay_is_repeatable(self, tmp_path: Path) -> None:
        run = opened(tmp_path)
        run.commit(staged(run, "000000", "a"))
        die(run)
        assert replay(run.layout, live=())
        assert not replay(run.layout, live=())
        assert contents(tmp_path) == ["a", "a"]


class TestViews:
    def test_failures_are_one_object_per_line(self, tmp_path: Path) -> None:
        run = opened(tmp_path)
        bad = Failure("ü\n.wav", "decode", "truncated", "cut", "line 1\nline 2")
        run.record_failures([bad])
        run.close({"exit_code": 1, "wall_seconds": 1}, whole=True)
        assert failures(tmp_path) == [bad.as_dict()]

    def test_reader_never_sees_a_piece(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "view"
        write_whole(path, ["old"])

        def lines() -> Iterator[str]:
            yield "ne"
            assert path.read_text() == "old"
            yield "w"

        write_whole(path, lines())
        assert path.read_text() == "new"
        monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(OSError, match="full"):
            write_whole(path, ["newer"])
        assert [p.name for p in tmp_path.iterdir()] == ["view"]
        assert path.read_text() == "new"


class TestOpening:
    def test_file_as_folder(self, tmp_path: Path) -> None:
        (tmp_path / "out").write_text("")
        with pytest.raises(UsageError, match="is a file"):
            opened(tmp_path / "out")

    def test_below_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(UsageError, match="cannot write to"):
            opened(tmp_path / "file" / "out")

    def test_read_only_file_system(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuses(*_: Any, **__: Any) -> None:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

        monkeypatch.setattr(Path, "mkdir", refuses)
        with pytest.raises(UsageError, match="Read-only file system"):
            opened(tmp_path / "out")

    def test_full_disk_is_no_usage_error(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuses(*_: Any, **__: Any) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(Path, "mkdir", refuses)
        with pytest.raises(StoppedError, match="No space left"):
            opened(tmp_path / "out")

    @pytest.mark.parametrize("overwrite", [False, True])
    def test_strange_folder_is_refused(self, tmp_path: Path, overwrite: bool) -> None:
        (tmp_path / "clips").mkdir()
        (tmp_path / "clips" / "voice.wav").write_text("")
        (tmp_path / "notes.txt").write_text("")
        with pytest.raises(UsageError, match="not made by audiofeat: it holds clips and 1 more"):
            opened(tmp_path, overwrite=overwrite)
        assert sorted(p.name for p in tmp_path.iterdir()) == ["clips", "notes.txt"]

    def test_empty_folder_is_taken(self, tmp_path: Path) -> None:
        (tmp_path / ".DS_Store").write_text("")
        opened(tmp_path)

    def test_other_config_is_refused_and_the_difference_shown(self, tmp_path: Path) -> None:
        run = opened(tmp_path)
        run.commit(staged(run, "000000", "a"))
        run.close({"exit_code": 0, "wall_seconds": 1}, whole=True)
        with pytest.raises(UsageError) as caught:
            opened(tmp_path, plan=OTHER_PLAN)
        assert "hop_length: 128 there, 64 now" in caught.value.message
        assert "--out" in caught.value.remedy
        assert "--overwrite" in caught.value.remedy

    @pytest.mark.parametrize(
        ("features", "said"),
        [
            (["rms"], "features.zero_crossing_rate: present there, absent now"),
            (
                ["{rms: {n_fft: 512}}", "zero_crossing_rate"],
                "features.rms.n_fft: 256 there, 512 now",
            ),
            (
                ["{rms: {as: strength}}", "zero_crossing_rate"],
                "rms: present there, absent now; features.s",
            ),
        ],
    )
    def test_difference_in_a_feature(self, tmp_path: Path, features: list[str], said: str) -> None:
        run = opened(tmp_path)
        run.commit(staged(run, "000000", "a"))
        run.close({"exit_code": 0, "wall_seconds": 1}, whole=True)
        with pytest.raises(UsageError) as caught:
            opened(tmp_path, plan=make_plan(features))
        assert said in caught.value.message

    def test_other_config_without_results_is_no_obstacle(self, tmp_path: Path) -> None:
        die(opened(tmp_path))
        opened(tmp_path, plan=OTHER_PLAN)

    @pytest.mark.parametrize(
        "second",
        [
            {},
            {"shard": (0, 2)},
            {"shard": (1, 3)},
            {"shard": (1, 2), "overwrite": True},
            {"shard": (1, 2), "plan": OTHER_PLAN},
        ],
    )
    def test_two_runs_that_could_meet_are_refused(
        self, tmp_path: Path, second: dict[str, Any]
    ) -> None:
        run = opened(tmp_path, shard=(0, 2))
        with pytest.raises(UsageError, match=f"process {os.getpid()} on .* is writing"):
            opened(tmp_path, **second)
        die(run)
        opened(tmp_path, **second)


def test_lock_is_exclusive_and_freed(tmp_path: Path) -> None:
    lock = try_lock(tmp_path / "lock", create=True)
    assert lock is not None
    assert try_lock(tmp_path / "lock", create=True) is None
    lock.release()
    with locked(tmp_path / "lock"):
        assert try_lock(tmp_path / "lock", create=False) is None
    assert try_lock(tmp_path / "none", create=False) is None


class _Killed(BaseException):
    """Stands for a kill in the middle of the change of generations."""


class TestOverwrite:
    def overwriting(self, out: Path) -> Store:
        """A finished generation `old`, and a second one, `new`, that is not closed yet."""
        run = opened(out)
        run.commit(staged(run, "000000", "old"))
        run.close({"exit_code": 0, "wall_seconds": 1}, whole=True)
        again = opened(out, plan=OTHER_PLAN, overwrite=True)
        again.commit(staged(again, "000000", "new"))
        assert contents(out) == ["old", "old"]
        return again

    def test_old_tables_stay_until_the_new_are_whole(self, tmp_path: Path) -> None:
        run = self.overwriting(tmp_path)
        run.close({"exit_code": 0, "wall_seconds": 1}, whole=True)
        assert contents(tmp_path) == ["new", "new"]
        assert strays(tmp_path) == []
        assert json.loads((tmp_path / "run.json").read_text())["plan"] == OTHER_PLAN.hash

    def test_stopped_run_leaves_the_old_and_goes_on(self, tmp_path: Path) -> None:
        run = self.overwriting(tmp_path)
        run.close({"exit_code": 130, "wall_seconds": 1}, whole=False)
        assert contents(tmp_path) == ["old", "old"]
        again = opened(tmp_path, plan=OTHER_PLAN, overwrite=True)
        assert again.history.standing("new", (1, 2)) is Standing.DONE
        again.close({"exit_code": 0, "wall_seconds": 1}, whole=True)
        assert contents(tmp_path) == ["new", "new"]

    def test_third_config_starts_afresh(self, tmp_path: Path) -> None:
        run = self.overwriting(tmp_path)
        run.close({"exit_code": 130, "wall_seconds": 1}, whole=False)
        again = opened(tmp_path, plan=make_plan(hop=32), overwrite=True)
        assert not again.history.done
        assert contents(tmp_path) == ["old", "old"]

    def test_same_config_is_done_again(self, tmp_path: Path) -> None:
        run = opened(tmp_path)
        run.commit(staged(run, "000000", "old"))
        run.close({"exit_code": 0, "wall_seconds": 1}, whole=True)
        assert not opened(tmp_path, overwrite=True).history.done

    def test_strange_file_in_a_table_is_not_deleted(self, tmp_path: Path) -> None:
        self.overwriting(tmp_path).close({"exit_code": 0, "wall_seconds": 1}, whole=True)
        (tmp_path / "clips" / "notes.txt").write_text("")
        with pytest.raises(UsageError, match=r"notes.txt is not ours"):
            opened(tmp_path, overwrite=True)

    @pytest.mark.parametrize("step", range(SWAP_STEPS))
    def test_kill_at_every_step_is_finished_or_undone(
        self, tmp_path: Path, step: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = self.overwriting(tmp_path)
        reached: list[str] = []

        def kill(point: str) -> None:
            reached.append(point)
            if len(reached) > step:
                raise _Killed

        monkeypatch.setattr(generation, "reach", kill)
        with pytest.raises(_Killed):
            run.close({"exit_code": 0, "wall_seconds": 1}, whole=True)
        die(run)
        monkeypatch.undo()
        assert contents(tmp_path) == ["old", "old"] or reached[-1].startswith("swap-")
        again = opened(tmp_path, plan=OTHER_PLAN, overwrite=True)
        assert again.history.standing("new", (1, 2)) is Standing.DONE
        again.close({"exit_code": 0, "wall_seconds": 1}, whole=True)
        assert contents(tmp_path) == ["new", "new"]
        assert strays(tmp_path) == []

    def test_steps_are_counted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        run = self.overwriting(tmp_path)
        reached: list[str] = []
        monkeypatch.setattr(generation, "reach", reached.append)
        run.close({"exit_code": 0, "wall_seconds": 1}, whole=True)
        assert len(reached) == SWAP_STEPS


def test_missing_part_is_noticed(tmp_path: Path) -> None:
    run = opened(tmp_path)
    run.commit(staged(run, "000000", "a", "b"))
    run.commit(staged(run, "000001", "c"))
    run.close({"exit_code": 0, "wall_seconds": 1}, whole=True)
    next((tmp_path / "frames").glob("*000000*")).unlink()
    history = opened(tmp_path).history
    assert [history.standing(key, (1, 2)) for key in "abc"] == [
        Standing.CHANGED,
        Standing.CHANGED,
        Standing.DONE,
    ]


def test_modules_name_their_points() -> None:
    """Every point that a module reaches is listed, and every listed one is reached."""
    modules = (batch, generation, journal, store, views)
    text = "".join(Path(str(module.__file__)).read_text() for module in modules)
    named = set(re.findall(r'reach\("([a-z-]+)"\)|_move\(.*"([a-z-]+)"\)', text))
    named = {name for pair in named for name in pair if name}
    assert named == set(faults.POINTS)
