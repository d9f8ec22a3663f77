"""docs/pooling.md: the recipe runs as it stands, and what the page says of statistics is so."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from audiofeat_cli.pool import STATISTICS, unit_of
from tests.commands import audiofeat
from tests.signals import Signal, harmonics, noise
from tests.test_docs import blocks

PAGE = Path(__file__).parents[1] / "docs" / "pooling.md"
RATE = 22050
CLASSES = ("bowed", "struck", "breath")


def sound(kind: str, seed: int) -> Signal:
    """Half a second of something that has its class in its timbre, not in its pitch or level."""
    rng = np.random.default_rng(seed)
    f0 = 110 * 2 ** rng.uniform(0, 2)
    if kind == "breath":
        hiss = noise(RATE, 0.5, 0.1, seed)
        tone = np.convolve(hiss, np.ones(3 + seed % 5) / 4, mode="same")
    else:
        tone = harmonics(RATE, 0.5, f0, partials=20).astype(np.float64)
        if kind == "struck":
            tone = tone * np.exp(-np.arange(len(tone)) / (RATE * rng.uniform(0.05, 0.15)))
    hiss = noise(RATE, 0.5, 0.003, seed + 1000)
    return np.asarray(rng.uniform(0.1, 1.0) * tone + hiss, dtype=np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sounds of three classes and the config of the page."""
    root = tmp_path_factory.mktemp("recipe")
    for kind in CLASSES:
        (root / "sounds" / kind).mkdir(parents=True)
        for n in range(10):
            file = root / "sounds" / kind / f"{n}.wav"
            sf.write(file, sound(kind, seed=10 * CLASSES.index(kind) + n), RATE)
    config = next(text for text in blocks(PAGE, "yaml") if "n_mfcc: 13" in text)
    (root / "mfcc26.yaml").write_text(config)
    return root


def run_page(capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], str]:
    """Run the command of the page, then its Python, all as written."""
    command = blocks(PAGE, "sh")[0].split()
    found = audiofeat(*command[1:], "--jobs", "0", "--overwrite")
    assert found.code == 0, found.err
    names: dict[str, Any] = {}
    for code in blocks(PAGE, "python"):
        exec(compile(code, "pooling.md", "exec"), names)
        names.setdefault("first", names["scores"])
    return names, capsys.readouterr().out


def test_the_recipe_tells_classes_apart(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    names, said = run_page(capsys)
    assert re.search(r"^26 values a clip: \d+% right, 33% by chance$", said, re.MULTILINE)
    assert names["X"].shape == (30, 26)
    assert sorted(set(names["y"])) == sorted(CLASSES)
    assert names["first"].mean() > 0.8
    assert names["scores"].mean() > 0.8
    shuffled = np.random.default_rng(0).permutation(names["y"])
    by_luck = names["cross_val_score"](names["classifier"], names["X"], shuffled, cv=5)
    assert by_luck.mean() < 0.6, "nothing but the classes may tell them apart"


def test_the_recipe_with_segments(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    config = folder / "mfcc26.yaml"
    plain = config.read_text()
    try:
        config.write_text(plain + "segments: {length: 0.2 s, hop: 0.1 s}\n")
        names, _ = run_page(capsys)
    finally:
        config.write_text(plain)
    assert names["X"].shape == (30 * 5, 26)
    assert names["scores"].mean() > 0.6, "late parts of bowed and struck are much the same"


def test_every_statistic_is_told_with_its_unit() -> None:
    rows = {
        name: row.split("|")[3].strip()
        for row in PAGE.read_text().splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    told = {"Hz": "", "(Hz)^2": "squared"}
    for name in STATISTICS:
        written = "p05" if re.fullmatch(r"p\d\d", name) else name
        unit = unit_of(name, "Hz")
        assert rows[written] == told.get(unit, unit), name
