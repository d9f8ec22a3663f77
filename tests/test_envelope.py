"""Envelopes of sounds whose stages are known, and predictors of signals that can be predicted."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.registry import load_features
from audiofeat_cli.step import Array
from audiofeat_cli.steps.envelope import event_outline
from audiofeat_cli.steps.lpc import line_frequencies, prediction
from tests import signals
from tests.reference import _envelope
from tests.signals import Item, config_of, extract_array

FOLDER = Path(__file__).resolve().parents[1] / "sample_audio"
TRUTHS: dict[str, Any] = json.loads((FOLDER / "ground_truth.json").read_text("utf-8"))
NOTES = [path for path, truth in TRUTHS.items() if "attack_s" in truth]
RATE = 22050


def load(path: str) -> tuple[Array, int]:
    samples, rate = soundfile.read(FOLDER / path, always_2d=True)
    return samples.mean(axis=1).astype(np.float32), rate


def values(item: Item, samples: Array, rate: int = RATE, **settings: Any) -> dict[str, float]:
    found = extract_array([item], samples, sample_rate=rate, **settings)
    return {name: float(each.ravel()[0]) for name, each in found.items()}


class TestStages:
    @pytest.mark.parametrize("path", NOTES)
    def test_attack_is_within_10_ms(self, path: str) -> None:
        attack = values("adsr", *load(path))["adsr_attack"]
        assert attack == pytest.approx(TRUTHS[path]["attack_20_90_s"], abs=0.01)

    def test_stages_of_a_bowed_note(self) -> None:
        path = "notes/bowed/bowed_d4.flac"
        truth, found = TRUTHS[path], values("adsr", *load(path))
        level = truth["sustain_level"]
        assert found["adsr_sustain"] == pytest.approx(level, abs=0.02)
        assert found["adsr_decay"] == pytest.approx(0.95 * truth["decay_s"], abs=0.01)
        release = truth["release_s"] * (0.95 * level - 0.1) / level
        assert found["adsr_release"] == pytest.approx(release, abs=0.01)

    def test_plucked_note_has_no_sustain(self) -> None:
        path = "notes/plucked_222hz.wav"
        found = values("adsr", *load(path))
        to_a_tenth = TRUTHS[path]["decay_time_constant_s"] * np.log(10)
        assert found["adsr_decay"] == pytest.approx(to_a_tenth, abs=0.02)
        assert found["adsr_sustain"] == 0
        assert np.isnan(found["adsr_release"])

    @pytest.mark.parametrize("rate", [8000, 22050, 44100, 192000])
    def test_note_of_known_corners(self, rate: int) -> None:
        found = values("adsr", _envelope.note(rate), rate)
        assert found["adsr_attack"] == pytest.approx(0.7 * 0.05, abs=0.002)
        assert found["adsr_decay"] == pytest.approx(0.95 * 0.1, abs=0.005)
        assert found["adsr_sustain"] == pytest.approx(0.5, abs=0.01)
        assert found["adsr_release"] == pytest.approx(0.2 * (0.95 * 0.5 - 0.1) / 0.5, abs=0.005)

    @pytest.mark.parametrize("name", ["silence", "clicks", "scene"])
    def test_null_unless_a_single_event(self, name: str) -> None:
        found = values("adsr", getattr(signals, name)(RATE, 1.2))
        assert np.isnan(list(found.values())).all()

    @pytest.mark.parametrize("name", ["dc", "sine", "noise"])
    def test_what_fills_the_clip_has_neither_attack_nor_release(self, name: str) -> None:
        found = values("adsr", getattr(signals, name)(RATE, 1.2))
        assert np.isnan([found["adsr_attack"], found["adsr_release"]]).all()
        assert found["adsr_sustain"] > 0.7

    def test_note_cut_off_at_both_ends(self) -> None:
        found = values("adsr", _envelope.cut_off(RATE))
        assert np.isnan([found["adsr_attack"], found["adsr_release"]]).all()
        assert found["adsr_sustain"] == pytest.approx(0.5, abs=0.01)


class TestSingleEvent:
    @pytest.mark.parametrize("path", [path for path in TRUTHS if not path.startswith("space/")])
    def test_sample_audio(self, path: str) -> None:
        several = ("music/", "calibration/silence")
        assert values("single_event", *load(path))["single_event"] == (not path.startswith(several))

    @pytest.mark.parametrize("gain", [1e-4, 1.0, 100.0])
    def test_the_level_does_not_matter(self, gain: float) -> None:
        one, two = _envelope.note(RATE), _envelope.two_notes(RATE)
        assert values("single_event", np.float32(gain) * one)["single_event"] == 1
        assert values("single_event", np.float32(gain) * two)["single_event"] == 0

    def test_little_is_kept_of_a_long_clip(self) -> None:
        second = np.ones((1000, 2), np.float32)
        state = event_outline(None, second, sample_rate=1000.0)
        for _ in range(999):
            state = event_outline(state, second, sample_rate=1000.0)
        assert state.pieces == 1_000_000
        assert sum(len(block) for block in state.blocks) <= 8000


class TestShape:
    def test_even_envelope(self) -> None:
        quick = {"attack_time": 1e-4, "release_time": 1e-4}
        signal = signals.dc(RATE, 2)
        found = {
            name: values({name: quick}, signal)
            for name in ("temporal_centroid", "temporal_spread", "temporal_kurtosis")
        }
        assert found["temporal_centroid"]["temporal_centroid_ratio"] == pytest.approx(0.5, abs=1e-3)
        assert found["temporal_centroid"]["temporal_centroid_s"] == pytest.approx(1.0, abs=1e-3)
        assert found["temporal_spread"]["temporal_spread"] == pytest.approx(2 / 12**0.5, abs=1e-3)
        assert found["temporal_kurtosis"]["temporal_kurtosis"] == pytest.approx(-1.2, abs=1e-3)

    def test_follower_reaches_63_percent_in_its_time(self) -> None:
        signal = signals.dc(RATE, 0.1, 0.5)
        found = extract_array(["envelope"], signal, n_fft=2, hop_length=1)["envelope"]
        at = int(np.argmax(found.ravel() >= 0.5 * (1 - np.exp(-1))))
        assert at == pytest.approx(0.01 * RATE, abs=1)


class TestPrediction:
    def test_lines_of_no_prediction_are_even(self) -> None:
        for order in (1, 2, 3, 16, 17):
            flat = np.zeros((1, order + 1))
            flat[0, 0] = 1
            even = np.pi * np.arange(1, order + 1) / (order + 1)
            np.testing.assert_allclose(line_frequencies(flat)[0], even, atol=1e-12)

    @pytest.mark.parametrize("frequency", [100.0, 1000.0, 10000.0])
    def test_a_pure_tone_gives_a_stable_filter(self, frequency: float) -> None:
        tone = signals.sine(RATE, 0.5, frequency)
        filters = prediction(
            tone[:, np.newaxis], np.ones(2048), n_fft=2048, win_length=2048, hop_length=512
        )[:, 0]
        for row in filters:
            assert np.abs(np.roots(row)).max() < 1 + 1e-6
        lines = line_frequencies(filters)
        assert np.isfinite(lines).all()
        assert (np.diff(lines, axis=1) >= 0).all()
        assert 0 <= lines.min() <= lines.max() <= np.pi
        nearest = np.abs(lines - 2 * np.pi * frequency / RATE).min(axis=1)
        assert nearest.max() < 0.01

    def test_vowels_have_their_formants(self) -> None:
        path = "speech/vowels.wav"
        samples, rate = load(path)
        item: Item = {"lpc": {"order": 12, "n_fft": 1600}}
        sharp = np.diff(samples, prepend=np.float32(0))
        found = extract_array([item], sharp, sample_rate=rate, hop_length=160)["lpc"][:, 0]
        for vowel in TRUTHS[path]["vowels"]:
            poles = np.roots(found[round(100 * (vowel["start"] + 0.25))].astype(np.float64))
            hz = np.angle(poles) * rate / (2 * np.pi)
            for formant in vowel["formants_hz"][:2]:
                assert np.abs(hz / formant - 1).min() < 0.08


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"energy_entropy": {"n_blocks": 4096}}, "expected at most n_fft (2048), got 4096"),
        ({"autocorrelation": {"max_size": 3000}}, "expected at most n_fft (2048), got 3000"),
        ({"adsr": {"range_db": 5.0}}, "expected at least min_drop (6), got 5"),
        ({"lpc": {"order": 2048}}, "expected less than win_length (2048), got 2048"),
        ({"lsf": {"order": 512, "n_fft": 512}}, "expected less than win_length (512), got 512"),
    ],
)
def test_what_cannot_work_is_refused(item: Mapping[str, Mapping[str, Any]], said: str) -> None:
    troubles = compile_plan(config_of([item]), load_features(plugins=False)).troubles
    assert [trouble.message for trouble in troubles] == [said]
