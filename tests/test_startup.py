"""What must not be imported before it is needed: imports are most of a short command's time."""

import gc
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from audiofeat_cli.audio.discover import Clip, discover
from audiofeat_cli.planning import load_plan
from audiofeat_cli.run.jobs import BatchJob, Settings
from audiofeat_cli.startup import ONE_THREAD, put_off, starting
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


WORK = """
import json, pickle, sys
from pathlib import Path
from audiofeat_cli.run.executor import _run_batch
job = pickle.loads(Path({job!r}).read_bytes())
receipt = _run_batch()(job, isolated=True)
assert len(receipt.clips) == 1 and receipt.frames > 0, receipt
print(json.dumps(sorted(sys.modules)))
"""

WORKLESS = {
    *("asyncio", "joblib", "librosa", "matplotlib", "multiprocessing", "numba", "pandas", "rich"),
    *("pyarrow.compute", "pyarrow.csv", "pyarrow.dataset", "pyarrow.flight", "pyarrow.orc"),
    *("scipy.ndimage", "scipy.signal", "scipy.stats"),
    *("numpy.f2py.f2py2e", "numpy.ma.core"),
}
"""What log-mel needs neither of in a serial run nor in a worker (beside what joblib imports)."""

PARENTS = {
    *("audiofeat_cli.cli", "audiofeat_cli.compiler", "audiofeat_cli.planning"),
    *("audiofeat_cli.config.load", "audiofeat_cli.run.drive", "audiofeat_cli.run.store"),
    *("pydantic", "pydantic_core", "typer", "yaml"),
}
"""What is the parent's alone."""


def modules_after(code: str) -> set[str]:
    """The modules that are there after the code has run in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


def imported_by(code: str) -> set[str]:
    """The same, top-level modules only."""
    return {name.partition(".")[0] for name in modules_after(code)}


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A file of 0.1 s, at another rate than the presets'."""
    file = tmp_path / "tiny.wav"
    sf.write(file, np.sin(np.arange(800) / 5), 8000)
    return file


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


def test_serial_run_imports_what_it_needs(tiny: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    argv = ["audiofeat", "extract", str(tiny), "-c", "mel", "-o", out, "-q", "-j", "0"]
    modules = modules_after(CALL.format(argv=argv))
    assert "pyarrow.parquet" in modules
    assert not modules & WORKLESS


def test_worker_imports_what_the_plan_names(tiny: Path, tmp_path: Path) -> None:
    (clip,) = discover([str(tiny)])
    assert isinstance(clip, Clip)
    job = BatchJob("000000", (clip,), Settings(load_plan("mel").plan, "run", tmp_path / "staging"))
    file = tmp_path / "job"
    file.write_bytes(pickle.dumps(job))
    modules = modules_after(WORK.format(job=str(file)))
    assert "pyarrow.parquet" in modules
    assert not modules & (WORKLESS | PARENTS)
    features = {m for m in modules if m.startswith("audiofeat_cli.features.") and m.count(".") > 2}
    assert features == {"audiofeat_cli.features.timbre.mel"}
    steps = {m.rpartition(".")[2] for m in modules if m.startswith("audiofeat_cli.steps.")}
    assert "mel" in steps
    assert not steps & {"beats", "chroma", "cqt", "envelope", "hpss", "loudness", "onset", "pyin"}


def test_extract_loads_its_libraries_for_one_thread(tiny: Path, tmp_path: Path) -> None:
    argv = ["audiofeat", "extract", str(tiny), "-c", "mel", "-o", str(tmp_path / "out"), "-q"]
    code = CALL.format(argv=[*argv, "-j", "1"]).replace("sorted(sys.modules)", "dict(os.environ)")
    free = {name: value for name, value in os.environ.items() if name not in ONE_THREAD}
    said = [
        subprocess.run(
            [sys.executable, "-c", f"import os; {code.strip()}"],
            cwd=ROOT,
            env=free | asked,
            capture_output=True,
            check=True,
        ).stdout
        for asked in ({}, {"OMP_NUM_THREADS": "2"})
    ]
    assert json.loads(said[0]).items() >= ONE_THREAD.items()
    assert json.loads(said[1]).items() >= (ONE_THREAD | {"OMP_NUM_THREADS": "2"}).items()


PUT_OFF = """
import json, sys
from audiofeat_cli.startup import put_off
put_off()
from numpy import *
import numpy
before = "numpy.ma.core" in sys.modules
masked = numpy.ma.masked_less([1.0, 2.0], 1.5)
assert masked.sum() == 2 and numpy.polynomial.Polynomial([1, 2])(1) == 3
print(json.dumps([before, "numpy.ma.core" in sys.modules]))
"""


def test_what_is_put_off_comes_on_first_use() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PUT_OFF], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [False, True]


def test_what_is_there_or_nowhere_is_not_put_off() -> None:
    put_off(("json", "numpy.no_such_part"))
    assert type(json) is type(sys)
    assert "numpy.no_such_part" not in sys.modules


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_is_left_as_it_was(was_on: bool) -> None:
    if not was_on:
        gc.disable()
    try:
        with starting():
            assert not gc.isenabled()
        assert gc.isenabled() is was_on
    finally:
        gc.enable()
        gc.unfreeze()
