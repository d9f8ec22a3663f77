"""docs/resume.md and docs/clusters.md: what they show is what happens."""

import json
import re
import shutil
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from audiofeat_cli.errors import ExitCode, Failure, Stage
from tests.commands import ROOT, SAMPLES, audiofeat

PAGE = (ROOT / "docs" / "resume.md").read_text(encoding="utf-8")
CLUSTERS = (ROOT / "docs" / "clusters.md").read_text(encoding="utf-8")
WAV = SAMPLES / "calibration" / "white_noise.wav"


def without_numbers(text: str) -> str:
    return re.sub(r"\d[\d,]*", "N", text)


@pytest.fixture
def recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two files, one of them cut, and one that is no audio; the folder above is the current one."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "notes.txt").write_text("no audio")
    shutil.copy(WAV, folder / "whole.wav")
    (folder / "a.wav").write_bytes(WAV.read_bytes()[:30_000])
    monkeypatch.chdir(tmp_path)
    return folder


def extract(*more: str) -> tuple[int, list[str]]:
    done = audiofeat("extract", "recordings/", "--config", "mel", "--jobs", "0", *more)
    lines = done.err.splitlines()
    return done.code, [line for line in lines if not line.startswith("warning:")]


def test_a_run_and_its_resumption_look_as_shown(recordings: Path) -> None:
    shown = [line for line in PAGE.splitlines() if re.match(r"\d+ files done", line)]
    assert len(shown) == 2
    for line in shown:
        code, found = extract()
        assert code == ExitCode.FILES_FAILED
        number = "file" if found[0].startswith("1 file ") else "files"
        assert without_numbers(found[0].replace("1 other file ", "1 other files ")) == (
            without_numbers(line.replace("files done", f"{number} done"))
        )


def test_another_config_is_refused_as_shown(recordings: Path) -> None:
    extract()
    code, found = extract("--set", "features.mel.n_mels=64")
    assert code == ExitCode.USAGE
    assert "\n".join(found) in PAGE


def test_a_failure_looks_as_shown(recordings: Path) -> None:
    extract()
    (line,) = Path("features/mel/failures.jsonl").read_text().splitlines()
    (shown,) = (text for text in PAGE.splitlines() if text.startswith("{"))
    assert without_numbers(line) == without_numbers(shown)
    assert list(json.loads(shown)) == [field.name for field in fields(Failure)]
    for key in json.loads(shown):
        assert f"| `{key}` |" in PAGE
    for stage in get_args(Stage):
        assert f"`{stage}`" in PAGE


def test_exit_statuses_are_all_there() -> None:
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)} == {*ExitCode}


def test_shards_of_the_examples_are_shards(recordings: Path) -> None:
    """Together the shards of a cluster do what one run does, into one folder."""
    assert re.findall(r"--shard (\d+/\d+)", CLUSTERS) == ["3/16", "5/16"]
    done = []
    for index in range(3):
        found = audiofeat(
            *("extract", "recordings", "-c", "mel", "-o", "out", "--jobs", "0", "-q", "--json"),
            *("--shard", f"{index}/3", "--max-errors", "1"),
        )
        assert found.code == ExitCode.OK
        done.append(json.loads(found.out)["done"])
    assert sum(done) == 1
    assert len(json.loads(Path("out/run.json").read_text())["runs"]) >= 1
