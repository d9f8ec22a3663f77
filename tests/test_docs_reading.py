"""docs/reading.md: every snippet runs as it stands and prints what the page says."""

import re
import shutil
from pathlib import Path

import pytest

from tests.commands import ROOT, SAMPLES, audiofeat

PAGE = (ROOT / "docs" / "reading.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"^print\(.*\n((?:# .*\n)+)", re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the samples and the tables that the page begins with."""
    folder = tmp_path_factory.mktemp("reading")
    shutil.copytree(SAMPLES, folder / "sample_audio")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = audiofeat("extract", "sample_audio", "--config", "mel", "--jobs", "0", "-q")
    assert done.code == 0, done.err
    return folder


def test_every_reader_is_shown() -> None:
    for reader in ("pandas", "polars", "duckdb", "pyarrow"):
        assert any(f"import {reader}" in snippet for snippet in SNIPPETS)


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda s: s.splitlines()[0])
def test_snippet_prints_what_the_page_says(
    snippet: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    library = re.search(r"import (pandas|polars|duckdb)", snippet)
    if library is not None:
        pytest.importorskip(library[1])
    monkeypatch.chdir(folder)
    exec(compile(snippet, "docs/reading.md", "exec"), {})
    told = [line[2:] for part in SHOWN.findall(snippet) for line in part.splitlines()]
    assert told
    assert capsys.readouterr().out.splitlines() == told
