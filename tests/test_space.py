"""Features of two channels: what the sample audio says of them, and what has no pair."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile as sf

from audiofeat_cli.audio.discover import Clip
from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.reach import Reach, Span
from audiofeat_cli.run.clip import ClipExtractor
from audiofeat_cli.step import Array
from audiofeat_cli.steps.pair import frame_starts
from audiofeat_cli.tables import PartWriter
from tests.cases import SAMPLE_AUDIO
from tests.reference.itd import delayed
from tests.signals import Item, config_of, extract_array, noise, plan_of, scene, silence, sine, wide

SWEEP = SAMPLE_AUDIO / "space" / "pan_sweep.wav"
PLACES = json.loads((SAMPLE_AUDIO / "ground_truth.json").read_text("utf-8"))["space/pan_sweep.wav"][
    "pan"
]
FRAMES = (
    "ild",
    "ild_bands",
    "itd",
    "panning",
    "stereo_width",
    "interchannel_correlation",
    "interchannel_phase",
    "mid_side_energy",
)
MAX_ITD_ERROR_US = 20
MAX_ILD_ERROR_DB = 0.2


def tables(folder: Path, file: Path, features: tuple[Item, ...], **settings: Any) -> dict[str, Any]:
    """Table name -> column name -> values."""
    plan = plan_of(config_of(features, **settings))
    writer = PartWriter(plan, folder, "x")
    ClipExtractor(plan).extract(Clip("a", str(file), file.stat().st_size, 0, "a"), writer)
    return {
        part.table: pq.read_table(folder / part.table / part.name).to_pydict()
        for part in writer.close()
    }


def values(name: str, signal: Array, **settings: Any) -> Array:
    """(frames, values) of a feature of (n, channels)."""
    found = extract_array([{name: {"as": "it"}}], signal, **settings)
    return np.concatenate([found[k][:, 0] for k in sorted(found)], axis=-1)


class TestSweep:
    """The places that ground_truth.json tells, in every frame that lies within one."""

    @pytest.mark.parametrize(
        "settings",
        [
            {},
            {"sample_rate": 16000, "n_fft": 1024, "hop_length": 256},
            {"sample_rate": 8000, "n_fft": 512, "hop_length": 80},
            {"sample_rate": None, "n_fft": 4096, "hop_length": 1000, "channels": "each"},
        ],
        ids=["22050", "16000", "8000", "own rate"],
    )
    def test_every_frame(self, settings: dict[str, Any], tmp_path: Path) -> None:
        frames = tables(tmp_path, SWEEP, ("ild", "itd", "ild_bands"), **settings)["frames"]
        time = np.array(frames["time"])
        config = config_of(["ild"], **settings)
        half = config.n_fft / 2 / (config.sample_rate or 44100)
        for place in PLACES:
            within = (time > place["start"] + half) & (time < place["end"] - half)
            assert within.sum() > 5
            found = {
                name: np.array(frames[name])[within] for name in ("ild", "itd", "ild_bands_03")
            }
            assert np.abs(found["itd"] - place["itd_us"]).max() < MAX_ITD_ERROR_US
            assert np.abs(found["ild"] - place["ild_db"]).max() < MAX_ILD_ERROR_DB
            assert np.abs(found["ild_bands_03"] - place["ild_db"]).max() < 2 * MAX_ILD_ERROR_DB

    def test_the_mix_of_the_config_changes_nothing(self, tmp_path: Path) -> None:
        features = ("ild", "itd", "panning", "false_stereo")
        found = []
        for channels in ("mono", "left", "each"):
            folder = tmp_path / channels
            folder.mkdir()
            found.append(tables(folder, SWEEP, features, channels=channels))
        mono, left, each = (table["frames"] for table in found)
        assert mono["itd"] == left["itd"]
        rows = np.array(each["channel"]) == 1
        assert np.array(each["itd"], float)[rows].tolist() == mono["itd"]
        assert [set(table["clips"]["false_stereo"]) for table in found] == [{False}] * 3


class TestDelay:
    @pytest.mark.parametrize("rate", [8000, 44100, 192000])
    @pytest.mark.parametrize("delay_us", [-873.2, -41.7, 0.0, 17.3, 431.9, 980.0])
    def test_between_samples(self, rate: int, delay_us: float) -> None:
        """A sample of 8 kHz is 125 us."""
        signal = delayed(rate, 0.4, delay_us * 1e-6)
        grid = {"sample_rate": rate, "n_fft": rate // 20, "hop_length": rate // 20}
        found = values("itd", signal, **grid)[1:-1]
        assert np.abs(found - delay_us).max() < 2

    @pytest.mark.parametrize("noise_share", [0.1, 0.5])
    def test_with_noise_of_their_own(self, noise_share: float) -> None:
        own = np.stack([noise(44100, 1, 0.1 * noise_share, seed=s) for s in (8, 9)], axis=1)
        found = values("itd", delayed(44100, 1, 3e-4) + own, sample_rate=44100)[2:-2]
        assert np.abs(found - 300).max() < 10

    @pytest.mark.parametrize("rate", [8000, 44100, 192000])
    def test_unrelated_channels_have_none(self, rate: int) -> None:
        signal = np.stack([noise(rate, 0.5, seed=s) for s in (4, 5)], axis=1)
        assert np.isnan(values("itd", signal, sample_rate=rate)).all()

    def test_later_than_a_millisecond_is_null_and_no_edge(self) -> None:
        for later in (1.02e-3, 1.5e-3, -4e-3):
            found = values("itd", delayed(44100, 0.5, later), sample_rate=44100)[2:-2]
            assert np.isnan(found).all()

    def test_opposite_channels_have_none(self) -> None:
        left = noise(22050, 0.5)
        assert np.isnan(values("itd", np.stack([left, -left], axis=1))).all()

    def test_equal_channels_have_no_difference(self) -> None:
        for left in (noise(22050, 0.5), scene(22050, 0.15)):
            found = values("itd", np.stack([left, left], axis=1))
            assert np.abs(found).max() < 0.1

    def test_a_tone_has_too_few_bins_to_tell(self) -> None:
        later = sine(22050, 0.51)[7:][: 22050 // 2]
        found = values("itd", np.stack([later, sine(22050, 0.5)], axis=1))
        assert np.isnan(found[2:-2]).all()


class TestUnfit:
    @pytest.mark.parametrize("name", FRAMES)
    def test_one_channel_is_null(self, name: str) -> None:
        assert np.isnan(values(name, scene(22050, 0.5)[:, np.newaxis])).all()

    @pytest.mark.parametrize("name", FRAMES)
    def test_of_more_channels_the_first_two_count(self, name: str) -> None:
        pair = wide(noise(22050, 0.5))
        more = np.concatenate([pair, noise(22050, 0.5, seed=7)[:, np.newaxis]], axis=1)
        np.testing.assert_array_equal(values(name, more), values(name, pair))

    @pytest.mark.parametrize("name", [n for n in FRAMES if n != "mid_side_energy"])
    def test_silent_frames_among_others_are_null(self, name: str) -> None:
        signal = wide(np.concatenate([noise(22050, 0.5), silence(22050, 0.5)]))
        found = values(name, signal)
        assert np.isnan(found[-5:]).all()
        assert np.isfinite(found[:15]).all()

    @pytest.mark.parametrize("name", ["ild", "itd", "interchannel_phase"])
    def test_one_silent_channel_is_null(self, name: str) -> None:
        signal = np.stack([noise(22050, 0.5), silence(22050, 0.5)], axis=1)
        assert np.isnan(values(name, signal)).all()

    def test_a_mono_file_has_its_rows(self, tmp_path: Path) -> None:
        sf.write(tmp_path / "a.wav", noise(22050, 0.5), 22050)
        found = tables(tmp_path, tmp_path / "a.wav", (*FRAMES, "false_stereo"))
        assert found["clips"]["false_stereo"] == [None]
        assert set(found["frames"]["ild"]) == {None}
        assert len(found["frames"]["ild"]) == 1 + 11025 // 512


class TestBands:
    def test_above_half_the_rate_and_without_a_bin_is_null(self) -> None:
        edges = [100.0, 101.0, 3000.0, 5000.0, 9000.0]
        item = {"ild_bands": {"edges": tuple(edges)}}
        signal = wide(noise(8000, 0.5))
        found = extract_array([item], signal, sample_rate=8000, n_fft=1024)["ild_bands"][:, 0]
        assert np.isnan(found[:, [0, 3]]).all()
        assert np.isfinite(found[:, [1, 2]]).all()

    @pytest.mark.parametrize("edges", [(100.0,), (200.0, 100.0), (100.0, 100.0)])
    def test_what_are_no_bands_is_refused(self, edges: tuple[float, ...]) -> None:
        from audiofeat_cli.registry import load_features

        config = config_of([{"ild_bands": {"edges": edges}}])
        troubles = compile_plan(config, load_features(plugins=False)).troubles
        assert [t.parameter for t in troubles] == ["edges"]


class TestWindows:
    """A frame of the native signal lasts as long as one of the analysis signal."""

    @pytest.mark.parametrize("hop", [7, Fraction(5, 2), Fraction(7056, 10), Fraction(49, 6)])
    def test_begin_where_the_engine_says(self, hop: int | Fraction) -> None:
        reach = Reach(hop, 0, 1)
        for first in (0, 1, 10_000_001):
            at = [reach.position(t) for t in range(first, first + 20)]
            span = Span(first, 20, 0, at_start=False, at_end=False)
            np.testing.assert_array_equal(frame_starts(span, hop), np.array(at) - at[0])

    @pytest.mark.parametrize("file_rate", [8000, 44100, 48000, 96000])
    @pytest.mark.parametrize("own", [{}, {"n_fft": 400}])
    def test_last_as_long(self, file_rate: int, own: dict[str, int]) -> None:
        item = {"mid_side_energy": {**own, "as": "it"}}
        config = config_of([item], sample_rate=16000, n_fft=1024, hop_length=256)
        plan = plan_of(config, file_rate=file_rate)
        (node,) = (node for node in plan.nodes if node.title == "pair_energy")
        given = dict(node.parameters)
        assert given["n_fft"] == round(own.get("n_fft", 1024) * file_rate / 16000)
        assert given["hop_length"] * 16000 == 256 * file_rate

    def test_a_click_is_seen_from_half_a_window(self) -> None:
        """At 44.1 kHz in a config of 16 kHz: 64 ms windows every 16 ms, of 705.6 samples."""
        native = np.zeros((44100, 2), np.float32)
        native[22050] = 1
        found = extract_array(
            [{"mid_side_energy": {"as": "it"}}],
            np.zeros(16000, np.float32),
            native=native,
            file_rate=44100,
            sample_rate=16000,
            n_fft=1024,
            hop_length=256,
        )["it_mid"][:, 0, 0]
        centres = np.round(np.arange(63) * 705.6)
        assert found.shape == (63,)
        np.testing.assert_array_equal(found > 0, np.abs(centres + 0.5 - 22050.5) <= 1411)
