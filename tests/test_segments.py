"""Segments, and values that do not fit into memory: rows against a naive loop over the frames."""

import errno
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile as sf
from hypothesis import given
from hypothesis import strategies as st

from audiofeat_cli import tables
from audiofeat_cli.config.load import load_config
from audiofeat_cli.config.model import Segments
from audiofeat_cli.config.schema import json_schema
from audiofeat_cli.errors import ClipError
from audiofeat_cli.plan import Plan
from audiofeat_cli.pool import STATISTICS, percentiles
from audiofeat_cli.registry import load_features
from audiofeat_cli.run import clip as clips
from audiofeat_cli.run import pooling, spill
from audiofeat_cli.run.clip import ClipExtractor
from audiofeat_cli.run.pooling import ClipPool
from audiofeat_cli.run.segments import Grid
from audiofeat_cli.run.spill import Spill
from audiofeat_cli.step import Array, Feature
from audiofeat_cli.tables import PartWriter
from tests.config_toys import load, problems
from tests.runs import Command, extract, rows, strays, write_clip
from tests.runs import make_plan as run_plan
from tests.signals import Item, config_of, noise, plan_of, scene
from tests.test_clip import BY_NUMPY, Extracted, late, write
from tests.toys import TOYS

RATE = 22050
ASKED = ("mean", "var", "median", "p05", "skew", "dmean", "max", "n_valid")
FEATURES: Sequence[Item] = ("spectral_centroid", {"mfcc": {"n_mfcc": 2}}, "integrated_loudness")
GOOD = "sample_rate: 22050\nfeatures: [mel]\n"


def plan_for(
    *features: Item,
    length: float = 1.0,
    hop: float | None = None,
    registry: Mapping[str, Feature] | None = None,
    **more: Any,
) -> Plan:
    segments = Segments(length, length if hop is None else hop)
    settings = {"segments": segments, "pooling": ASKED, **more}
    return plan_of(config_of(features or FEATURES, **settings), registry)


def spans_of(duration: Fraction, length: Fraction, hop: Fraction) -> list[tuple[float, float]]:
    """Start and end of each segment, by the rule as it is written."""
    found = [(0.0, float(min(length, duration)))]
    number = 1
    while duration - number * hop >= length / 2:
        found.append((float(number * hop), float(min(number * hop + length, duration))))
        number += 1
    return found


def check(found: Extracted, length: float, hop: float, *, offset: float = 0.0) -> None:
    """Every row is what a loop over the frames table finds. `offset`: of a centre, s."""
    table = found.table("clips").to_pylist()
    frames = found.table("frames")
    each = "channel" in frames.column_names
    keys = sorted({(row["path"], row.get("channel", 0)) for row in table})
    times = np.asarray(frames["time"]) + offset
    columns = {name: found.column(name) for name in frames.column_names if name != "path"}
    for path, channel in keys:
        mine = [r for r in table if r["path"] == path and r.get("channel", 0) == channel]
        here = np.asarray(frames["path"]) == path
        if each:
            here &= np.asarray(frames["channel"]) == channel
        duration = Fraction(round(mine[0]["duration"] * mine[0]["sample_rate"]))
        exact = [Fraction(str(seconds)) for seconds in (length, hop)]
        spans = spans_of(duration / mine[0]["sample_rate"], *exact)
        assert [(row["start"], row["end"]) for row in mine] == spans
        assert [row["segment"] for row in mine] == list(range(len(spans)))
        for row in mine:
            inside = here & (times >= row["start"]) & (times < row["end"])
            assert row["n_frames"] == inside.sum()
            for name in row:
                column, _, statistic = name.rpartition("_")
                if statistic in BY_NUMPY and column in columns:
                    same(row[name], statistic, columns[column][inside], f"{name} of {row}")


def same(got: float | None, statistic: str, values: Array, what: str) -> None:
    valid = values[np.isfinite(values)]
    changes = np.abs(np.diff(values))
    if statistic == "n_valid":
        assert got == len(valid), what
    elif (
        len(valid) == 0
        or (statistic == "dmean" and not np.isfinite(changes).any())
        or (statistic == "skew" and np.ptp(valid) == 0)
    ):
        assert got is None, what
    else:
        want = BY_NUMPY[statistic](values.astype(np.float64))
        assert got == pytest.approx(want, rel=2e-5, abs=1e-6), what


class TestRows:
    @pytest.mark.parametrize(
        ("length", "hop", "seconds"),
        [(1.0, 1.0, 4.3), (1.0, 0.25, 3.0), (0.5, 0.8, 3.1), (3.0, 1.5, 7.6), (10.0, 5.0, 4.9)],
    )
    def test_against_a_loop(
        self, length: float, hop: float, seconds: float, tmp_path: Path
    ) -> None:
        clip = write(tmp_path / "a.wav", scene(RATE, seconds))
        found = Extracted(tmp_path / "out", plan_for(length=length, hop=hop), [clip])
        check(found, length, hop)

    @pytest.mark.parametrize("at_once", [7, 100])
    def test_however_frames_come(
        self, at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(clips, "ROWS_AT_ONCE", at_once)
        stereo = np.stack([scene(RATE, 5), noise(RATE, 5)], axis=1)
        found = Extracted(
            tmp_path / "out",
            plan_for(length=1.0, hop=0.3, channels="each"),
            [write(tmp_path / "a.wav", stereo), write(tmp_path / "b.wav", stereo[:7000, 0])],
        )
        check(found, 1.0, 0.3)

    def test_the_centre_of_frames_that_are_not_centred(self, tmp_path: Path) -> None:
        clip = write(tmp_path / "a.wav", scene(RATE, 3))
        plan = plan_for(length=0.5, center=False)
        check(Extracted(tmp_path / "out", plan, [clip]), 0.5, 0.5, offset=1024 / RATE)

    @pytest.mark.parametrize("rate", [8000, 44100, 11025])
    def test_frames_on_the_borders(self, rate: int, tmp_path: Path) -> None:
        """Frames every 10 ms: each border, and the clip's end, is a frame's centre."""
        clip = write(tmp_path / "a.wav", noise(rate, 2), rate)
        plan = plan_for("rms", length=0.5, sample_rate=8000, n_fft=256, hop_length=80)
        found = Extracted(tmp_path / "out", plan, [clip])
        check(found, 0.5, 0.5)
        assert found.table("clips")["n_frames"].to_pylist() == [50] * 4
        assert found.table("frames").num_rows == 201

    @pytest.mark.parametrize("length", [0.5, 0.75])
    def test_a_file_that_ends_a_hair_before_a_frame(
        self, length: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Resampled it is longer: the last segment still ends with the file, without that frame."""
        monkeypatch.setattr(clips, "ROWS_AT_ONCE", 1)
        samples = noise(44100, 2)[:-1]
        plan = plan_for("rms", length=length, hop_length=441, n_fft=882)
        found = Extracted(tmp_path / "out", plan, [write(tmp_path / "a.wav", samples, 44100)])
        assert found.column("time")[-1] > found.column("duration", "clips")[0]
        check(found, length, length)

    def test_own_rates(self, tmp_path: Path) -> None:
        plan = plan_for("rms", length=0.7, hop=0.35, sample_rate=None)
        files = [write(tmp_path / f"{r}.wav", noise(r, 2), r) for r in (8000, 32000)]
        check(Extracted(tmp_path / "out", plan, files), 0.7, 0.35)

    @pytest.mark.parametrize(("length", "frames"), [(1, 1), (2000, 4), (11024, 22)])
    def test_a_clip_shorter_than_half_a_segment_has_its_row(
        self, length: int, frames: int, tmp_path: Path
    ) -> None:
        clip = write(tmp_path / "a.wav", noise(RATE, 1)[:length])
        found = Extracted(tmp_path / "out", plan_for(length=1.0), [clip])
        (row,) = found.table("clips").to_pylist()
        assert (row["segment"], row["start"], row["end"]) == (0, 0.0, length / RATE)
        assert row["n_frames"] == row["mfcc_00_n_valid"] == frames

    def test_a_clip_without_frames_has_its_row(self, tmp_path: Path) -> None:
        clip = write(tmp_path / "a.wav", noise(RATE, 1)[:500])
        found = Extracted(tmp_path / "out", plan_for(center=False), [clip])
        (row,) = found.table("clips").to_pylist()
        assert row["n_frames"] == row["mfcc_00_n_valid"] == 0
        assert row["mfcc_00_median"] is None

    def test_columns(self, tmp_path: Path) -> None:
        plan = plan_for("rms", "integrated_loudness", channels="each", pooling=("mean",))
        found = Extracted(tmp_path / "out", plan, [write(tmp_path / "a.wav", noise(RATE, 2))])
        table = found.table("clips")
        assert table.column_names == [
            "path", "channel", "segment", "start", "end", "duration", "sample_rate", "channels",
            "n_frames", "truncated", "rms_mean", "integrated_loudness",
        ]  # fmt: skip
        assert table.schema.types[1:5] == [pa.int32(), pa.int32(), pa.float64(), pa.float64()]
        assert "segment" not in found.table("frames").column_names
        loudness = table.schema.field("integrated_loudness").metadata[b"definition"]
        assert loudness.startswith(b"of the whole clip: ")
        pooled = table.schema.field("rms_mean").metadata[b"definition"]
        assert pooled.startswith(b"mean over the segment's frames: ")

    def test_values_of_the_clip_are_in_each_segment(self, tmp_path: Path) -> None:
        stereo = np.stack([scene(RATE, 3), noise(RATE, 3)], axis=1)
        plan = plan_for("rms", "integrated_loudness", channels="each")
        found = Extracted(tmp_path / "out", plan, [write(tmp_path / "a.wav", stereo)])
        whole = Extracted(
            tmp_path / "whole",
            plan_of(config_of(["integrated_loudness"], channels="each")),
            [write(tmp_path / "a.wav", stereo)],
        )
        (value,) = set(whole.column("integrated_loudness", "clips"))
        assert found.column("integrated_loudness", "clips").tolist() == [value] * 6

    @pytest.mark.parametrize("more", [{"pooling": ()}, {"tables": ("clips",)}])
    def test_without_statistics_or_frames(self, more: dict[str, Any], tmp_path: Path) -> None:
        clip = write(tmp_path / "a.wav", noise(RATE, 2))
        plan = plan_for("rms", "integrated_loudness", **more)
        found = Extracted(tmp_path / "out", plan, [clip])
        assert found.table("clips")["n_frames"].to_pylist() == [44, 43]

    def test_only_values_of_the_clip(self, tmp_path: Path) -> None:
        clip = write(tmp_path / "a.wav", noise(RATE, 2))
        found = Extracted(tmp_path / "out", plan_for("integrated_loudness"), [clip])
        assert found.table("clips")["n_frames"].to_pylist() == [44, 43]

    def test_many_rows_are_handed_on_some_at_a_time(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clip = write(tmp_path / "a.wav", np.stack([scene(RATE, 4), noise(RATE, 4)], axis=1))
        plan = plan_for(length=0.2, hop=0.1, channels="each")
        order = [("channel", "ascending"), ("segment", "ascending")]
        whole = Extracted(tmp_path / "whole", plan, [clip]).table("clips").sort_by(order)
        monkeypatch.setattr(pooling, "AT_ONCE_BYTES", 500)
        monkeypatch.setattr(tables, "ROW_GROUP_BYTES", 2000)
        monkeypatch.setattr(tables, "ROW_GROUP_ROWS", 1)
        monkeypatch.setattr(tables, "PART_BYTES", 6000)
        writer = PartWriter(plan, tmp_path / "out", "x")
        ClipExtractor(plan).extract(clip, writer)
        parts = [part for part in writer.close() if part.table == "clips"]
        assert len(parts) > 1
        found = pa.concat_tables(
            pq.read_table(tmp_path / "out" / "clips" / part.name) for part in parts
        )
        assert found.sort_by(order).equals(whole)

    def test_a_failure_in_the_end_takes_its_rows_along(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(clips, "ROWS_AT_ONCE", 7)
        plan = plan_for("tapped", "late", length=0.1, registry={**TOYS, "late": late}, pooling=())
        files = [write(tmp_path / f"{s}.wav", noise(RATE, s)) for s in (0.2, 0.6)]
        found = Extracted(tmp_path / "out", plan, files)
        assert [failure.kind for failure in found.failures] == ["too_long"]
        assert found.table("clips")["path"].to_pylist() == ["0.2.wav"] * 2


class TestGrid:
    @given(
        length=st.integers(1, 4000).map(lambda n: Fraction(n, 1000)),
        hop=st.integers(1, 4000).map(lambda n: Fraction(n, 1000)),
        rate=st.sampled_from([8000, 11025, 22050, 44100]),
        frame_hop=st.integers(1, 600),
        center=st.booleans(),
    )
    def test_frames_are_those_whose_centre_lies_in_it(
        self, length: Fraction, hop: Fraction, rate: int, frame_hop: int, center: bool
    ) -> None:
        grid = Grid(length, hop, rate, frame_hop, Fraction(0) if center else Fraction(1023, 2))
        for segment in (0, 1, 7, 100_000):
            start = segment * hop
            first, stop = grid.first(segment), grid.stop(segment)
            assert first <= stop
            for frame in {max(0, first - 1), first, max(0, stop - 1), stop}:
                centre = (frame * frame_hop + grid.centre) / rate
                assert (first <= frame < stop) == (start <= centre < start + length)

    def test_nothing_drifts(self) -> None:
        """A tenth of a second is no binary fraction; segment 100000 starts at 10000 s sharp."""
        config = config_of(["rms"], segments=Segments(0.3, 0.1), hop_length=441)
        grid = Grid.of(config, 44100)
        assert grid.first(100_000) == 1_000_000
        assert grid.stop(100_000) == 1_000_030
        assert grid.times(100_000, Fraction(20_000)) == (10_000.0, 10_000.3)

    @given(
        length=st.integers(1, 50),
        hop=st.integers(1, 50),
        duration=st.fractions(Fraction(1, 1000), 60, max_denominator=1000),
    )
    def test_partial_segments_are_kept_from_half(
        self, length: int, hop: int, duration: Fraction
    ) -> None:
        grid = Grid(Fraction(length), Fraction(hop), 8000, 80, Fraction(0))
        count = grid.count(duration)
        kept = [k for k in range(count + 3) if k == 0 or duration - k * hop >= Fraction(length, 2)]
        assert kept == list(range(count))


def pooled_rows(
    values: Array, cuts: Sequence[int], grid: Grid, statistics: Sequence[str], folder: Path
) -> tuple[Array, bool]:
    """Rows of values that come in pieces, and whether they went through the file."""
    duration = Fraction(len(values) * grid.frame_hop, grid.rate)
    with Spill(folder) as store:
        pool = ClipPool(statistics, grid, store)
        for block in np.split(values, cuts):
            pool.add(np.asfortranarray(block))
        pool.finish(duration, values[:0])
        found = np.concatenate([block for _, block in pool.rows(duration)], axis=-1)
        return found, store.has_spilled


WHOLE_CLIP = Grid(None, Fraction(1), 100, 1, Fraction(0))
IN_SEGMENTS = Grid(Fraction(3), Fraction(2), 100, 1, Fraction(0))


class TestSpill:
    """Beyond what memory may hold, the same bits come out of a file."""

    @pytest.mark.parametrize(
        ("grid", "keep"),
        [(g, k) for g in (WHOLE_CLIP, IN_SEGMENTS) for k in (0, 5_000)] + [(WHOLE_CLIP, 60_000)],
    )
    def test_same_bits(
        self, grid: Grid, keep: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        values = np.random.default_rng(0).standard_normal((5000, 2, 3)).astype(np.float32)
        values[::7, :, 1] = np.nan
        cuts = list(range(400, 5000, 400))
        asked = ("mean", "p05", "median", "p95", "kurtosis")
        plain, spilled = pooled_rows(values, cuts, grid, asked, tmp_path)
        assert not spilled
        monkeypatch.setattr(spill, "KEEP_BYTES", keep)
        monkeypatch.setattr(pooling, "AT_ONCE_BYTES", 30_000)
        found, spilled = pooled_rows(values, cuts, grid, asked, tmp_path / "later")
        assert spilled
        np.testing.assert_array_equal(found, plain)
        if grid.length is None:
            want = np.nanpercentile(values.astype(np.float64), 5, axis=0).astype(np.float32)
            np.testing.assert_array_equal(found.reshape(3, 5, 2)[:, 1].T, want)

    def test_whole_clips(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        clip = write(tmp_path / "a.wav", np.stack([scene(RATE, 5), noise(RATE, 5)], axis=1))
        plan = plan_of(config_of(FEATURES, channels="each", pooling=STATISTICS))
        monkeypatch.setattr(clips, "ROWS_AT_ONCE", 50)
        plain = Extracted(tmp_path / "plain", plan, [clip]).table("clips")
        monkeypatch.setattr(spill, "KEEP_BYTES", 1000)
        assert Extracted(tmp_path / "other", plan, [clip]).table("clips").equals(plain)

    def test_memory_is_bounded(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(spill, "KEEP_BYTES", 20_000)
        monkeypatch.setattr(pooling, "AT_ONCE_BYTES", 20_000)
        block = np.zeros((100, 1, 4), np.float32)
        with Spill(tmp_path) as store:
            pool = ClipPool(("median",), IN_SEGMENTS, store)
            for _ in range(300):
                pool.add(block)
                assert store._held_bytes <= 20_000
                assert len(pool._values) <= 4
                assert len(pool._pieces) <= 8
            pool.finish(Fraction(300), block[:0])
            sizes = [found.nbytes for _, found in pool.rows(Fraction(300))]
        assert len(sizes) == 1

    def test_a_clip_without_segments_is_one_piece(self, tmp_path: Path) -> None:
        with Spill(tmp_path) as store:
            pool = ClipPool(("var",), WHOLE_CLIP, store)
            for _ in range(5):
                pool.add(np.zeros((100, 1, 4), np.float32))
            assert len(pool._pieces) == 1

    def test_one_column_at_a_time(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[int] = []
        real = percentiles

        def watched(values: Array, percents: Sequence[int]) -> Array:
            seen.append(values.nbytes)
            return real(values, percents)

        monkeypatch.setattr("audiofeat_cli.run.pooling.percentiles", watched)
        monkeypatch.setattr(spill, "KEEP_BYTES", 10_000)
        monkeypatch.setattr(pooling, "AT_ONCE_BYTES", 10_000)
        values = np.zeros((2000, 1, 20), np.float32)
        pooled_rows(values, list(range(100, 2000, 100)), WHOLE_CLIP, ("median",), tmp_path)
        assert sum(seen) == values.nbytes
        assert max(seen) <= 10_000

    def test_nothing_is_left(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(spill, "KEEP_BYTES", 0)
        with Spill(tmp_path / "here") as store:
            kept = store.keep(np.ones((3, 4)))
            assert store.has_spilled
            np.testing.assert_array_equal(store.read(kept, 1), np.ones((2, 4)))
            assert list((tmp_path / "here").iterdir()) == [], "not even while it is in use"
        plan = plan_for("tapped", "late", registry={**TOYS, "late": late}, pooling=("median",))
        found = Extracted(tmp_path / "out", plan, [write(tmp_path / "a.wav", noise(RATE, 0.6))])
        assert [failure.kind for failure in found.failures] == ["too_long"]
        assert list(tmp_path.rglob("spill*")) == []

    def test_a_file_that_lost_its_end_is_an_error(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(spill, "KEEP_BYTES", 0)
        with Spill(tmp_path) as store:
            kept = store.keep(np.ones((3, 4)))
            assert store._file is not None
            os.truncate(store._file.fileno(), 50)
            with pytest.raises(EOFError):
                store.read(kept)

    def test_a_full_disk_stops_the_run(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(file: object, array: Array) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(spill, "KEEP_BYTES", 1000)
        monkeypatch.setattr(spill, "_write_whole", full)
        source = tmp_path / "in"
        write_clip(source / "a.wav", seconds=3)
        plan = plan_with(pooling=("median",))
        outcome = extract(tmp_path / "out", source, plan)
        assert outcome.exit_code == 3
        assert outcome.reason.endswith("No space left on device")
        assert strays(tmp_path / "out") == []


def plan_with(**settings: Any) -> Plan:
    """The plan of tests/runs.py with other settings."""
    plan = run_plan()
    return plan_of(replace(plan.config, **settings))


class TestRuns:
    def test_resume_and_retry(self, tmp_path: Path) -> None:
        source, out = tmp_path / "in", tmp_path / "out"
        plan = plan_with(segments=Segments(0.1, 0.05), pooling=("median", "var"))
        write_clip(source / "a.wav", seconds=0.5)
        assert extract(out, source, plan).done == 1
        before = rows(out, "clips")
        assert [row["segment"] for row in before] == list(range(10))
        assert extract(out, source, plan).skipped == 1
        write_clip(source / "a.wav", seconds=0.3)
        write_clip(source / "b.wav", seconds=0.04)
        assert extract(out, source, plan).done == 2
        after = rows(out, "clips")
        assert [(row["path"][-5:], row["segment"]) for row in after] == [
            *(("a.wav", n) for n in range(6)),
            ("b.wav", 0),
        ]

    def test_other_segments_are_another_plan(self) -> None:
        plans = [
            plan_with(),
            plan_with(segments=Segments(3.0, 3.0)),
            plan_with(segments=Segments(3.0, 1.5)),
            plan_with(pooling=("p05",)),
        ]
        assert len({plan.hash for plan in plans}) == len(plans)

    def test_a_clip_that_fails(self, tmp_path: Path) -> None:
        bad = write(tmp_path / "bad.wav", np.array([0.1, np.nan], np.float32))
        plan = plan_for("rms")
        with pytest.raises(ClipError):
            ClipExtractor(plan).extract(bad, PartWriter(plan, tmp_path / "out", "x"))


class TestConfig:
    def test_lengths(self) -> None:
        for text, length, hop in (
            ("{length: 3 s, hop: 1.5 s}", 3.0, 1.5),
            ("{length: '500 ms'}", 0.5, 0.5),
            ("{length: 3s, hop: null}", 3.0, 3.0),
            ("{length: 0.1 s}", 0.1, 0.1),
        ):
            config = load(f"{GOOD}segments: {text}\n").config
            assert config is not None
            assert config.segments == Segments(length, hop)

    def test_exact(self) -> None:
        assert Segments(0.1, 1 / 8).length == Fraction(1, 10)

    def test_set(self) -> None:
        for overrides in (
            ("segments={length: 2 s}",),
            ("segments.length=2 s",),
            ("segments.length=4 s", "segments.length=2 s"),
        ):
            config = load(GOOD, *overrides).config
            assert config is not None
            assert config.segments == Segments(2.0, 2.0)

    def test_a_short_length_is_no_matter_where_the_rate_is_not_known(self) -> None:
        text = "sample_rate: null\nfeatures: [mel]\nsegments: {length: 1 ms}\n"
        assert problems(text) == []

    def test_dubious(self) -> None:
        assert load(f"{GOOD}segments: {{length: 1 s, hop: 2 s}}\n").warnings == [
            "a.yaml:3:30: segments.hop: longer than segments.length: "
            "frames between two segments are in none"
        ]
        assert load(f"{GOOD}tables: [frames]\nsegments: {{length: 1 s}}\n").warnings == [
            "a.yaml:4:11: segments: are rows of the clips table, which tables leaves out"
        ]

    @pytest.mark.parametrize(
        ("written", "meant"),
        [
            ("p5", "p05"), ("P95", "p95"), ("q25", "p25"), ("percentile_50", "p50"),
            ("5%", "p05"), ("95th", "p95"), ("q.25", "p25"), ("p0", "min"), ("p100", "max"),
            ("kurt", "kurtosis"), ("skewness", "skew"), ("med", "median"), ("n", "n_valid"),
            ("stddev", "std"), ("dmaen", "dmean"), ("variance", "var"),
        ],
    )  # fmt: skip
    def test_statistics_that_are_meant(self, written: str, meant: str) -> None:
        text = f"{GOOD}pooling: ['{written}']\n"
        (told,) = load_config(text, "a.yaml", features=load_features(plugins=False)).problems
        assert told == (
            "a.yaml:3:11: pooling: expected mean, var, std, min, max, median, skew, kurtosis, "
            f"dmean, dvar, n_valid or p01 to p99, got '{written}'; did you mean '{meant}'?"
        )

    def test_editors_are_told_the_same(self) -> None:
        schema = json_schema(load_features(plugins=False))
        base = {"sample_rate": 22050, "features": ["rms"]}
        for key, value, good in (
            ("pooling", ["mean", "p05", "p99", "median"], True),
            ("pooling", ["p5"], False),
            ("pooling", ["p00"], False),
            ("segments", None, True),
            ("segments", {"length": "3 s"}, True),
            ("segments", {"length": "3 s", "hop": "500 ms"}, True),
            ("segments", {"length": 3}, False),
            ("segments", {"hop": "3 s"}, False),
            ("segments", {"length": "3 s", "step": "1 s"}, False),
        ):
            validator = pytest.importorskip("jsonschema").Draft202012Validator(schema)
            assert validator.is_valid({**base, key: value}) == good, (key, value)

    @pytest.mark.parametrize("written", ["p2.5", "p101", "x"])
    def test_statistics_that_mean_nothing(self, written: str) -> None:
        text = f"{GOOD}pooling: ['{written}']\n"
        (told,) = load_config(text, "a.yaml", features=load_features(plugins=False)).problems
        assert told.endswith(f"got '{written}'")


def test_no_room_for_what_spills_is_exit_3(tmp_path: Path) -> None:
    """The real thing, in a worker: more than 64 MB of values and no room for them."""
    sf.write(tmp_path / "a.wav", np.zeros(8000 * 270, np.int16), 8000)
    run = Command(
        tmp_path / "out",
        tmp_path / "a.wav",
        *("--set", "pooling=[median]", "--set", "hop_length=16", "--no-frames"),
        *("--set", "features=[stft]"),
        limit_bytes=40_000,
    )
    status, _, said = run.finish(120)
    assert status == 3, said
    assert "File too large" in said
    assert strays(tmp_path / "out") == []
