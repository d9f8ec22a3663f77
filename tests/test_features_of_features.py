"""Names, units and gain laws of features that read others; and parameters that cannot work."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.plan import Output
from audiofeat_cli.registry import load_features
from tests.signals import Item, config_of, extract_array, noise, plan_of, scene, silence


def output(*features: Item) -> Output:
    """Of the last of the features."""
    return plan_of(config_of(features)).outputs[-1]


@pytest.mark.parametrize(
    ("item", "first", "last"),
    [
        ({"stack": {"of": "mel", "before": 1, "after": 1}}, "mel_stack_000", "mel_stack_383"),
        ({"stack": {"of": "rms", "before": 1, "after": 1}}, "rms_stack_00", "rms_stack_02"),
        ({"cmvn": {"of": "mfcc"}}, "mfcc_cmvn_00", "mfcc_cmvn_12"),
        ({"cmvn": {"of": "rms"}}, "rms_cmvn", "rms_cmvn"),
        ({"texture": {"of": "mfcc"}}, "mfcc_texture_mean_00", "mfcc_texture_mean_12"),
        ({"texture": {"of": "rms", "statistic": "std"}}, "rms_texture_std", "rms_texture_std"),
    ],
)
def test_columns(item: Mapping[str, Any], first: str, last: str) -> None:
    columns = output(item).columns
    assert (columns[0], columns[-1]) == (first, last)


@pytest.mark.parametrize(
    ("item", "unit", "gain"),
    [
        ({"stack": {"of": "mel"}}, "dB", "decibel"),
        ({"cmvn": {"of": "mel"}}, "1", "invariant"),
        ({"cmvn": {"of": "mel", "variance": False}}, "dB", "invariant"),
        ({"cmvn": {"of": "rms", "variance": False}}, "FS", "linear"),
        ({"cmvn": {"of": "mfcc"}}, "1", "none"),
        ({"texture": {"of": "mel"}}, "dB", "decibel"),
        ({"texture": {"of": "mel", "statistic": "var"}}, "dB^2", "invariant"),
        ({"texture": {"of": "rms", "statistic": "var"}}, "FS^2", "power"),
        ({"texture": {"of": "energy", "statistic": "var"}}, "(FS^2)^2", "none"),
        ({"texture": {"of": "energy", "statistic": "std"}}, "FS^2", "power"),
    ],
)
def test_unit_and_gain_follow_the_source(item: Mapping[str, Any], unit: str, gain: str) -> None:
    found = output(item)
    assert (found.unit, found.gain) == (unit, gain)


def test_stacked_columns_keep_their_band() -> None:
    mel, stacked = (output(item) for item in ("mel", {"stack": {"of": "mel", "after": 0}}))
    assert stacked.labels == mel.labels * 6


def test_they_read_each_other() -> None:
    chain: Sequence[Item] = (
        {"mfcc": {"n_mfcc": 5, "as": "short"}},
        {"cmvn": {"of": "short"}},
        {"delta": {"of": "short_cmvn"}},
        {"texture": {"of": "waveform_std"}},
        "waveform",
    )
    found = extract_array(chain, scene(22050, 1))
    assert found["short_cmvn_delta"].shape == (44, 1, 5)
    assert found["waveform_std_texture_mean"].shape == (44, 1, 1)


def test_cmvn_of_a_clip_has_mean_0_and_variance_1_in_each_channel() -> None:
    signal = np.stack([noise(22050, 1), 0.1 * scene(22050, 1)], axis=1)
    values = extract_array([{"cmvn": {"of": "mel"}}], signal, channels="each")["mel_cmvn"]
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(values.var(axis=0), 1, atol=1e-5)


def test_frames_of_equal_levels_have_equal_mfccs() -> None:
    values = extract_array(["mfcc"], silence(22050, 3))["mfcc"]
    assert np.ptp(values, axis=0).max() == 0


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ({"stack": {"of": "rms", "before": 0, "after": 0}}, "nothing would be stacked"),
        ({"cmvn": {"of": "rms", "length": 1}}, "expected at least 2 frames, got 1"),
        ({"cmvn": {"of": "integrated_loudness"}}, "has no values per frame"),
        ({"texture": {"of": "waveform"}}, "has several values"),
        ({"pcen": {"max_size": 41, "n_mels": 40}}, "expected at most n_mels (40), got 41"),
        ({"onset_strength": {"max_size": 200}}, "expected at most n_mels (128), got 200"),
        ({"onset_strength": {"fmax": 12000.0}}, "expected at most sample_rate / 2"),
        ({"mfcc": {"dct_type": "1", "n_mels": 1, "n_mfcc": 1}}, "expected at least 2 for dct_type"),
    ],
)
def test_what_cannot_work_is_refused(item: Mapping[str, Any], told: str) -> None:
    compiled = compile_plan(config_of([item]), load_features(plugins=False))
    assert compiled.plan is None
    assert any(told in trouble.message for trouble in compiled.troubles), compiled.troubles


def test_phases_of_bins_need_one_rate() -> None:
    config = config_of(["stft_phase"], sample_rate=None)
    compiled = compile_plan(config, load_features(plugins=False))
    assert [t.message for t in compiled.troubles] == [
        "sample_rate: null would give each bin another frequency in each file; state one"
    ]
