"""What must not be imported before it is needed: imports are most of a short command's time."""

import json
import subprocess
import sys

import pytest

from tests.commands import ROOT

HEAVY = ("joblib", "librosa", "numba", "numpy", "pyarrow", "scipy", "soundfile", "soxr")

CALL = """
import contextlib, io, json, sys
from audiofeat_cli.cli import main
sys.argv = {argv}
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):
    main()
print(json.dumps(sorted(sys.modules)))
"""


def imported_by(code: str) -> set[str]:
    """The top-level modules that are there after the code has run in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


@pytest.mark.parametrize("argv", [["--help"], ["extract", "--help"], ["--version"], ["presets"]])
def test_help_imports_nothing_heavy(argv: list[str]) -> None:
    modules = imported_by(CALL.format(argv=["audiofeat", *argv]))
    assert "typer" in modules
    assert not modules.intersection(HEAVY)


def test_package_imports_nothing() -> None:
    modules = imported_by("import json, sys, audiofeat_cli; print(json.dumps(sorted(sys.modules)))")
    assert "audiofeat_cli" in modules
    assert not modules.intersection({*HEAVY, "typer", "pydantic", "yaml"})


@pytest.mark.parametrize(
    "argv",
    [["check", "mel"], ["features", "mel"], ["schema"], ["extract", "nowhere", "-c", "mell"]],
)
def test_mistakes_are_told_without_waiting_for_numerics(argv: list[str]) -> None:
    modules = imported_by(CALL.format(argv=["audiofeat", *argv]))
    assert "numpy" in modules
    assert not modules.intersection({"librosa", "numba", "pyarrow", "scipy", "soundfile"})


def test_public_names_come_on_first_use() -> None:
    import audiofeat_cli

    for name in audiofeat_cli.__all__:
        assert getattr(audiofeat_cli, name) is not None
    with pytest.raises(AttributeError, match="module 'audiofeat_cli' has no attribute 'nothing'"):
        _ = audiofeat_cli.nothing
