"""`audiofeat cat`: a table as text that gives every number back."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.commands import SAMPLES, audiofeat
from tests.runs import write_clip


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of three files, one of them with a name for which csv was not made."""
    folder = tmp_path_factory.mktemp("cat")
    write_clip(folder / "in" / 'a,"b\n\\.wav')
    write_clip(folder / "in" / "c.wav", seconds=0.3)
    write_clip(folder / "in" / "d.wav", seconds=0.3)
    (folder / "in/silence.flac").symlink_to(SAMPLES / "calibration/silence.flac")
    (folder / "c.yaml").write_text(
        "sample_rate: 8000\nn_fft: 256\nfeatures: [rms, spectral_centroid, mel: {n_mels: 8}]\n"
    )
    done = audiofeat(
        "extract",
        str(folder / "in"),
        "-c",
        str(folder / "c.yaml"),
        "-j",
        "0",
        "-o",
        str(folder / "out"),
        "--relative-to",
        str(folder),
    )
    assert done.code == 0, done.err
    return folder / "out"


def parsed(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_csv_is_the_clips_table(out: Path) -> None:
    done = audiofeat("cat", str(out), "--columns", "path,duration,rms_mean")
    header, *rows = parsed(done.out)
    assert header == ["path", "duration", "rms_mean"]
    assert [row[0] for row in rows] == [
        'in/a,"b\n\\\\.wav',
        "in/c.wav",
        "in/d.wav",
        "in/silence.flac",
    ]
    assert [float(row[1]) for row in rows] == [0.2, 0.3, 0.3, 2.0]


def test_floats_come_back_as_they_were(out: Path) -> None:
    table = pq.read_table(out / "frames")
    text = parsed(audiofeat("cat", str(out / "frames"), "--columns", "time,mel_*").out)
    for name, cells in zip(text[0], zip(*text[1:], strict=True), strict=True):
        column = table[name].to_numpy()
        assert np.array_equal(np.array(cells, column.dtype), column)


def test_a_part_and_its_table_and_its_folder(out: Path) -> None:
    parts = sorted((out / "frames").glob("*.parquet"))
    assert len(parts) == 1
    texts = {
        audiofeat("cat", str(parts[0])).out,
        audiofeat("cat", str(out / "frames")).out,
        audiofeat("cat", str(out), "--table", "frames").out,
    }
    assert len(texts) == 1
    assert texts != {audiofeat("cat", str(out)).out}


def test_null_is_empty_in_csv_and_null_in_jsonl(out: Path) -> None:
    columns = ("--columns", "path,spectral_centroid_mean")
    rows = parsed(audiofeat("cat", str(out), *columns).out)
    assert rows[-1] == ["in/silence.flac", ""]
    last = audiofeat("cat", str(out), *columns, "--format", "jsonl").lines[-1]
    assert last == '{"path": "in/silence.flac", "spectral_centroid_mean": null}'


def test_jsonl_rows_are_objects_with_all_columns(out: Path) -> None:
    rows = [json.loads(line) for line in audiofeat("cat", str(out), "--format", "jsonl").lines]
    assert len(rows) == 4
    assert list(rows[0]) == pq.read_schema(next((out / "clips").iterdir())).names
    assert rows[0]["path"] == 'in/a,"b\n\\\\.wav'
    assert rows[1]["truncated"] is False or rows[1]["truncated"] is None


def test_columns_keep_the_order_asked_for(out: Path) -> None:
    done = audiofeat("cat", str(out), "--columns", "rms_*, path,rms_mean", "--limit", "0")
    assert done.lines == ["rms_mean,rms_var,path"]


def test_limit_goes_over_batches_and_parts(out: Path) -> None:
    assert len(audiofeat("cat", str(out), "--limit", "2").lines) == 4  # one name has a newline
    assert len(audiofeat("cat", str(out), "--limit", "2", "--format", "jsonl").lines) == 2
    assert audiofeat("cat", str(out), "--limit", "99").out == audiofeat("cat", str(out)).out


def test_raw_paths_once_each_with_escapes_undone(out: Path) -> None:
    for table in ("clips", "frames"):
        done = audiofeat("cat", "-0", str(out), "--table", table)
        assert done.out.split("\0") == [
            'in/a,"b\n\\.wav',
            "in/c.wav",
            "in/d.wav",
            "in/silence.flac",
            "",
        ]


def test_lists_are_json_lists(tmp_path: Path) -> None:
    table = pa.table(
        {"path": ["a", "b", "c"], "x": pa.array([[0.1, None], None, []], pa.list_(pa.float32()))}
    )
    pq.write_table(table, tmp_path / "t.parquet")
    done = audiofeat("cat", str(tmp_path / "t.parquet"))
    assert done.lines == ["path,x", 'a,"[0.1, null]"', "b,", "c,[]"]
    done = audiofeat("cat", str(tmp_path / "t.parquet"), "--format", "jsonl")
    assert [json.loads(line)["x"] for line in done.lines] == [[0.1, None], None, []]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "no such file or folder: nowhere\n"),
        (
            ["empty"],
            "no tables in empty\n  give an output folder (features/mel), a table of it "
            "(features/mel/clips) or a part\n",
        ),
        (["out", "--table", "event"], "out has no table 'event'; it has clips, frames\n"),
        (["out", "--columns", "path,tim"], "no column 'tim'; did you mean 'time'?\n"),
        (["c.yaml"], "c.yaml: not a Parquet file that can be read\n"),
    ],
)
def test_what_is_no_table(
    out: Path, arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(out.parent)
    Path("empty").mkdir(exist_ok=True)
    if "tim" in arguments[-1]:
        arguments = [*arguments, "--table", "frames"]
    done = audiofeat("cat", *arguments)
    assert (done.code, done.out, done.err) == (2, "", f"audiofeat: {message}")


def test_raw_paths_keep_to_the_limit(out: Path) -> None:
    done = audiofeat("cat", "-0", str(out / "clips"), "--limit", "1")
    assert done.out.count("\0") == 1
