"""pYIN's path beyond what the reference cases show: long clips, and where compiled code is kept."""

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from audiofeat_cli import kernels
from audiofeat_cli.steps import pyin
from audiofeat_cli.steps.yin import C2_HZ, C7_HZ
from tests.signals import clicks, dc, extract_array, harmonics, scene, silence, sine

OUTPUTS = ("pyin_f0", "pyin_voiced", "pyin_probability")


@pytest.mark.parametrize("stretch", [1, 2, 7, 87])
def test_what_is_made_again_on_the_way_back_is_the_same(
    stretch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    signal = np.concatenate([scene(22050, 1), harmonics(22050, 1)])
    whole = extract_array(["pyin"], signal)
    monkeypatch.setattr(pyin, "STRETCH", stretch)
    again = extract_array(["pyin"], signal)
    for name in OUTPUTS:
        assert whole[name].tobytes() == again[name].tobytes()


def test_every_path_of_a_small_model_is_tried() -> None:
    """The best of all paths through 3 pitches over 5 frames, found by trying each."""
    rng = np.random.default_rng(3)
    frames, n = 5, 3
    weights, first, rows = pyin._transitions(n, 3)
    switch = np.log([0.8, 0.2])
    heights = np.log(rng.uniform(0.05, 0.3, (frames, n)))
    silent = np.log(rng.uniform(0.05, 0.3, frames))
    step = np.full((n, n), -np.inf)
    for k in range(n):
        for i, weight in enumerate(weights):
            if 0 <= k + first + i < n:
                step[k, k + first + i] = weight + rows[k]
    np.testing.assert_allclose(np.exp(step).sum(axis=1), 1)
    best, expected = -np.inf, tuple[int, ...]()
    for number in range((2 * n) ** frames):
        states = [number // (2 * n) ** t % (2 * n) for t in range(frames)]
        value = sum(heights[t, s] if s < n else silent[t] for t, s in enumerate(states))
        for a, b in pairwise(states):
            value += step[a % n, b % n] + switch[int((a < n) != (b < n))]
        if value > best:
            best, expected = value, tuple(s if s < n else -1 for s in states)
    found = kernels.kernels("pitch").best_path(
        np.arange(0, frames * n + 1, n),
        np.tile(np.arange(n, dtype=np.int32), frames),
        heights.ravel(),
        silent,
        weights,
        first,
        rows,
        switch,
        2,
    )
    assert tuple(found) == expected


@pytest.mark.parametrize("kind", [silence, dc, clicks])
def test_no_pitch_is_never_the_edge_of_the_range(kind: object) -> None:
    found = extract_array(["pyin", "yin"], kind(22050, 1))  # type: ignore[operator]
    for name in ("pyin_f0", "yin"):
        values = found[name][np.isfinite(found[name])]
        assert not (np.abs(values - C2_HZ) < 0.5).any()
        assert not (np.abs(values - C7_HZ) < 5).any()


def test_pitch_of_known_tones() -> None:
    for frequency in (70.0, 110.0, 440.0, 1975.5):
        found = extract_array(["pyin", "yin"], sine(22050, 1, frequency))
        for name in ("pyin_f0", "yin"):
            cents = 1200 * np.log2(found[name][4:-4] / frequency)
            assert np.abs(cents).max() < 13  # its grid has steps of 10


class TestCache:
    def test_named_by_the_variable(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "named"))
        assert kernels.cache_folder() == tmp_path / "named"

    def test_the_users(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert kernels.cache_folder() == tmp_path / "audiofeat" / "numba"

    def test_a_temporary_one_where_that_cannot_be_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").touch()
        monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
        monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
        found = kernels.cache_folder()
        assert found is not None
        assert found.parent.parent == tmp_path
        assert found.parent.stat().st_mode & 0o077 == 0

    def compiled(self, cache: Path, extra: str = "") -> "subprocess.CompletedProcess[str]":
        code = f"from audiofeat_cli.kernels import kernels\n{extra}\nprint(kernels('lpc').burg)"
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
        return subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def test_what_is_damaged_is_compiled_again(self, tmp_path: Path) -> None:
        assert self.compiled(tmp_path).returncode == 0
        whole = {path: path.stat().st_size for path in tmp_path.rglob("lpc.*.nb[ic]")}
        assert whole
        for ending, damage in ((".nbi", b""), (".nbc", b""), (".nbi", b"x" * 99)):
            for path in whole:
                if path.suffix == ending:
                    path.write_bytes(damage)
            found = self.compiled(tmp_path)
            assert found.returncode == 0, found.stderr
            assert all(path.stat().st_size > 99 for path in tmp_path.rglob("lpc.*.nb[ic]"))

    def test_a_full_disk_keeps_nothing_and_works(self, tmp_path: Path) -> None:
        full = (
            "from numba.core import caching\n"
            "plain = caching.IndexDataCacheFile.save\n"
            "def save(self, *given):\n"
            f"    if self._cache_path.startswith({str(tmp_path)!r}):\n"
            "        raise OSError(28, 'No space left on device')\n"
            "    return plain(self, *given)\n"
            "caching.IndexDataCacheFile.save = save\n"
        )
        found = self.compiled(tmp_path, full)
        assert found.returncode == 0, found.stderr
        assert not list(tmp_path.rglob("*.nb[ic]"))

    def test_two_processes_may_compile_at_once(self, tmp_path: Path) -> None:
        code = "from audiofeat_cli.kernels import kernels; kernels('pitch')"
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
        running = [
            subprocess.Popen([sys.executable, "-c", code], env=environment) for _ in range(2)
        ]
        assert [process.wait() for process in running] == [0, 0]
        assert list(tmp_path.rglob("*.nbi"))
