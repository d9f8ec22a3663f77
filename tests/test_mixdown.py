"""A mono mix that loses the sound is told."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from audiofeat_cli.audio.decode import Decoder, Request
from audiofeat_cli.step import Array
from tests.commands import audiofeat
from tests.signals import noise, silence, sine, wide

RATE = 8000
LEFT, OTHER = noise(RATE, 1), noise(RATE, 1, seed=1)


def related(correlation: float) -> Array:
    """(n, 2): two channels, equally loud, with this correlation."""
    right = correlation * LEFT + np.sqrt(1 - correlation**2) * OTHER
    return np.stack([LEFT, right], axis=1)


def told(path: Path, samples: Array, subtype: str = "FLOAT", **asked: Any) -> bool:
    sf.write(path, samples, RATE, subtype=subtype)
    request = {"sample_rate": RATE, "channels": "mono", "block": 1000, **asked}
    decoder = Decoder(Request(resampler="soxr_hq", allow_truncated=False, **request))
    with decoder.open(str(path)) as audio:
        for _ in range(2):  # as where the clip is read again
            assert sum(len(block) for _, block in audio.blocks(frozenset({"analysis"})))
        return audio.is_antiphase


class TestMeter:
    @pytest.mark.parametrize("subtype", ["FLOAT", "PCM_16", "PCM_24", "PCM_32"])
    @pytest.mark.parametrize(
        ("correlation", "lost"), [(-1, True), (-0.9, True), (-0.7, False), (0, False), (1, False)]
    )
    def test_of_two_channels_the_correlation_decides(
        self, correlation: float, lost: bool, subtype: str, tmp_path: Path
    ) -> None:
        assert told(tmp_path / "a.wav", related(correlation), subtype) == lost

    def test_resampling_makes_no_difference(self, tmp_path: Path) -> None:
        assert told(tmp_path / "a.wav", related(-1), sample_rate=6000)
        assert not told(tmp_path / "a.wav", related(0), sample_rate=6000)

    @pytest.mark.parametrize("channels", ["left", "right", "mid", "side", "each"])
    def test_only_the_average_is_told(self, channels: str, tmp_path: Path) -> None:
        assert not told(tmp_path / "a.wav", related(-1), channels=channels)

    @pytest.mark.parametrize(
        "samples",
        [
            LEFT,
            np.stack([LEFT, 0 * LEFT], axis=1),
            np.stack([silence(RATE, 1)] * 2, axis=1),
            np.stack([noise(RATE, 1, seed=s) for s in range(8)], axis=1),
            np.stack([LEFT, *[0 * LEFT] * 7], axis=1),
            wide(sine(RATE, 1)),
        ],
        ids=["mono", "one sided", "silent", "eight unrelated", "one of eight", "wide"],
    )
    def test_these_are_not(self, samples: Array, tmp_path: Path) -> None:
        assert not told(tmp_path / "a.wav", samples)

    def test_four_channels_in_two_opposite_pairs(self, tmp_path: Path) -> None:
        assert told(tmp_path / "a.wav", np.stack([LEFT, -LEFT, OTHER, -OTHER], axis=1))


class TestRun:
    def run(self, folder: Path, channels: str) -> tuple[str, dict[str, Any]]:
        for name, correlation in (("a", -1), ("b", -0.95), ("c", 0)):
            sf.write(folder / f"{name}.wav", related(correlation), RATE)
        config = folder / "c.yaml"
        config.write_text(f"{{sample_rate: 8000, channels: {channels}, features: [rms]}}")
        out = folder / "out"
        done = audiofeat("extract", str(folder), "-c", str(config), "-o", str(out), "-j", "0")
        assert done.code == 0
        return done.err, json.loads((out / "run.json").read_text(encoding="utf-8"))

    def test_says_how_many(self, tmp_path: Path) -> None:
        err, facts = self.run(tmp_path, "mono")
        assert err.count("opposite phase") == 1
        assert "warning: 2 files lose most of their energy in the mono mix" in err
        assert facts["antiphase"] == 2

    def test_says_nothing_where_nothing_is_mixed(self, tmp_path: Path) -> None:
        err, facts = self.run(tmp_path, "each")
        assert "phase" not in err
        assert facts["antiphase"] == 0
