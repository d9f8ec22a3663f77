"""Parts: what stands in them, how they are written, when they close, and what a failure leaves."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

from audiofeat_cli import tables
from audiofeat_cli.plan import Plan, resolved_config
from audiofeat_cli.rewrite import drop_paths
from audiofeat_cli.rows import ClipFacts, ClipRows, FrameRows, Span
from audiofeat_cli.step import Array
from audiofeat_cli.tables import (
    Part,
    PartWriter,
    parts_of,
    records,
)
from tests.signals import Item, config_of, plan_of

FRAMES_ONLY: Sequence[Item] = ["rms", {"mfcc": {"n_mfcc": 3}}]
FEATURES: Sequence[Item] = [*FRAMES_ONLY, "integrated_loudness"]
RATE = 22050


def make_plan(features: Sequence[Item] = FEATURES, **settings: Any) -> Plan:
    return plan_of(config_of(features, **settings))


def values_of(plan: Plan, count: int, channels: int = 1, seed: int = 0) -> list[Array]:
    """For each frame output random (frames, channels, values), laid out as the engine does."""
    rng = np.random.default_rng(seed)
    widths = [max(1, plan.outputs[i].width) for i in plan.frame_outputs]
    return [rng.standard_normal((w, channels, count)).astype(np.float32).T for w in widths]


def clips_values(plan: Plan, channels: int = 1, seed: int = 0, spans: int = 1) -> list[Array]:
    """For each output its (columns, channels, spans) of the clips table."""
    rng = np.random.default_rng(seed)
    counts = [
        max(1, o.width) * (1 if o.level == "clip" else len(o.pooled(plan.config.pooling)))
        for o in plan.outputs
    ]
    return [rng.standard_normal((n, channels, spans)) for n in counts]


def facts_of(path: str, frames: int, channels: int = 1, *, cut: bool | None = False) -> ClipFacts:
    return ClipFacts(path, frames * 512 / RATE, RATE, channels, cut)


def rows_of(facts: ClipFacts, frames: int, values: list[Array]) -> list[ClipRows]:
    """The rows of a clip that is not cut into segments."""
    span = Span(0, 0.0, facts.duration, frames)
    return [ClipRows(facts, values[0].shape[1], [span], values)]


def put(
    writer: PartWriter,
    path: str,
    count: int,
    channels: int = 1,
    *,
    chunk: int = 1000,
    seed: int = 0,
) -> list[Array]:
    """Write one clip of `count` frames, some at a time; gives back its values."""
    values = values_of(writer.plan, count, channels, seed)
    put_frames(writer, path, values, chunk)
    found = clips_values(writer.plan, channels, seed)
    writer.end_clip(rows_of(facts_of(path, count, channels), count, found))
    return values


def put_frames(writer: PartWriter, path: str, values: Sequence[Array], chunk: int) -> None:
    count, channels, _ = values[0].shape
    for start in range(0, count, chunk):
        blocks = [v[start : start + chunk] for v in values]
        rows = FrameRows(path, start, RATE, channels, len(blocks[0]), blocks)
        writer.add_frames(rows)


def read(folder: Path, table: str) -> pa.Table:
    """All parts of a table as one, as any dataset reader does."""
    return pyarrow.dataset.dataset(folder / table).to_table()


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row groups of some 4 kB, parts of some 20 kB."""
    monkeypatch.setattr(tables, "ROW_GROUP_BYTES", 4_000)
    monkeypatch.setattr(tables, "ROW_GROUP_ROWS", 1)
    monkeypatch.setattr(tables, "PART_BYTES", 20_000)


class TestContent:
    def test_frames(self, tmp_path: Path) -> None:
        plan = make_plan()
        writer = PartWriter(plan, tmp_path, "x")
        values = [put(writer, f"{n}.wav", 7 + n, seed=n) for n in range(3)]
        writer.close()
        table = read(tmp_path, "frames")
        assert table.column_names == [
            "path", "frame", "time", "rms", "mfcc_00", "mfcc_01", "mfcc_02",
        ]  # fmt: skip
        kinds = [pa.string(), pa.int32(), pa.float64(), *[pa.float32()] * 4]
        assert table.schema.types == kinds
        counts = [7, 8, 9]
        assert table["path"].to_pylist() == [f"{n}.wav" for n in range(3) for _ in range(counts[n])]
        frames = np.concatenate([np.arange(n) for n in counts])
        np.testing.assert_array_equal(table["frame"], frames)
        np.testing.assert_array_equal(table["time"], frames * 512 / RATE)
        np.testing.assert_array_equal(table["rms"], np.concatenate([v[0][:, 0, 0] for v in values]))
        for i in range(3):
            column = np.concatenate([v[1][:, 0, i] for v in values])
            np.testing.assert_array_equal(table[f"mfcc_0{i}"], column)

    def test_clips(self, tmp_path: Path) -> None:
        plan = make_plan()
        writer = PartWriter(plan, tmp_path, "x")
        for n, cut in enumerate((True, False, None)):
            put_frames(writer, f"{n}.wav", values_of(plan, 5), 5)
            facts = facts_of(f"{n}.wav", 5, 2, cut=cut)
            facts = replace(facts, sample_rate=44100)
            writer.end_clip(rows_of(facts, 5, clips_values(plan, seed=n)))
        writer.close()
        table = read(tmp_path, "clips")
        assert table.column_names == [
            "path", "duration", "sample_rate", "channels", "n_frames", "truncated",
            "rms_mean", "rms_var", "mfcc_00_mean", "mfcc_00_var", "mfcc_01_mean", "mfcc_01_var",
            "mfcc_02_mean", "mfcc_02_var", "integrated_loudness",
        ]  # fmt: skip
        first = [pa.string(), pa.float64(), pa.int32(), pa.int32(), pa.int32(), pa.bool_()]
        assert table.schema.types == [*first, *[pa.float32()] * 9]
        assert table["truncated"].to_pylist() == [True, False, None]
        assert table["n_frames"].to_pylist() == [5, 5, 5]
        assert table["channels"].to_pylist() == [2, 2, 2]
        assert table["sample_rate"].to_pylist() == [44100] * 3
        np.testing.assert_allclose(table["duration"], [5 * 512 / RATE] * 3)
        found = np.stack([table[name] for name in table.column_names[6:]], axis=1)
        rows = [np.concatenate(clips_values(plan, seed=n))[:, 0, 0] for n in range(3)]
        np.testing.assert_array_equal(found, np.stack(rows).astype(np.float32))

    def test_channels_each_have_rows(self, tmp_path: Path) -> None:
        plan = make_plan(channels="each")
        writer = PartWriter(plan, tmp_path, "x")
        stereo = put(writer, "stereo.wav", 4, 2)
        mono = put(writer, "mono.wav", 3, 1)
        writer.close()
        frames, clips = read(tmp_path, "frames"), read(tmp_path, "clips")
        assert frames.column_names[:4] == ["path", "channel", "frame", "time"]
        assert frames["path"].to_pylist() == ["stereo.wav"] * 8 + ["mono.wav"] * 3
        assert frames["channel"].to_pylist() == [0] * 4 + [1] * 4 + [0] * 3
        assert frames["frame"].to_pylist() == [0, 1, 2, 3] * 2 + [0, 1, 2]
        second = np.concatenate([stereo[1][:, 0, 2], stereo[1][:, 1, 2], mono[1][:, 0, 2]])
        np.testing.assert_array_equal(frames["mfcc_02"], second)
        assert clips["path"].to_pylist() == ["stereo.wav", "stereo.wav", "mono.wav"]
        assert clips["channel"].to_pylist() == [0, 1, 0]
        assert clips["channels"].to_pylist() == [2, 2, 1]
        both = clips_values(plan, 2)[0][0, :, 0].astype(np.float32)
        np.testing.assert_array_equal(clips["rms_mean"][:2], both)

    def test_what_is_not_finite_is_null(self, tmp_path: Path) -> None:
        plan = make_plan()
        writer = PartWriter(plan, tmp_path, "x")
        values = values_of(plan, 20)
        values[0][3] = np.nan
        values[0][4] = np.inf
        values[1][5:15, 0, 1] = -np.inf
        put_frames(writer, "a.wav", values, 20)
        found = clips_values(plan)
        found[1][0] = np.nan
        writer.end_clip(rows_of(facts_of("a.wav", 20), 20, found))
        writer.close()
        frames, clips = read(tmp_path, "frames"), read(tmp_path, "clips")
        assert [i for i, v in enumerate(frames["rms"].to_pylist()) if v is None] == [3, 4]
        assert [i for i, v in enumerate(frames["mfcc_01"].to_pylist()) if v is None] == [
            *range(5, 15)
        ]
        assert frames["mfcc_00"].null_count == frames["mfcc_02"].null_count == 0
        assert clips["mfcc_00_mean"].to_pylist() == [None]
        for table in (frames, clips):
            for name in table.column_names:
                if pa.types.is_floating(table.schema.field(name).type):
                    assert np.isfinite(table[name].drop_null().to_numpy()).all(), name

    def test_what_is_beyond_float32_is_null(self, tmp_path: Path) -> None:
        plan = make_plan(["integrated_loudness"])
        writer = PartWriter(plan, tmp_path, "x")
        for n, value in enumerate((1e300, -20.0)):
            writer.end_clip(rows_of(facts_of(f"{n}.wav", 5), 5, [np.full((1, 1, 1), value)]))
        writer.close()
        assert read(tmp_path, "clips")["integrated_loudness"].to_pylist() == [None, -20.0]

    def test_odd_paths(self, tmp_path: Path) -> None:
        names = [
            "a b.wav",
            "ü/日本.flac",
            "new\nline.wav",
            "🎵.mp3",
            "\\xff.wav",
            "",
            "quo'te\".wav",
        ]
        writer = PartWriter(make_plan(["rms"]), tmp_path, "x")
        for name in names:
            put(writer, name, 2)
        writer.close()
        assert read(tmp_path, "frames")["path"].to_pylist() == [n for n in names for _ in range(2)]
        assert read(tmp_path, "clips")["path"].to_pylist() == names

    @pytest.mark.parametrize("wanted", ["frames", "clips"])
    def test_only_the_tables_asked_for(self, wanted: str, tmp_path: Path) -> None:
        writer = PartWriter(make_plan(FRAMES_ONLY, tables=(wanted,)), tmp_path, "x")
        put(writer, "a.wav", 5)
        assert [part.table for part in writer.close()] == [wanted]
        assert [p.name for p in tmp_path.iterdir()] == [wanted]

    def test_a_clip_without_frames_has_its_row(self, tmp_path: Path) -> None:
        writer = PartWriter(make_plan(), tmp_path, "x")
        put(writer, "short.wav", 0)
        assert [(part.table, part.rows) for part in writer.close()] == [("clips", 1)]

    def test_no_clip_no_part(self, tmp_path: Path) -> None:
        assert PartWriter(make_plan(), tmp_path, "x").close() == ()
        assert list(tmp_path.iterdir()) == []


class TestLists:
    """More than 4096 values a row are one list."""

    plan = make_plan([{"stft": {"as": "wide"}}, "rms"], n_fft=8192, tables=("frames",))

    def test_frames(self, tmp_path: Path) -> None:
        writer = PartWriter(self.plan, tmp_path, "x")
        values = values_of(self.plan, 5)
        values[0][2, 0, 7] = np.nan
        put_frames(writer, "a.wav", values, 3)
        writer.end_clip(rows_of(facts_of("a.wav", 5), 5, clips_values(self.plan)))
        writer.close()
        table = read(tmp_path, "frames")
        assert table.column_names == ["path", "frame", "time", "wide", "rms"]
        assert table.schema.field("wide").type == pa.list_(pa.float32())
        found = np.array(table["wide"].to_pylist(), dtype=np.float32)
        np.testing.assert_array_equal(found, values[0][:, 0])

    def test_channels(self, tmp_path: Path) -> None:
        plan = replace(self.plan, config=replace(self.plan.config, channels="each"))
        writer = PartWriter(plan, tmp_path, "x")
        values = put(writer, "a.wav", 3, 2)
        writer.close()
        found = np.array(read(tmp_path, "frames")["wide"].to_pylist(), dtype=np.float32)
        expected = np.concatenate([values[0][:, 0], values[0][:, 1]])
        np.testing.assert_array_equal(found, expected)

    def test_clips(self, tmp_path: Path) -> None:
        plan = make_plan([{"stft": {"as": "wide"}}], n_fft=8192, tables=("clips",))
        writer = PartWriter(plan, tmp_path, "x")
        found = clips_values(plan)
        writer.end_clip(rows_of(facts_of("a.wav", 5), 5, found))
        writer.close()
        table = read(tmp_path, "clips")
        assert table.column_names[-2:] == ["wide_mean", "wide_var"]
        for name, values in zip(("wide_mean", "wide_var"), found[0].reshape(-1, 2).T, strict=True):
            np.testing.assert_array_equal(table[name].to_pylist()[0], values.astype(np.float32))


class TestSchema:
    plan = make_plan()

    @pytest.fixture
    def schemas(self, tmp_path: Path) -> dict[str, pa.Schema]:
        writer = PartWriter(self.plan, tmp_path, "x")
        put(writer, "a.wav", 3)
        return {p.table: pq.read_schema(tmp_path / p.table / p.name) for p in writer.close()}

    def test_tables_say_what_made_them(self, schemas: dict[str, pa.Schema]) -> None:
        for schema in schemas.values():
            told = {k.decode(): v.decode() for k, v in schema.metadata.items()}
            config = json.loads(told["audiofeat.config"])
            assert config == json.loads(json.dumps(resolved_config(self.plan)))
            assert told["audiofeat.plan"] == self.plan.hash
            assert {"python", "numpy", "pyarrow"} <= set(json.loads(told["audiofeat.versions"]))
            rms = json.loads(told["audiofeat.features"])["rms"]
            assert rms["unit"] == "FS"
            assert "math::" in rms["definition"]
            assert "librosa" in rms["reference"]

    def test_columns_say_what_they_are(self, schemas: dict[str, pa.Schema]) -> None:
        def told(table: str, column: str) -> dict[str, str]:
            metadata = schemas[table].field(column).metadata
            return {k.decode(): v.decode() for k, v in metadata.items()}

        summary = "Mel-frequency cepstral coefficients: the DCT of the mel spectrum in dB."
        expected = {"feature": "mfcc", "unit": "dB", "definition": summary, "index": "2"}
        assert {k: told("frames", "mfcc_02")[k] for k in expected} == expected
        variance = told("clips", "mfcc_02_var")
        assert (variance["statistic"], variance["unit"]) == ("var", "(dB)^2")
        assert "index" not in told("frames", "rms")
        assert told("frames", "time") == {"unit": "s", "definition": "centre of the frame"}
        assert told("clips", "integrated_loudness")["unit"] == "LUFS"
        for table, schema in schemas.items():
            for field in schema:
                assert {"unit", "definition"} <= set(told(table, field.name)), field.name

    def test_bands_say_their_frequency_and_classes_their_note(self, tmp_path: Path) -> None:
        writer = PartWriter(make_plan(["mel", "chroma_stft", "stft"]), tmp_path, "x")
        put(writer, "a.wav", 3)
        part = writer.close()[0]
        schema = pq.read_schema(tmp_path / part.table / part.name)
        assert schema.field("stft_0001").metadata[b"frequency_hz"] == b"10.7666"
        assert schema.field("chroma_stft_09").metadata[b"note"] == b"A"
        centre = float(schema.field("mel_127").metadata[b"frequency_hz"])
        assert 10_000 < centre < 11_025

    def test_time_of_frames_that_are_not_centred(self, tmp_path: Path) -> None:
        writer = PartWriter(make_plan(["rms"], center=False), tmp_path, "x")
        put(writer, "a.wav", 3)
        writer.close()
        table = read(tmp_path, "frames")
        assert table.schema.field("time").metadata[b"definition"] == b"start of the frame"
        np.testing.assert_array_equal(table["time"], np.arange(3) * 512 / RATE)


def first_chunks(folder: Path, parts: Iterable[Part]) -> Iterator[Any]:
    """The columns of the first row group of each part."""
    for part in parts:
        group = pq.ParquetFile(folder / part.table / part.name).metadata.row_group(0)
        yield from (group.column(i) for i in range(group.num_columns))


class TestParts:
    def test_are_compressed_and_split_and_not_indexed(self, tmp_path: Path) -> None:
        writer = PartWriter(make_plan(), tmp_path, "x")
        put(writer, "a.wav", 300)
        for chunk in first_chunks(tmp_path, writer.close()):
            assert chunk.compression == "ZSTD"
            assert chunk.has_dictionary_page == (chunk.path_in_schema == "path")
            if chunk.physical_type in ("FLOAT", "DOUBLE"):
                assert "BYTE_STREAM_SPLIT" in chunk.encodings

    def test_columns_have_statistics(self, tmp_path: Path) -> None:
        """Null counts are what `inspect` tells of a folder without reading it."""
        writer = PartWriter(make_plan(), tmp_path, "x")
        put(writer, "a.wav", 30)
        for chunk in first_chunks(tmp_path, writer.close()):
            assert chunk.statistics.has_null_count, chunk.path_in_schema
        first = pq.ParquetFile(tmp_path / "frames" / "part-x-000.parquet").metadata.row_group(0)
        assert (first.column(1).statistics.min, first.column(1).statistics.max) == (0, 29)

    @pytest.mark.parametrize(
        ("size", "rows", "is_enough"),
        [
            (7, 10**6, False),
            (8, tables.ROW_GROUP_ROWS, True),
            (31, tables.ROW_GROUP_ROWS - 1, False),
            (32, 1, True),
        ],
    )
    def test_a_row_group_has_many_rows_or_many_bytes(
        self, size: int, rows: int, is_enough: bool
    ) -> None:
        assert tables.is_row_group(size, rows, 8) == is_enough

    def test_wide_rows_gather_up_to_four_times_as_many_bytes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tables, "ROW_GROUP_BYTES", 1_000)
        writer = PartWriter(make_plan(FRAMES_ONLY, tables=("frames",)), tmp_path, "x")
        for n in range(8):
            put(writer, f"{n}.wav", 40)  # of 28 bytes each
        (part,) = writer.close()
        file = pq.ParquetFile(tmp_path / "frames" / part.name).metadata
        assert [file.row_group(n).num_rows for n in range(file.num_row_groups)] == [160, 160]

    def test_say_their_rows_and_bytes(self, tmp_path: Path) -> None:
        writer = PartWriter(make_plan(), tmp_path, "worker-3")
        put(writer, "a.wav", 30)
        put(writer, "b.wav", 12)
        frames, clips = writer.close()
        for part, rows in ((frames, 42), (clips, 2)):
            path = tmp_path / part.table / part.name
            assert part == Part(part.table, path.name, rows, path.stat().st_size)
            assert path.name.startswith("part-worker-3-")
            assert pq.ParquetFile(path).metadata.num_rows == rows

    @pytest.mark.usefixtures("small_parts")
    def test_close_at_their_size_and_not_per_clip(self, tmp_path: Path) -> None:
        writer = PartWriter(make_plan(FRAMES_ONLY, tables=("frames",)), tmp_path, "x")
        values = [put(writer, f"{n:02d}.wav", 40, seed=n) for n in range(60)]
        parts = writer.close()
        assert [p.rows for p in parts] == pytest.approx([20_000 / 40] * len(parts), rel=0.5)
        assert len(parts) > 3
        assert len({part.name for part in parts}) == len(parts)
        assert [p.name for p in parts_of(tmp_path / "frames")] == [part.name for part in parts]
        first = pq.ParquetFile(tmp_path / "frames" / parts[0].name)
        assert first.num_row_groups > 1
        got = read(tmp_path, "frames")
        np.testing.assert_array_equal(got["rms"], np.concatenate([v[0][:, 0, 0] for v in values]))

    @pytest.mark.usefixtures("small_parts")
    def test_a_long_clip_has_parts_of_its_own(self, tmp_path: Path) -> None:
        writer = PartWriter(make_plan(), tmp_path, "x")
        put(writer, "short.wav", 20)
        long = put(writer, "long.wav", 4000, chunk=100)
        put(writer, "after.wav", 20)
        parts = [part for part in writer.close() if part.table == "frames"]
        paths = [
            set(pq.read_table(tmp_path / "frames" / part.name)["path"].to_pylist())
            for part in parts
        ]
        assert {"short.wav", "after.wav"} in paths
        assert paths.count({"long.wav"}) == len(paths) - 1 > 2
        table = read(tmp_path, "frames").filter(pyarrow.dataset.field("path") == "long.wav")
        np.testing.assert_array_equal(table["frame"], np.arange(4000))
        np.testing.assert_array_equal(table["rms"], long[0][:, 0, 0])

    @pytest.mark.usefixtures("small_parts")
    @pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
    def test_a_clip_that_fails_leaves_nothing(self, tmp_path: Path) -> None:
        writer = PartWriter(make_plan(), tmp_path, "x")
        before = put(writer, "before.wav", 30)
        put_frames(writer, "bad.wav", values_of(writer.plan, 5000), 100)
        assert len(list((tmp_path / "frames").iterdir())) > 1, "some of it is on disk by now"
        writer.drop_clip()
        put_frames(writer, "bad too.wav", values_of(writer.plan, 10), 10)
        writer.drop_clip()
        after = put(writer, "after.wav", 30, seed=9)
        parts = writer.close()
        assert sorted(p.name for p in (tmp_path / "frames").iterdir()) == [
            part.name for part in parts if part.table == "frames"
        ]
        frames = read(tmp_path, "frames")
        assert frames["path"].to_pylist() == ["before.wav"] * 30 + ["after.wav"] * 30
        rms = np.concatenate([before[0], after[0]])[:, 0, 0]
        np.testing.assert_array_equal(frames["rms"], rms)
        assert read(tmp_path, "clips")["path"].to_pylist() == ["before.wav", "after.wav"]

    @pytest.mark.usefixtures("small_parts")
    @pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
    def test_abort_leaves_no_file(self, tmp_path: Path) -> None:
        writer = PartWriter(make_plan(), tmp_path, "x")
        for n in range(40):
            put(writer, f"{n}.wav", 40)
        put_frames(writer, "long.wav", values_of(writer.plan, 1000), 100)
        writer.abort()
        assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


class TestDropPaths:
    @pytest.fixture
    def part(self, tmp_path: Path, small_parts: None) -> Path:
        """Rows of four clips, in several row groups."""
        writer = PartWriter(make_plan(FRAMES_ONLY, tables=("frames",)), tmp_path / "old", "x")
        for n in range(4):
            put(writer, f"{n}.wav", 100, seed=n)
        name = writer.close()[0].name
        (tmp_path / "new").mkdir()
        return tmp_path / "old" / "frames" / name

    def test_the_others_stay_as_they_are(self, part: Path, tmp_path: Path) -> None:
        before = pq.read_table(part)
        target = tmp_path / "new" / "other.parquet"
        assert drop_paths(part, target, {"1.wav", "3.wav", "none.wav"}) == 200
        after = pq.read_table(target)
        expected = before.filter(pa.compute.is_in(before["path"], pa.array(["0.wav", "2.wav"])))
        assert after.equals(expected, check_metadata=True)
        chunk = pq.ParquetFile(target).metadata.row_group(0).column(3)
        assert "BYTE_STREAM_SPLIT" in chunk.encodings
        assert pq.read_table(part).num_rows == 400, "the source is not touched"

    def test_nothing_left_is_nothing_written(self, part: Path, tmp_path: Path) -> None:
        target = tmp_path / "new" / "other.parquet"
        assert drop_paths(part, target, [f"{n}.wav" for n in range(4)]) == 0
        assert not target.exists()


class TestReaders:
    @pytest.fixture
    def folder(self, tmp_path: Path, small_parts: None) -> Path:
        writer = PartWriter(make_plan(), tmp_path, "x")
        for n in range(30):
            put(writer, f"{n:02d}.wav", 50, seed=n)
        assert sum(part.table == "frames" for part in writer.close()) > 1
        return tmp_path / "frames"

    def test_records_come_part_after_part(self, folder: Path) -> None:
        batches = list(records(folder))
        paths = [path for batch in batches for path in batch["path"].to_pylist()]
        assert paths == [f"{n:02d}.wav" for n in range(30) for _ in range(50)]
        one = parts_of(folder)[0]
        assert sum(len(b) for b in records(one)) == pq.ParquetFile(one).metadata.num_rows

    def test_pyarrow(self, folder: Path) -> None:
        assert read(folder.parent, "frames").num_rows == 1500

    def test_pandas(self, folder: Path) -> None:
        pandas = pytest.importorskip("pandas")
        assert pandas.read_parquet(folder)["rms"].count() == 1500

    def test_polars(self, folder: Path) -> None:
        polars = pytest.importorskip("polars")
        assert polars.read_parquet(folder / "*.parquet").height == 1500

    def test_duckdb(self, folder: Path) -> None:
        duckdb = pytest.importorskip("duckdb")
        query = f"select count(rms) from read_parquet('{folder}/*.parquet')"
        assert duckdb.sql(query).fetchall() == [(1500,)]
