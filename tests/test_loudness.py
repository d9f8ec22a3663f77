"""Level and loudness beyond their references: EBU's signals, pieces, channels, odd clips.

The signals of EBU Tech 3341 (2016), table 1, and Tech 3342 (2016), table 1, are made from their
description. Cases 1 to 6 of 3341 are among the references of `integrated_loudness`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import scipy.signal
import soundfile as sf

from audiofeat_cli.audio.discover import Clip
from audiofeat_cli.registry import load_features
from audiofeat_cli.run.clip import ClipExtractor
from audiofeat_cli.step import Array
from audiofeat_cli.steps.loudness import LEAST_LUFS, k_weighting
from audiofeat_cli.steps.recursive import filtered, recursion
from audiofeat_cli.tables import PartWriter
from tests.signals import config_of, dc, extract_array, noise, plan_of, scene, sine

STUDIO: Mapping[str, Any] = {"sample_rate": 48000, "hop_length": 480}
LOUDNESS = (
    "integrated_loudness",
    "momentary_loudness",
    "short_term_loudness",
    "momentary_max",
    "short_term_max",
    "loudness_range",
)
OF_THE_FILE = (
    *LOUDNESS,
    "true_peak",
    "crest_factor",
    "dc_offset",
    "clipped_share",
    "dynamic_complexity",
)
FRAMES_PER_SECOND = 100


def tones(*parts: tuple[float, float]) -> Array:
    """1 kHz in two channels: (dBFS, seconds) one after the other; -inf for silence."""
    made = [sine(48000, s, 1000.0, 10 ** (dbfs / 20)) for dbfs, s in parts]
    return np.repeat(np.concatenate(made)[:, np.newaxis], 2, axis=1)


def loudness(feature: str, signal: Array) -> Array:
    """(frames,) or (1,) LUFS."""
    found = extract_array([feature], signal, **STUDIO)[feature]
    return found[:1, 0] if found.ndim == 2 else found[:, 0, 0]


class TestEbu3341:
    """Table 1. Loudness within 0.1 LU, true peak within +0.2 and -0.4 dB."""

    def test_case_9(self) -> None:
        found = loudness("short_term_loudness", tones(*[(-20, 1.34), (-30, 1.66)] * 5))
        np.testing.assert_allclose(found, -23, atol=0.1)

    @pytest.mark.parametrize("i", range(20))
    def test_case_10(self, i: int) -> None:
        signal = tones((-np.inf, 0.15 * i), (-23, 3), (-np.inf, 1))
        np.testing.assert_allclose(loudness("short_term_max", signal), -23, atol=0.1)

    def test_case_11(self) -> None:
        steps = [[(-np.inf, 0.15 * i), (-38 + i, 3), (-np.inf, 3 - 0.15 * i)] for i in range(20)]
        found = loudness("short_term_loudness", tones(*[part for step in steps for part in step]))
        highest = np.nanmax(found[:-1].reshape(20, 6 * FRAMES_PER_SECOND), axis=1)
        np.testing.assert_allclose(highest, np.arange(-38, -18), atol=0.1)

    def test_case_12(self) -> None:
        found = loudness("momentary_loudness", tones(*[(-20, 0.18), (-30, 0.22)] * 25))
        np.testing.assert_allclose(found, -23, atol=0.1)

    @pytest.mark.parametrize("i", range(20))
    def test_case_13(self, i: int) -> None:
        signal = tones((-np.inf, 0.02 * i), (-23, 0.4), (-np.inf, 1))
        np.testing.assert_allclose(loudness("momentary_max", signal), -23, atol=0.1)

    def test_case_14(self) -> None:
        steps = [
            [(-np.inf, 0.02 * i), (-38 + i, 0.4), (-np.inf, 0.4 - 0.02 * i)] for i in range(20)
        ]
        found = loudness("momentary_loudness", tones(*[part for step in steps for part in step]))
        highest = np.nanmax(found[:-1].reshape(20, -1), axis=1)
        np.testing.assert_allclose(highest, np.arange(-38, -18), atol=0.1)

    @pytest.mark.parametrize("rate", [44100, 48000, 96000, 192000])
    @pytest.mark.parametrize(
        ("period", "phase", "amplitude", "dbtp"),
        [
            pytest.param(4, 0, 0.5, -6, id="15"),
            pytest.param(4, 45, 0.5, -6, id="16"),
            pytest.param(6, 60, 0.5, -6, id="17"),
            pytest.param(8, 67.5, 0.5, -6, id="18"),
            pytest.param(4, 45, 1.41, 3, id="19"),
        ],
    )
    def test_cases_15_to_19(
        self, period: int, phase: float, amplitude: float, dbtp: float, rate: int
    ) -> None:
        turns = 2 * np.pi * np.arange(rate) / period + np.deg2rad(phase)
        signal = np.repeat(amplitude * np.sin(turns)[:, np.newaxis], 2, axis=1)
        found = extract_array(["true_peak"], signal, sample_rate=rate)["true_peak"][0, 0]
        assert -0.4 <= found - dbtp <= 0.2

    @pytest.mark.parametrize("offset", range(4))
    def test_cases_20_to_23(self, offset: int) -> None:
        """One peak of 0 dBTP, at four times the rate and so many of its samples late."""
        found = extract_array(["true_peak"], pulse(offset), sample_rate=48000)["true_peak"][0, 0]
        assert -0.4 <= found <= 0.2


def pulse(offset: int = 2) -> Array:
    """(4000,): a smooth pulse whose highest point is 1, `offset` / 4 samples after sample 2000."""
    fine = np.zeros(4 * 4000)
    fine[8000 + offset] = 1
    taps = scipy.signal.firwin(801, 0.2, window="blackman")
    return np.asarray(scipy.signal.fftconvolve(fine, taps, mode="same")[::4] / taps.max())


class TestTruePeak:
    def test_lies_between_the_samples(self) -> None:
        assert np.abs(pulse()).max() < 0.9

    @pytest.mark.parametrize("cuts", [[1980], [1999], [2000], [2001], [2016], [1, 1999, 1, 1, 20]])
    def test_is_seen_where_pieces_meet(self, cuts: list[int]) -> None:
        found = extract_array(["true_peak"], pulse(), cuts=cuts)["true_peak"]
        np.testing.assert_allclose(found, 0, atol=0.01)

    @pytest.mark.parametrize("before", range(1937, 2001, 7))
    @pytest.mark.parametrize("after", [17, 30, 40, 50, 70, 100])
    def test_is_seen_near_the_end(self, before: int, after: int) -> None:
        found = extract_array(["true_peak"], pulse()[2000 - before : 2000 + after])["true_peak"]
        np.testing.assert_allclose(found, 0, atol=0.01)


@pytest.mark.parametrize("cuts", [[1002], [1001, 1, 1], [1004], [1000, 4]])
def test_clipping_is_one_run_where_pieces_meet(cuts: list[int]) -> None:
    signal = np.zeros(4000, np.float32)
    signal[1000:1004] = 1
    found = extract_array(["clipped_share"], signal, cuts=cuts)["clipped_share"]
    np.testing.assert_array_equal(found, 4 / 4000)


@pytest.mark.parametrize(
    ("levels", "lra"),
    [((-20, -30), 10), ((-20, -15), 5), ((-40, -20), 20), ((-50, -35, -20, -35, -50), 15)],
    ids=["1", "2", "3", "4"],
)
def test_ebu_3342(levels: Sequence[float], lra: float) -> None:
    """Table 1, cases 1 to 4: within 1 LU."""
    found = loudness("loudness_range", tones(*[(level, 20) for level in levels]))
    np.testing.assert_allclose(found, lra, atol=1)


def test_range_is_that_of_pyloudnorm() -> None:
    """It takes other windows (every 90 ms, and 1.5 s of silence after the clip): 0.2 LU."""
    import pyloudnorm

    levels = 0.02 * 10 ** (np.cumsum(np.random.default_rng(3).normal(0, 1.5, 60)) / 20)
    signal = np.concatenate([noise(48000, 0.5, float(x), seed=n) for n, x in enumerate(levels)])
    theirs = pyloudnorm.Meter(48000, filter_class="DeMan").loudness_range(signal.astype(float))
    np.testing.assert_allclose(loudness("loudness_range", signal), theirs, atol=0.2)
    assert theirs > 3


class TestFilter:
    @pytest.mark.parametrize("rate", [8000, 44100, 192000])
    @pytest.mark.parametrize("sizes", [[], [1, 63, 64, 65, 1023, 1024, 1025, 7]])
    def test_is_that_of_scipy(self, rate: int, sizes: Sequence[int]) -> None:
        sections = k_weighting(sample_rate=rate)
        rows = np.stack([noise(rate, 0.3), scene(rate, 0.3)])
        state, made = None, []
        for part in np.split(rows, np.cumsum(sizes, dtype=int), axis=1):
            state, out = filtered(state, part, recursion(sections))
            made.append(out)
        theirs = scipy.signal.sosfilt(sections, rows.astype(float), axis=-1)
        np.testing.assert_allclose(np.concatenate(made, axis=1), theirs, atol=1e-9)


class TestPieces:
    @pytest.mark.parametrize("feature", OF_THE_FILE)
    @pytest.mark.parametrize("rate", [8000, 11025, 44100])
    def test_change_nothing(self, feature: str, rate: int) -> None:
        signal = np.stack([noise(rate, 4.3, seed=1), scene(rate, 4.3)], axis=1)
        signal[1000:1010], signal[-5:] = 1, 1
        whole = extract_array([feature], signal, sample_rate=rate)[feature]
        sizes = np.random.default_rng(0).integers(1, 5000, 40).tolist()
        cut = extract_array([feature], signal, cuts=sizes, sample_rate=rate)[feature]
        assert np.isfinite(whole).all()
        np.testing.assert_allclose(cut, whole, rtol=0, atol=1e-5)

    @pytest.mark.parametrize("feature", OF_THE_FILE)
    def test_gain_law(self, feature: str) -> None:
        signal = np.stack([noise(22050, 4), scene(22050, 4)], axis=1)
        plain, halved = (extract_array([feature], g * signal)[feature] for g in (1, 0.5))
        law = load_features(plugins=False)[feature].gain
        moved = {"decibel": plain + 20 * np.log10(0.5), "linear": 0.5 * plain}
        np.testing.assert_allclose(halved, moved.get(str(law), plain), atol=1e-5)


class TestChannels:
    @pytest.mark.parametrize("feature", OF_THE_FILE)
    def test_a_mono_mix_changes_nothing(self, feature: str) -> None:
        both = np.stack([noise(48000, 3.2, seed=1), noise(48000, 3.2, seed=2)], axis=1)
        alone = extract_array([feature], both, **STUDIO)[feature]
        mixed = extract_array([feature], both.mean(axis=1), native=both, **STUDIO)[feature]
        np.testing.assert_array_equal(mixed.ravel(), alone[..., :1, :].ravel())

    def test_a_lower_rate_changes_nothing(self, tmp_path: Path) -> None:
        """From a file: frames of 22050 Hz mono show the loudness of 48 kHz stereo."""
        both = np.stack([noise(48000, 3.2, seed=1), scene(48000, 3.2)], axis=1)
        sf.write(tmp_path / "a.wav", both, 48000, subtype="FLOAT")
        plan = plan_of(config_of(["momentary_loudness", "integrated_loudness"]))
        writer = PartWriter(plan, tmp_path, "x")
        file = tmp_path / "a.wav"
        clip = Clip("a.wav", str(file), file.stat().st_size, 0, "a.wav")
        ClipExtractor(plan).extract(clip, writer)
        tables = {
            part.table: pq.read_table(tmp_path / part.table / part.name) for part in writer.close()
        }
        frames, clips = tables["frames"], tables["clips"]
        direct = extract_array(["momentary_loudness", "integrated_loudness"], both, **STUDIO)
        every_10_ms = direct["momentary_loudness"][:, 0, 0]
        nearest = np.floor(100 * frames["time"].to_numpy() + 0.5).astype(int)
        np.testing.assert_allclose(
            frames["momentary_loudness"].to_numpy(), every_10_ms[nearest], atol=1e-4
        )
        np.testing.assert_allclose(
            clips["integrated_loudness"].to_numpy(), direct["integrated_loudness"][0], atol=1e-5
        )

    def test_the_low_frequency_channel_is_not_heard(self) -> None:
        six = np.stack([noise(48000, 1, seed=c) for c in range(6)], axis=1)
        without = six.copy()
        without[:, 3] = 0
        heard, unheard = (loudness("momentary_loudness", x) for x in (six, without))
        np.testing.assert_array_equal(heard, unheard)


class TestOddClips:
    @pytest.mark.parametrize("feature", OF_THE_FILE)
    @pytest.mark.parametrize("rate", [8000, 192000])
    @pytest.mark.parametrize("channels", [1, 8])
    def test_one_sample(self, feature: str, rate: int, channels: int) -> None:
        signal = np.full((1, channels), 0.5, np.float32)
        found = extract_array([feature], signal, sample_rate=rate)[feature]
        known = {"true_peak": 20 * np.log10(0.5), "crest_factor": 0, "dc_offset": 0.5}
        wanted = known.get(feature, 0 if feature == "clipped_share" else np.nan)
        np.testing.assert_allclose(found, np.full(found.shape, wanted), atol=1e-6)

    @pytest.mark.parametrize(
        ("feature", "window"), [("momentary_loudness", 0.4), ("short_term_loudness", 3.0)]
    )
    def test_dc_is_heard_only_where_it_begins(self, feature: str, window: float) -> None:
        found = loudness(feature, dc(48000, 8, 0.5))
        over = round(
            FRAMES_PER_SECOND * (window / 2 + 0.1)
        )  # the last to see it, the filter's tail
        assert np.isfinite(found[: over - 10]).all()
        assert np.isnan(found[over:]).all()

    @pytest.mark.parametrize("feature", LOUDNESS)
    def test_quieter_than_anything_is_null(self, feature: str) -> None:
        faint = noise(48000, 4, 10 ** ((LEAST_LUFS - 10) / 20))
        assert np.isnan(loudness(feature, faint)).all()

    def test_too_low_a_rate_is_null(self) -> None:
        found = extract_array(list(LOUDNESS), noise(2000, 5), sample_rate=2000)
        assert all(np.isnan(values).all() for values in found.values())
