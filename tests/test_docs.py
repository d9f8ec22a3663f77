"""What README and docs say is so: code runs, configs load, links lead somewhere."""

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from typer.main import get_command

from audiofeat_cli.arrays import run_array
from audiofeat_cli.cli import app
from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.config.load import load_config
from audiofeat_cli.config.settings import TOP_KEYS
from audiofeat_cli.presets import list_presets, read_preset
from audiofeat_cli.registry import load_features
from audiofeat_cli.step import Feature
from tests.commands import audiofeat

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]*)(?:#([^)]+))?\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
VARIABLE = re.compile(r"\"((?:AUDIOFEAT|NUMBA|LOKY|XDG)_[A-Z_]+)\"")
FOR_TESTS = {"AUDIOFEAT_PAUSE_AT", "NUMBA_NUM_THREADS"}


def blocks(page: Path, language: str) -> list[str]:
    """Code blocks of one language, in order."""
    return [code for kind, code in BLOCK.findall(page.read_text()) if kind == language]


def configs() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for number, text in enumerate(blocks(page, "yaml")):
            yield f"{page.name}-{number}", text


@pytest.mark.parametrize(("name", "text"), list(configs()))
def test_configs_in_the_docs_work(name: str, text: str) -> None:
    loaded = load_config(text, name, features=load_features())
    assert loaded.problems == []
    assert loaded.config is not None
    assert compile_plan(loaded.config, load_features()).plan is not None


@pytest.mark.parametrize("name", [p.name for p in list_presets()])
def test_presets_work_and_say_what_for(name: str) -> None:
    text = read_preset(name).decode()
    assert re.match(r"# \S.{20,}", text)
    loaded = load_config(text, f"{name}.yaml", features=load_features())
    assert loaded.problems == []
    assert loaded.warnings == []


def anchors(page: Path) -> set[str]:
    """What GitHub makes of a page's headings."""
    headings = HEADING.findall(FENCED.sub("", page.read_text()))
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in kept}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for file, anchor in LINK.findall(FENCED.sub("", page.read_text())):
        target = page.parent / file if file else page
        assert target.exists(), file
        assert not anchor or anchor in anchors(target), f"{file}#{anchor}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    linked = {ROOT / file for file, _ in LINK.findall((ROOT / "README.md").read_text())}
    assert set(PAGES[1:]) <= linked


def all_text() -> str:
    return "\n".join(page.read_text() for page in PAGES)


def test_every_command_and_option_is_documented() -> None:
    """In code somewhere: `--jobs`, or a command line."""
    group: Any = get_command(app)
    text = all_text()
    assert {"extract", "inspect", "explain", "cat"} <= group.commands.keys()
    for name, command in group.commands.items():
        assert re.search(rf"\baudiofeat {name}\b", text), name
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("-"):
                    assert re.search(rf"[` ]{option}[` =]", text), f"{name} {option}"


@pytest.mark.parametrize("key", TOP_KEYS)
def test_every_key_is_documented(key: str) -> None:
    assert re.search(rf"`{key}`", all_text())


def test_every_variable_of_the_environment_is_documented() -> None:
    found = set()
    for source in (ROOT / "audiofeat_cli").rglob("*.py"):
        found |= set(VARIABLE.findall(source.read_text()))
    assert "AUDIOFEAT_PLUGINS" in found
    text = all_text()
    assert {name for name in found - FOR_TESTS if f"`{name}" not in text} == set()


def test_readme_names_only_commands_that_exist() -> None:
    listed = audiofeat("--help").out
    named = set(re.findall(r"\baudiofeat ([a-z]+)\b", (ROOT / "README.md").read_text()))
    assert {"extract", "features", "cat"} <= named
    for command in named:
        assert re.search(rf"^  {command} ", listed, re.MULTILINE), command


def test_the_mistake_in_the_readme_is_told_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = blocks(ROOT / "README.md", "yaml")[0]
    monkeypatch.chdir(tmp_path)
    Path("my.yaml").write_text(good.replace("n_mfcc:", "n_mfccs:"))
    found = audiofeat("check", "my.yaml")
    shown = next(b for b in blocks(ROOT / "README.md", "") if "n_mfccs" in b)
    assert found.code == 2
    assert found.err.strip() == shown.partition("\n")[2].strip()


@pytest.fixture
def peak_share(tmp_path: Path) -> Iterator[ModuleType]:
    """The ten-line file of docs/write-a-feature.md, imported."""
    code = blocks(ROOT / "docs" / "write-a-feature.md", "python")[0]
    file = tmp_path / "peak_share.py"
    file.write_text(code)
    spec = importlib.util.spec_from_file_location("peak_share", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["peak_share"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["peak_share"]


def test_the_ten_line_feature_works(peak_share: ModuleType) -> None:
    feature = peak_share.peak_share
    assert isinstance(feature, Feature)
    features = {**load_features(), "peak_share": feature}
    text = "sample_rate: 8000\nn_fft: 256\nhop_length: 64\nfeatures: [peak_share]"
    config = load_config(text, "x.yaml", features=features).config
    assert config is not None
    plan = compile_plan(config, features).plan
    assert plan is not None
    tone = np.sin(2 * np.pi * 1000 / 8000 * np.arange(4000))
    found = run_array(plan, np.concatenate([tone, np.zeros(4000)]), 8000)["peak_share"]
    # Periodic Hann on a bin: magnitudes 1/2, 1, 1/2, so the strongest has 1 / 1.5 of the energy.
    assert found[20, 0, 0] == pytest.approx(1 / 1.5, abs=1e-3)
    assert np.isnan(found[-1, 0, 0])


def test_the_feature_is_a_function_on_arrays_as_shown(peak_share: ModuleType) -> None:
    shown = blocks(ROOT / "docs" / "write-a-feature.md", "python")[1]
    names: dict[str, object] = {}
    exec(
        compile(shown.replace("peak_share(frames)", "out = peak_share(frames)"), "x", "exec"), names
    )
    out = names["out"]
    assert isinstance(out, np.ndarray)
    assert out.shape == (5, 1, 1)


def test_changelog_has_a_place_for_what_comes() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text()
