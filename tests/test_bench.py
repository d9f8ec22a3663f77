"""The benchmark compares like with like: the peers' scripts compute what audiofeat computes."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf

from tests import signals

RATE = 22050
SCRIPT = """
import os, pathlib, sys
pathlib.Path(sys.argv[2], "seen").write_text(*os.listdir(sys.argv[1]))
print("done")
print('{"audio_s": 30, "first_audio": 10, "work_cpu": 5, "first_cpu": 1}')
"""


def part(name: str) -> Any:
    return importlib.import_module(f"bench.peers.{name}")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tone and some noise: of silence librosa makes numbers, audiofeat nulls."""
    file = tmp_path_factory.mktemp("clips") / "tone.wav"
    sf.write(file, signals.harmonics(RATE, 6) + signals.noise(RATE, 6, 0.01), RATE)
    return file


def shares(clip: Path, folder: Path, task: str) -> dict[str, float]:
    """Of each feature, how much of it the careful librosa script and audiofeat agree on, %."""
    config = folder / "task.yaml"
    config.write_text(part("tasks").config_of(task, "float64"))
    for name, settings in (("ours", config), ("careful_librosa", task)):
        (folder / name).mkdir()
        work, finish = part(name).worker(settings, folder / name)
        assert work(clip) == pytest.approx(6)
        finish()
    told = part("agreement").agreement(folder / "ours", folder / "careful_librosa")
    return {line.split()[0]: float(line.split()[1]) for line in told}


@pytest.mark.parametrize("task", ["A", "B", "D"])
def test_the_tables_are_the_same(clip: Path, tmp_path: Path, task: str) -> None:
    found = shares(clip, tmp_path, task)
    assert set(found) == {*part("tasks").TASKS[task]} - {"tempo"}
    assert {name: share for name, share in found.items() if share < 99} == {}


def test_ratios_are_taken_within_rounds() -> None:
    sides, main = part("sides"), part("__main__")
    ours, peer = sides.Side("audiofeat", "A"), sides.Side("other", "A", command="true")

    def run(steady: float | None, whole: float) -> Any:
        return sides.Run(steady=steady, whole=whole, cpu=1, wall=1)

    rounds = [
        {ours: run(200, 50), peer: run(100, 40)},
        {ours: run(90, 60), peer: run(30, 20)},
    ]
    found = {r.kind: r.rounds for r in main.ratios(rounds)}
    assert found == {"steady": (2, 3), "whole": (1.25, 3)}
    assert "2.50  (2.00 to 3.00)" in str(next(iter(main.ratios(rounds))))
    rounds[0][peer] = run(None, 40)
    assert [r.kind for r in main.ratios(rounds)] == ["whole"]


def test_a_peer_is_any_command(clip: Path, tmp_path: Path) -> None:
    sides = part("sides")
    script = tmp_path / "peer.py"
    script.write_text(SCRIPT)
    command = f"{sys.executable} {script} {{folder}} {{out}}"
    side = sides.Side("other", "A", command=command)
    took = sides.run(side, clip.parent, 30, tmp_path / "out")
    assert took.steady == 5
    assert (tmp_path / "out" / "seen").read_text() == "tone.wav"
    with pytest.raises(SystemExit, match="exit 1"):
        sides.run(sides.Side("other", "A", command="false"), clip.parent, 30, tmp_path / "again")
    with pytest.raises(SystemExit, match="no line of JSON"):
        sides.run(
            sides.Side("other", "A", command="echo nothing"), clip.parent, 30, tmp_path / "third"
        )
