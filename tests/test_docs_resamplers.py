"""docs/resamplers.md: its table is that of bench/resamplers.py, and what it says can be seen."""

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest

from audiofeat_cli.config.model import Resampler

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "resamplers.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def bench() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("bench_resamplers", ROOT / "bench/resamplers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def rows(pair: tuple[int, int]) -> dict[str, list[str]]:
    """The cells of one table, by resampler."""
    _, _, rest = PAGE.partition(f"| {pair[0]} to {pair[1]} Hz |")
    lines = rest.partition("\n\n")[0].splitlines()[2:]
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in lines]
    return {first.strip("`"): others for first, *others in cells}


def test_the_tables_have_a_row_for_each_resampler(bench: ModuleType) -> None:
    assert {*get_args(Resampler)} <= set(bench.METHODS)
    for pair in bench.PAIRS:
        found = rows(pair)
        assert list(found) == list(bench.METHODS)
        assert {len(cells) for cells in found.values()} == {6}
        assert found[bench.REFERENCE][0] == "1.0"


def test_the_columns_are_explained(bench: ModuleType) -> None:
    head = re.search(r"^\| 44100 to 22050 Hz \|(.*)\|$", PAGE, re.MULTILINE)
    assert head is not None
    for column in head[1].split("|"):
        assert f"- **{column.strip()}**:" in PAGE


@pytest.mark.parametrize("name", ["soxr_hq", "soxr_lq", "soxr_qq", "linear interpolation"])
def test_levels_are_as_the_page_says(bench: ModuleType, name: str) -> None:
    """Quality repeats, unlike time."""
    pair = bench.PAIRS[1]
    found = bench.quality(bench.METHODS[name], pair)
    _, edge, ripple, *levels = (float(text.split()[0]) for text in rows(pair)[name])
    assert [found.near, found.far, found.noise] == pytest.approx(levels, abs=3)
    assert found.ripple == pytest.approx(ripple, abs=0.01)
    assert 100 * found.edge == pytest.approx(edge, abs=0.6)
