"""`audiofeat inspect` on what `extract` wrote: counts, nulls, failures, from footers alone."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile as sf

from audiofeat_cli.inspect.output import look_at
from tests.commands import audiofeat
from tests.signals import noise, silence


def inspect(*files: Path | str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(audiofeat("inspect", "--json", *map(str, files)).out)
    return found


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run over noise, silence and a text: 1 s each, 63 frames."""
    folder = tmp_path_factory.mktemp("output")
    (folder / "in").mkdir()
    sf.write(folder / "in/a.wav", noise(8000, 1), 8000)
    sf.write(folder / "in/s.wav", silence(8000, 1), 8000)
    (folder / "in/b.wav").write_text("text")
    config = "sample_rate: 8000\nn_fft: 256\nhop_length: 128\nfeatures: [rms, spectral_centroid]\n"
    (folder / "c.yaml").write_text(config)
    files = (f"{folder}/in", "-c", f"{folder}/c.yaml", "-o", f"{folder}/out", "-j", "0")
    done = audiofeat("extract", *files, "--relative-to", str(folder))
    assert done.code == 1
    return folder / "out"


def test_of_a_run(out: Path) -> None:
    done = audiofeat("inspect", str(out))
    assert (done.code, done.err) == (0, "")
    assert done.lines[0].startswith(f"{out}: written by audiofeat")
    text = "\n".join(done.lines)
    assert "  clips     2 rows x " in text
    assert "  frames    126 rows x 5 columns in 1 part, " in text
    assert "    nulls   spectral_centroid 63\n" in text
    assert "  files     2 done, 1 failed; 2.0 s of audio in " in text
    assert "  features  rms, spectral_centroid" in text
    assert "  failed    in/b.wav: no audio format is recognised in this file" in text


def test_as_data(out: Path) -> None:
    (facts,) = inspect(out)
    clips, frames = facts["tables"]
    assert (clips["name"], clips["rows"]) == ("clips", 2)
    assert (frames["name"], frames["rows"], frames["columns"]) == ("frames", 126, 5)
    assert frames["nulls"] == {"spectral_centroid": 63}
    assert frames["uncounted_groups"] == 0
    assert clips["nulls"] == {"spectral_centroid_mean": 1, "spectral_centroid_var": 1}
    assert facts["counts"]["failed"] == 1
    assert facts["config"]["sample_rate"] == 8000
    assert facts["n_failures"] == 1
    assert facts["failures"][0]["path"] == "in/b.wav"


def test_of_a_table_and_a_part(out: Path) -> None:
    part = next((out / "frames").iterdir())
    for path in (part, out / "frames"):
        (facts,) = inspect(path)
        assert facts["tables"][0]["name"] == "frames"
        assert facts["tables"][0]["rows"] == 126
        assert facts["config"]["sample_rate"] == 8000
        assert facts["n_failures"] is None


def test_a_thousand_parts_cost_a_thousand_footers(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "frames").mkdir()
    part = next((out / "frames").iterdir())
    for number in range(1000):
        shutil.copy(part, tmp_path / f"frames/part-{number:04d}.parquet")
    read = []
    footer = pq.read_metadata

    def counted(path: Path) -> Any:
        read.append(path)
        return footer(path)

    monkeypatch.setattr(pq, "read_metadata", counted)
    for name in ("read_table", "ParquetFile"):
        monkeypatch.delattr(pq, name)
    (table,) = look_at(tmp_path).tables
    assert len(read) == 1000
    assert (table.parts, table.rows, table.columns) == (1000, 126_000, 5)
    assert table.nulls == {"spectral_centroid": 63_000}


def test_nulls_are_told_by_feature(tmp_path: Path) -> None:
    columns = {f"mel_{i:03d}": pa.array([None, 1.0, None]) for i in range(20)}
    columns["mfcc_00_mean"] = pa.array([None, 1.0, 2.0])
    columns["path"] = pa.array(["a", "b", "c"])
    pq.write_table(pa.table(columns), tmp_path / "x.parquet")
    done = audiofeat("inspect", str(tmp_path / "x.parquet"))
    assert "    nulls   mel 40 in 20 columns; mfcc_mean 1" in done.lines


def test_nulls_within_lists_are_counted(tmp_path: Path) -> None:
    table = pa.table({"a": pa.array([[1.0, None], [None, None]]), "b": pa.array([1, None])})
    pq.write_table(table, tmp_path / "x.parquet")
    (facts,) = look_at(tmp_path / "x.parquet").tables
    assert (facts.columns, facts.nulls) == (2, {"a": 3, "b": 1})


def test_row_groups_without_statistics_are_said(tmp_path: Path) -> None:
    table = pa.table({"x": [1.0, None, 3.0]})
    pq.write_table(table, tmp_path / "x.parquet", write_statistics=False, row_group_size=2)
    assert inspect(tmp_path / "x.parquet")[0]["tables"][0]["uncounted_groups"] == 2
    done = audiofeat("inspect", str(tmp_path / "x.parquet"))
    assert "    nulls   none (2 row groups have no statistics)" in done.lines


def test_of_parquet_that_is_not_ours(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "x.parquet")
    (tmp_path / "y.parquet").write_text("no")
    (tmp_path / "z.parquet").write_bytes(b"PAR1" + bytes(20) + b"PAR1")
    names = [str(tmp_path / f"{name}.parquet") for name in "xyz"]
    done = audiofeat("inspect", *names)
    assert done.lines[0] == f"{tmp_path}/x.parquet: a table, but not one of audiofeat"
    assert done.code == 1
    assert done.err.splitlines() == [
        f"audiofeat: {name}: not a Parquet file that can be read" for name in names[1:]
    ]


def test_torn_records_of_a_run_are_passed_over(out: Path, tmp_path: Path) -> None:
    torn = tmp_path / "out"
    shutil.copytree(out, torn)
    (torn / "run.json").write_text("{")
    (torn / "failures.jsonl").write_text('{"path": "a", "mess')
    done = audiofeat("inspect", str(torn))
    assert (done.code, done.err) == (0, "")
