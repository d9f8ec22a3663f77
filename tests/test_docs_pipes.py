"""docs/pipes.md: every command runs as it stands, and prints what the page shows."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import ROOT, SAMPLES, audiofeat

PAGE = (ROOT / "docs" / "pipes.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^```sh\n(.*?)^```(?:\n\n```\n(.*?)^```)?", PAGE, re.MULTILINE | re.DOTALL)
TOOLS = ("find", "xargs", "jq", "duckdb", "sort", "uniq", "wc")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples, their tables, and a command `audiofeat`."""
    folder = tmp_path_factory.mktemp("pipes")
    shutil.copytree(SAMPLES, folder / "sample_audio")
    command = folder / "bin" / "audiofeat"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m audiofeat_cli "$@"\n')
    command.chmod(0o755)
    _stand_in_for_duckdb(command.with_name("duckdb"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = audiofeat("extract", "sample_audio", "--config", "mel", "--jobs", "0", "-q")
    assert done.code == 0, done.err
    return folder


def _stand_in_for_duckdb(command: Path) -> None:
    """Where only DuckDB's Python package is installed, it runs the SQL of its command."""
    if shutil.which("duckdb") or importlib.util.find_spec("duckdb") is None:
        return
    run = "import duckdb, sys; print(duckdb.execute(sys.argv[-1]).fetchall())"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{run}" "$@"\n')
    command.chmod(0o755)


def test_all_tools_are_shown() -> None:
    text = "\n".join(command for command, _ in COMMANDS)
    assert all(re.search(rf"\b{tool}\b", text) for tool in TOOLS)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of a Unix shell")
@pytest.mark.parametrize(("command", "shown"), COMMANDS, ids=[c[:60] for c, _ in COMMANDS])
def test_command_works(command: str, shown: str, folder: Path) -> None:
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    for tool in TOOLS:
        if re.search(rf"(^|\| ){tool}\b", command, re.MULTILINE) and not shutil.which(
            tool, path=path
        ):
            pytest.skip(f"{tool} is not installed")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=os.environ
        | {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    if shown:
        assert done.stdout.split() == shown.split()
