"""What a clip costs, counted: the same on every machine, so it can be asserted."""

import importlib
import re
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from audiofeat_cli.planning import load_plan
from audiofeat_cli.presets import list_presets
from audiofeat_cli.tables import ROW_GROUP_BYTES

ROOT = Path(__file__).parents[1]
NAMES = [preset.name for preset in list_presets()]
FFTS = {
    "chroma": (431, 2584),
    "librosa-slide": (431, 2584),
    "mel": (431, 2584),
    "mfcc": (431, 2584),
    "multires": (3 * 1001, 3 * 6001),
    "onset": (431, 2584),
    "speech": (1001, 6001),
    "timbre": (431, 2584),
    "torchaudio-slide": (313, 1876),
}
"""One for each frame of 10 s and of 60 s, and each window."""

ROWS_HELD = 2.5
"""Times that the rows of a clip may be in memory: they wait, are joined and are laid out."""

SLACK = 2_000_000
"""Bytes for Python's objects, and for blocks that happen to be alive together."""


def bench() -> ModuleType:
    return importlib.import_module("bench.counts.clips")


@cache
def counts_of(name: str) -> tuple[Any, ...]:
    """Of 10 s and of 60 s."""
    return tuple(bench().measure(load_plan(name).plan))


def test_every_preset_has_its_counts_here() -> None:
    assert list(FFTS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_window_is_transformed_once_a_frame(name: str) -> None:
    assert tuple(counts.ffts for counts in counts_of(name)) == FFTS[name]


@pytest.mark.parametrize("name", NAMES)
def test_memory_is_that_of_a_block_and_of_the_rows(name: str) -> None:
    """Where a clip value feeds back into frames (a second pass), one stream is kept as well."""
    plan = load_plan(name).plan
    short, long = counts_of(name)
    row = 4 * sum(max(1, plan.outputs[i].width) for i in plan.frame_outputs)
    kept = 4 * (1 + plan.config.n_fft // 2) if plan.passes > 1 else 0
    more = (long.frames - short.frames) * (ROWS_HELD * row + kept)
    assert long.peak_bytes <= short.peak_bytes + more + SLACK


def test_memory_does_not_grow_with_rows_that_are_written() -> None:
    """What hours would do is seen with little audio on a fine grid: 31 and 62 MB of rows."""
    plan = load_plan("torchaudio-slide", ["n_fft=256", "hop_length=16"]).plan
    short, long = bench().measure(plan, (60, 120))
    assert 4 * 129 * short.frames > ROW_GROUP_BYTES
    assert long.peak_bytes <= short.peak_bytes + SLACK


def test_counts_repeat() -> None:
    plan = load_plan("mel").plan
    first, second = (next(bench().measure(plan, (2,))) for _ in range(2))
    assert first.arrays > 0
    same = ("frames", "ffts", "nodes", "calls", "arrays", "array_bytes")
    assert [getattr(first, name) for name in same] == [getattr(second, name) for name in same]
    assert first.peak_bytes == pytest.approx(second.peak_bytes, rel=0.1)


def test_the_page_has_these_counts() -> None:
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    rows = re.findall(r"^(\S+) +(\d+) s +([\d,]+) ", page, re.MULTILINE)
    found = {(name, int(seconds)): int(ffts.replace(",", "")) for name, seconds, ffts in rows}
    pairs = [(name, zip((10, 60), FFTS[name], strict=True)) for name in NAMES]
    assert found == {(name, seconds): ffts for name, both in pairs for seconds, ffts in both}
    assert set(NAMES) == set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE))
