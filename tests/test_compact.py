"""Few parts of many: the same rows, whenever it is killed, and a folder that knows its rows."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audiofeat_cli import rewrite
from audiofeat_cli.audio.discover import Clip, discover
from audiofeat_cli.errors import ExitCode, StoppedError, UsageError
from audiofeat_cli.rewrite import UnreadablePartError, merge_parts
from audiofeat_cli.run import batches, compact, store
from audiofeat_cli.run.compact import Compaction, compact_folder
from audiofeat_cli.run.faults import COMMIT_POINTS, COMPACT_POINTS
from audiofeat_cli.run.history import Part
from audiofeat_cli.run.layout import Layout
from audiofeat_cli.run.merging import run_merge
from audiofeat_cli.run.opening import Claim, open_store, open_to_compact
from audiofeat_cli.run.outcome import Events
from tests.commands import audiofeat
from tests.runs import (
    extract,
    failures,
    kill_at,
    make_plan,
    rows,
    strays,
    tables,
    write_clip,
    write_clips,
)

PLAN = make_plan()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_clips(tmp_path / "in", 6)
    return tmp_path / "in"


@pytest.fixture
def out(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three parts of each table, by two runs."""
    monkeypatch.setattr(batches, "MAX_CLIPS", 2)
    extract(tmp_path / "out", discover([str(source)], exclude=["05.wav"]))
    extract(tmp_path / "out", source)
    assert parts(tmp_path / "out") == {"clips": 4, "frames": 4}
    return tmp_path / "out"


def parts(out: Path) -> dict[str, int]:
    return {table: len(list((out / table).glob("*.parquet"))) for table in ("clips", "frames")}


def merge_all(out: Path) -> None:
    """What the command does, but it may be killed."""
    run = open_to_compact(out)
    Compaction(run, run_merge).run()
    run.close({"exit_code": 0, "wall_seconds": 1}, whole=False)


class TestCompactFolder:
    def test_rows_order_and_metadata_stay(self, out: Path) -> None:
        before = {table: pq.read_table(out / table) for table in ("clips", "frames")}
        found = compact_folder(out)
        assert found.exit_code is ExitCode.OK
        assert {name: (c.before, c.after) for name, c in found.tables.items()} == {
            "clips": (4, 1),
            "frames": (4, 1),
        }
        assert parts(out) == {"clips": 1, "frames": 1}
        for table, rows_before in before.items():
            (part,) = (out / table).iterdir()
            after = pq.ParquetFile(part).read()
            assert after.equals(rows_before, check_metadata=True)
            assert pq.read_metadata(part).num_row_groups == 1
        assert strays(out) == []

    def test_again_is_nothing_to_do(self, out: Path) -> None:
        compact_folder(out)
        before = sorted(str(path) for path in out.rglob("*"))
        assert compact_folder(out).tables["clips"].text == "1 part, as before"
        assert sorted(str(path) for path in out.rglob("*")) == before

    def test_run_knows_what_is_done(self, source: Path, out: Path) -> None:
        compact_folder(out)
        outcome = extract(out, source)
        assert (outcome.done, outcome.skipped) == (0, 6)

    def test_run_json_counts_the_parts_there_are(self, out: Path) -> None:
        compact_folder(out)
        said = json.loads((out / "run.json").read_text())
        assert said["counts"]["parts"] == 2
        assert said["counts"]["frames"] == len(rows(out))
        assert [run["exit_code"] for run in said["runs"]] == [0, 0, 0]

    def test_speed_is_that_of_the_runs(self, out: Path) -> None:
        before = json.loads((out / "run.json").read_text())
        merge_all(out)
        after = json.loads((out / "run.json").read_text())
        assert [run["command"] for run in after["runs"]].count("compact") == 1
        for key in ("x_real_time", "files_per_second", "wall_seconds"):
            assert after[key] == before[key] > 0

    def test_changed_file_is_redone(self, source: Path, out: Path) -> None:
        compact_folder(out)
        write_clip(source / "02.wav", seed=77, seconds=0.5)
        outcome = extract(out, source)
        assert (outcome.done, outcome.skipped) == (1, 5)
        extract(out.with_name("fresh"), source)
        assert tables(out) == tables(out.with_name("fresh"))
        assert extract(out, source).skipped == 6

    def test_changes_after_changes(self, source: Path, out: Path) -> None:
        """Parts that were merged, rewritten, and merged again are still found."""
        for seed in range(3):
            compact_folder(out)
            for name in ("00.wav", "03.wav", "05.wav")[seed:]:
                write_clip(source / name, seed=70 + seed, seconds=0.3 + seed / 10)
            assert extract(out, source).done == 3 - seed
        extract(out.with_name("fresh"), source)
        assert tables(out) == tables(out.with_name("fresh"))
        assert strays(out) == []

    def test_shared_part_is_rewritten_once(
        self, source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        compact_folder(out)
        for path in sorted(source.iterdir())[:4]:  # of two batches
            os.utime(path, ns=(1, 1))
        rewritten = []
        real = store.Store._rewrite

        def rewrite_part(self: store.Store, part: Part, *rest: Any) -> int:
            rewritten.append(part[0])
            return real(self, part, *rest)

        monkeypatch.setattr(store.Store, "_rewrite", rewrite_part)
        assert extract(out, source).done == 4
        assert sorted(rewritten) == ["clips", "frames"]

    def test_all_files_changed(self, source: Path, out: Path) -> None:
        expected = tables(out)
        compact_folder(out)
        for path in source.iterdir():
            os.utime(path, ns=(1, 1))
        assert extract(out, source).done == 6
        assert tables(out) == expected
        assert not list(out.glob("*/*merge*"))

    @pytest.mark.parametrize("table", ["clips", "frames"])
    def test_deleted_part_is_made_again(self, source: Path, out: Path, table: str) -> None:
        expected = tables(out)
        compact_folder(out)
        write_clip(source / "06.wav", seed=6)
        extract(out, source)
        next((out / table).glob("*merge*")).unlink()
        assert extract(out, source).done == 6, "all but the file that has parts of its own"
        (source / "06.wav").unlink()
        found = tables(out)
        assert {n: [r for r in t if "06" not in r["path"]] for n, t in found.items()} == expected

    def test_damaged_part_is_told(self, source: Path, out: Path) -> None:
        path = sorted((out / "clips").iterdir())[1]
        path.write_bytes(path.read_bytes()[:-9])
        with pytest.raises(StoppedError, match=rf"{path.name} cannot be read") as caught:
            compact_folder(out)
        assert "delete it" in caught.value.remedy
        assert parts(out) == {"clips": 4, "frames": 4}
        assert strays(out) == []
        path.unlink()
        assert extract(out, source).done == 2
        compact_folder(out)
        assert parts(out) == {"clips": 1, "frames": 1}

    def test_file_that_is_not_ours_is_left_alone(self, out: Path) -> None:
        (out / "clips" / "mine.parquet").write_text("mine")
        compact_folder(out)
        assert (out / "clips" / "mine.parquet").read_text() == "mine"

    def test_folder_of_another_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()
        for folder in (tmp_path / "other", tmp_path / "none"):
            with pytest.raises(UsageError, match="is no output folder of audiofeat"):
                compact_folder(folder)
        (tmp_path / "other" / "notes.txt").write_text("")
        with pytest.raises(UsageError, match="was not made by audiofeat"):
            compact_folder(tmp_path / "other")
        assert not (tmp_path / "none").exists()

    def test_live_run_is_refused_and_refuses(self, source: Path, out: Path) -> None:
        run = open_store(out, Claim(PLAN, (0, 2)))
        with pytest.raises(UsageError, match=r"another run \(process .* is writing to"):
            compact_folder(out)
        run.give_up()
        compacting = open_to_compact(out)
        with pytest.raises(UsageError, match="another run"):
            extract(out, discover([str(source)], shard=(1, 2)), shard=(1, 2))
        compacting.give_up()


class TestCommand:
    def test_says_what_it_did(self, out: Path) -> None:
        done = audiofeat("compact", str(out), "--json")
        assert done.err.splitlines() == ["clips: 4 parts, now 1", "frames: 4 parts, now 1"]
        assert json.loads(done.out)["parts"]["clips"] == {"before": 4, "after": 1}


class Heard(Events):
    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warning(self, message: str) -> None:
        self.warnings.append(message)


class TestEndOfRun:
    @pytest.fixture(autouse=True)
    def _few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(compact, "MANY", 4)

    def test_many_parts_are_merged(self, source: Path, out: Path) -> None:
        expected = tables(out)
        write_clip(source / "06.wav", seed=6)
        outcome = extract(out, source)
        assert outcome.exit_code is ExitCode.OK
        assert parts(out) == {"clips": 1, "frames": 1}
        found = tables(out)
        assert {n: [r for r in t if "06" not in r["path"]] for n, t in found.items()} == expected
        assert strays(out) == []

    def test_few_parts_stay(self, source: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(compact, "MANY", 5)
        write_clip(source / "06.wav", seed=6)
        extract(out, source)
        assert parts(out) == {"clips": 5, "frames": 5}

    def test_in_a_worker_process(self, source: Path, out: Path) -> None:
        write_clip(source / "06.wav", seed=6)
        assert extract(out, source, jobs=1).exit_code is ExitCode.OK
        assert parts(out) == {"clips": 1, "frames": 1}
        assert extract(out, source).skipped == 7

    def test_generation_that_replaces_another(self, source: Path, out: Path) -> None:
        assert extract(out, source, make_plan(hop=64), overwrite=True).done == 6
        assert parts(out) == {"clips": 3, "frames": 3}
        for n in range(6, 10):
            write_clip(source / f"{n:02d}.wav", seed=n)
        assert extract(out, source, overwrite=True).done == 10
        assert parts(out) == {"clips": 1, "frames": 1}
        assert strays(out) == []

    def test_not_while_another_shard_is_at_work(self, source: Path, out: Path) -> None:
        write_clip(source / "06.wav", seed=6)
        mine = next(i for i in (0, 1) if "06.wav" in names(source, (i, 2)))
        other = open_store(out, Claim(PLAN, (1 - mine, 2)))
        found = discover([str(source)], shard=(mine, 2))
        extract(out, found, shard=(mine, 2))
        assert parts(out)["clips"] > 4
        other.give_up()
        write_clip(source / "06.wav", seed=7)
        extract(out, discover([str(source)], shard=(mine, 2)), shard=(mine, 2))
        assert parts(out) == {"clips": 1, "frames": 1}

    def test_trouble_is_a_warning(
        self, source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(*_: Any) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        write_clip(source / "06.wav", seed=6)
        monkeypatch.setattr(rewrite, "merge_parts", fails)
        heard = Heard()
        outcome = extract(out, source, events=heard)
        assert outcome.exit_code is ExitCode.OK
        (said,) = heard.warnings
        assert "No space left" in said
        assert parts(out) == {"clips": 5, "frames": 5}
        assert strays(out) == []

    @pytest.mark.parametrize("overwrite", [False, True])
    def test_part_that_cannot_be_put_in_place_stops_the_run(
        self, source: Path, out: Path, monkeypatch: pytest.MonkeyPatch, overwrite: bool
    ) -> None:
        """The table has stepped aside just then; what is staged must not be cleared away."""
        for n in range(6, 9):
            write_clip(source / f"{n:02d}.wav", seed=n)
        monkeypatch.setattr(compact, "MANY", 2)

        def fails(point: str) -> None:
            if point == "merge-old-removed":
                raise OSError(errno.EIO, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(store, "reach", fails)
            outcome = extract(out, source, overwrite=overwrite)
        assert outcome.exit_code is ExitCode.STOPPED
        assert "Input/output error" in outcome.reason
        again = extract(out, source, overwrite=overwrite)
        assert (again.exit_code, again.done, again.skipped) == (ExitCode.OK, 0, 9)
        extract(out.with_name("fresh"), source)
        assert tables(out) == tables(out.with_name("fresh"))
        assert strays(out) == []


class TestKills:
    @pytest.mark.parametrize("nth", [1, 2])
    @pytest.mark.parametrize("point", [*COMPACT_POINTS, *COMMIT_POINTS])
    def test_kill_is_finished_or_undone(
        self, source: Path, out: Path, point: str, nth: int
    ) -> None:
        (source / "bad.wav").write_text("no audio")
        extract(out, source)
        expected = tables(out)
        reached = kill_at(point, nth, out.with_name("tokens"), lambda: merge_all(out))
        others = {"receipt-received", "part-renamed", "batch-published"}
        assert reached or point in others or (nth == 2 and point[:4] in {"view", "run-"})
        for table, expected_rows in expected.items():
            there = out / table
            assert not there.exists() or rows(out, table) == expected_rows
        assert extract(out, source).skipped == 6
        assert tables(out) == expected
        assert strays(out) == []
        assert len(failures(out)) == 1
        merge_all(out)
        assert tables(out) == expected
        assert parts(out) == {"clips": 1, "frames": 1}

    def test_table_that_stepped_aside_comes_back(self, source: Path, out: Path) -> None:
        """Also when somebody has cleared the staging folder, or made another table folder."""
        expected = tables(out)
        layout = Layout(out)
        (out / "clips").rename(layout.aside("clips"))
        assert extract(out, source).skipped == 6
        assert tables(out) == expected
        (out / "clips").rename(layout.aside("clips"))
        (out / "clips").mkdir()
        assert extract(out, source).skipped == 6
        assert tables(out) == expected
        assert strays(out) == []

    def test_folder_that_cannot_step_aside(
        self, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        expected = tables(out)

        def refuses(self: Path, target: Path) -> Path:
            raise OSError(errno.EBUSY, "Device or resource busy")

        monkeypatch.setattr(Path, "rename", refuses)
        merge_all(out)
        assert parts(out) == {"clips": 1, "frames": 1}
        assert tables(out) == expected


class TestShards:
    def test_parts_of_a_later_journal_are_merged_by_an_earlier_run(
        self, source: Path, tmp_path: Path
    ) -> None:
        """Journals are read by name, so the merge comes before the batches whose parts it took."""
        out = tmp_path / "shared"
        first = open_store(out, Claim(PLAN, (0, 2)))
        for path in sorted(source.iterdir()):  # all to the other shard, in six parts
            extract(out, clips_of(path), shard=(1, 2))
        expected = tables(out)
        Compaction(first, run_merge).run()
        first.close({"exit_code": 0, "wall_seconds": 1}, whole=True)
        assert parts(out) == {"clips": 1, "frames": 1}
        assert json.loads((out / "run.json").read_text())["counts"]["parts"] == 2
        assert extract(out, source).skipped == 6
        write_clip(source / "01.wav", seed=55)
        assert extract(out, source).done == 1
        compact_folder(out)
        assert [r for r in rows(out) if "01.wav" not in r["path"]] == [
            r for r in expected["frames"] if "01.wav" not in r["path"]
        ]


def names(source: Path, shard: tuple[int, int]) -> list[str]:
    return [c.below for c in discover([str(source)], shard=shard) if isinstance(c, Clip)]


def clips_of(path: Path) -> list[Clip]:
    """One file, as found in its folder."""
    return [c for c in discover([str(path.parent)]) if isinstance(c, Clip) and c.file == str(path)]


def table_of(paths: list[str], rows_each: int = 10, **metadata: str) -> pa.Table:
    values = np.arange(len(paths) * rows_each, dtype=np.float32)
    columns = {"path": np.repeat(paths, rows_each).tolist(), "rms": values}
    return pa.table(columns).replace_schema_metadata(metadata)


class TestMergeParts:
    @pytest.fixture
    def put(self, tmp_path: Path) -> Callable[..., Path]:
        made: list[Path] = []

        def write(*paths: str, rows_each: int = 10, **metadata: str) -> Path:
            made.append(tmp_path / f"{len(made)}.parquet")
            pq.write_table(table_of(list(paths), rows_each, **metadata), made[-1])
            return made[-1]

        return write

    def test_part_ends_where_the_next_would_not_fit(
        self, put: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        size = rewrite._footer(put("x.wav", rows_each=30)).raw
        monkeypatch.setattr(rewrite, "PART_BYTES", 3 * size)
        monkeypatch.setattr(rewrite, "LARGE_BYTES", 2 * size)
        sources = [(put(f"{n}.wav", rows_each=30), None) for n in range(5)]
        large = put("large.wav", rows_each=100)
        sources.insert(2, (large, None))
        merged = merge_parts(sources, tmp_path / "new")
        assert merged.names == ("1.parquet", "2.parquet", "3.parquet")
        assert merged.seen == 4, "the large one is left behind for good"
        assert merged.rows == 90
        rest = merge_parts(sources[4:], tmp_path / "new2")
        assert (rest.names, rest.seen) == (("4.parquet", "5.parquet"), 2)
        assert merge_parts([sources[0], (large, None)], tmp_path / "new3").names == ()
        assert not (tmp_path / "new3").exists()

    def test_other_metadata_are_another_part(self, put: Any, tmp_path: Path) -> None:
        sources = [(put("a", v="1"), None), (put("b", v="1"), None), (put("c", v="2"), None)]
        assert merge_parts(sources, tmp_path / "new").seen == 2
        assert pq.read_schema(tmp_path / "new").metadata == {b"v": b"1"}

    def test_end_of_a_long_file_stays_behind_it(self, put: Any, tmp_path: Path) -> None:
        long, end = put("long.wav", rows_each=50), put("long.wav", rows_each=5)
        other, more = put("other.wav"), put("more.wav")
        sources = [(end, long), (other, end), (more, other)]
        assert merge_parts(sources, tmp_path / "new").names == (other.name, more.name)
        assert merge_parts([(end, other), *sources[1:]], tmp_path / "new").names[0] == end.name

    def test_row_groups_are_gathered(
        self, put: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rewrite, "ROW_GROUP_BYTES", 400)
        merge_parts([(put(str(n)), None) for n in range(20)], tmp_path / "new")
        facts = pq.read_metadata(tmp_path / "new")
        counts = [facts.row_group(n).num_rows for n in range(facts.num_row_groups)]
        assert sum(counts) == 200
        assert len(counts) < 8

    def test_damage_leaves_nothing(self, put: Any, tmp_path: Path) -> None:
        good, bad = put("a", rows_each=1000), put("b", rows_each=1000)
        data = bytearray(bad.read_bytes())
        data[4:200] = bytes(196)
        bad.write_bytes(data)
        with pytest.raises(UnreadablePartError) as caught:
            merge_parts([(good, None), (bad, None)], tmp_path / "new")
        assert caught.value.path == bad
        assert not (tmp_path / "new").exists()
