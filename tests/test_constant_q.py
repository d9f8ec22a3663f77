"""Constant-Q transforms, chroma and key: what configs may ask for, and known truth."""

import json
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from audiofeat_cli.arrays import run_array
from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.registry import load_features
from tests.cases import SAMPLE_AUDIO
from tests.signals import Item, config_of, extract_array, noise, plan_of, sine

TRUTH = json.loads((SAMPLE_AUDIO / "ground_truth.json").read_text())
KEYED = sorted(name for name, facts in TRUTH.items() if "key" in facts)


def troubles(item: Item, **settings: Any) -> tuple[list[str], list[str]]:
    """(errors, warnings) of a config."""
    found = compile_plan(config_of([item], **settings), load_features(plugins=False)).troubles
    errors = [f"{t.parameter}: {t.message}" for t in found if not t.warning]
    return errors, [f"{t.parameter}: {t.message}" for t in found if t.warning]


def width(item: Item, **settings: Any) -> int:
    return plan_of(config_of([item], **settings)).outputs[0].width


class TestBins:
    def test_84_where_they_fit(self) -> None:
        assert width("cqt") == 84
        assert width("cqt", sample_rate=8000) == 83
        assert width("vqt", sample_rate=4000, hop_length=512) < 72

    def test_centres_are_labels(self) -> None:
        labels = plan_of(config_of(["cqt"])).outputs[0].labels
        assert labels[0] == pytest.approx(32.7032, abs=1e-4)
        assert labels[45] == pytest.approx(440)

    def test_a_tone_is_in_its_bin(self) -> None:
        signal = sine(22050, 1, 440.0)
        for name in ("cqt", "vqt", "hybrid_cqt", "pseudo_cqt"):
            middle = extract_array([name], signal)[name][20, 0]
            assert middle.argmax() == 45, name
        chroma = extract_array(["chroma_cqt"], signal)["chroma_cqt"][20, 0]
        assert chroma.argmax() == 9

    @pytest.mark.parametrize(
        ("item", "settings", "said"),
        [
            ({"cqt": {"n_bins": 110}}, {}, "n_bins: the filter at 11175 Hz"),
            ({"cqt": {"n_bins": 84}}, {"sample_rate": 8000}, "83 bins fit above fmin"),
            ({"cqt": {"fmin": 12000.0}}, {}, "fmin: the filter at 12000 Hz"),
            ({"cqt": {"fmin": 0.001, "n_bins": 12}}, {}, "s long; use a higher one"),
            ({"cqt": {"filter_scale": 0.0002, "n_bins": 7}}, {}, "less than two samples"),
            ("cqt", {"sample_rate": None}, "n_bins: must be given where sample_rate is null"),
            ({"vqt": {"intervals": (1.0, 2.5)}}, {}, "intervals: expected rising ratios"),
            ({"chroma_cqt": {"n_chroma": 7}}, {}, "expected a multiple of n_chroma (7), got 36"),
            ({"chroma_cqt": {"fmin": 9000.0}}, {}, "not even one octave"),
            ({"hpcp": {"fmin": 4000.0}}, {}, "fmin: expected less than fmax (3500 Hz)"),
            ({"hpcp": {"window_size": 0.2}}, {}, "expected at least one class"),
            ({"log_filterbank": {"fmax": 17000.0}}, {}, "at most sample_rate / 2 (11025 Hz)"),
            ("log_filterbank", {"sample_rate": None}, "sample_rate: null would give each band"),
            ({"log_filterbank": {"fmin": 10000.0, "bands_per_octave": 1}}, {}, "three corners"),
        ],
    )
    def test_what_cannot_work_is_refused(
        self, item: Item, settings: dict[str, Any], said: str
    ) -> None:
        errors, _ = troubles(item, **settings)
        assert len(errors) == 1
        assert said in errors[0]

    def test_a_hop_that_is_not_halved_often_enough_is_told(self) -> None:
        errors, warnings = troubles("cqt", hop_length=441)
        assert not errors
        assert "multiples of 64 (384 or 448) are quick" in warnings[0]
        assert troubles("cqt", hop_length=448) == ([], [])

    def test_octaves_left_out_of_the_chroma_are_told(self) -> None:
        errors, warnings = troubles("chroma_cqt", sample_rate=8000)
        assert not errors
        assert "n_octaves: 3 of 252 bins lie above 4000 Hz" in warnings[0]


class TestLogFilterbank:
    def test_as_many_bands_as_published(self) -> None:
        """157 in all, Boeck, Krebs and Widmer 2016."""
        counts = [
            width({"log_filterbank": {"bands_per_octave": b}}, sample_rate=44100, n_fft=n)
            for b, n in ((3, 1024), (6, 2048), (12, 4096))
        ]
        assert counts == [21, 45, 91]


class TestKey:
    @pytest.mark.parametrize("profile", ["bgate", "krumhansl", "temperley", "edma"])
    @pytest.mark.parametrize("of", ["chroma_cqt", "hpcp"])
    @pytest.mark.parametrize("name", KEYED)
    def test_of_the_sample_audio(self, name: str, of: str, profile: str) -> None:
        samples, rate = sf.read(SAMPLE_AUDIO / name, dtype="float32", always_2d=True)
        config = config_of([{"key": {"of": of, "profile": profile}}], sample_rate=rate)
        found = run_array(plan_of(config, file_rate=rate), samples.mean(axis=1), rate)
        tonic, mode = TRUTH[name]["key"].split()
        assert found["key_name"][0, 0] == f"{tonic} {mode}"
        assert (found["key_tonic"][0, 0], found["key_mode"][0, 0]) == (tonic, mode)
        assert found["key_strength"][0, 0] > 0.7
        assert found["key_margin"][0, 0] > 0.05

    def test_noise_has_none(self) -> None:
        found = run_array(plan_of(config_of(["key"])), noise(22050, 2), 22050)
        assert found["key_name"][0, 0] is None
        assert np.isnan(found["key_strength"]).all()

    def test_a_chroma_of_other_classes_is_refused_before_any_audio(self) -> None:
        config = config_of([{"chroma_stft": {"n_chroma": 20}}, {"key": {"of": "chroma_stft"}}])
        found = compile_plan(config, load_features(plugins=False)).troubles
        assert [trouble.parameter for trouble in found] == ["of"]
        assert "chroma_stft has 20" in found[0].message
