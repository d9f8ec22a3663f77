"""What a config says when it is right, and every text when it is wrong."""

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiofeat_cli.config.load import config_name, load_config
from audiofeat_cli.config.model import Config, FeatureRequest, with_rate
from audiofeat_cli.config.settings import TOP_KEYS
from audiofeat_cli.registry import load_features
from tests.config_toys import FEATURES, STATISTICS, load, parameters, problems

RATE = "sample_rate: 22050\n"
LIST = "features: [mel]\n"
GOOD = RATE + LIST


def config(text: str, *overrides: str) -> Config:
    loaded = load(text, *overrides)
    assert loaded.problems == []
    assert loaded.config is not None
    return loaded.config


def with_mel(given: str) -> str:
    return f"sample_rate: 22050\nfeatures:\n  - mel: {{{given}}}\n"


def test_defaults() -> None:
    assert config(GOOD) == Config(
        name="a",
        sample_rate=22050,
        channels="mono",
        resampler="soxr_hq",
        n_fft=2048,
        win_length=2048,
        hop_length=512,
        window="hann",
        center=True,
        pad_mode="constant",
        precision="float64",
        features=(FeatureRequest("mel", "mel", ()),),
        pooling=("mean", "var"),
        segments=None,
        tables=("frames", "clips"),
    )


def test_the_example_of_the_contract() -> None:
    text = """\
sample_rate: 22050        # Hz
channels: mono
resampler: soxr_hq
n_fft: 2048
win_length: null
hop_length: 512
window: hann
center: true
pad_mode: constant
precision: float64
features:
  - mel: {n_mels: 128, fmin: 0, fmax: null, scale: db}
  - mfcc: {n_mfcc: 13}
  - rms
  - delta: {of: mfcc, order: 2}
  - mel: {n_fft: 4096, as: mel_4096}
pooling: [mean, var]
segments: null
tables: [clips, frames]
"""
    read = config(text)
    assert read.tables == ("frames", "clips")
    assert read.features == (
        FeatureRequest(
            "mel", "mel", (("fmax", None), ("fmin", 0.0), ("n_mels", 128), ("scale", "db"))
        ),
        FeatureRequest("mfcc", "mfcc", (("n_mfcc", 13),)),
        FeatureRequest("rms", "rms", ()),
        FeatureRequest("delta", "delta", (("of", "mfcc"), ("order", 2))),
        FeatureRequest("mel", "mel_4096", (("n_fft", 4096),)),
    )
    assert pickle.loads(pickle.dumps(read)) == read
    assert with_rate(read, 8000).sample_rate == 8000


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ("n_mels: 128.0", "n_mels", 128),
        ("n_mels: '128'", "n_mels", 128),
        ("n_mels: 010", "n_mels", 10),
        ("n_mels: 1_000", "n_mels", 1000),
        ("n_mels: 1e3", "n_mels", 1000),
        ("amin: 1e-6", "amin", 1e-6),
        ("fmin: 20", "fmin", 20.0),
        ("fmax: ~", "fmax", None),
        ("fmax:", "fmax", None),
        ("fmax: None", "fmax", None),
        ("htk: no", "htk", False),
        ("htk: On", "htk", True),
        ("htk: 1", "htk", True),
        ("norm: slaney", "norm", "slaney"),
        ("norm: 1", "norm", 1.0),
        ("window: [kaiser, '8.6']", "window", ("kaiser", 8.6)),
        ("window: [hanning]", "window", None),
    ],
)
def test_the_declared_type_decides_what_text_means(given: str, name: str, value: Any) -> None:
    if given == "window: [hanning]":
        assert problems(with_mel(given)) == [
            "a.yaml:3:19: mel.window: no window is called 'hanning'; did you mean 'hann'?"
        ]
        return
    found = parameters(with_mel(given))[name]
    assert found == value
    assert type(found) is type(value)


def test_text_stays_text() -> None:
    text = RATE + "features:\n  - spectral_flux: {label: 010, as: no}\n"
    assert config(text).features[0] == FeatureRequest("spectral_flux", "no", (("label", "010"),))


def test_quotes_keep_text_from_being_null() -> None:
    text = RATE + "features: [spectral_flux: {label: 'null'}, delta: {of: mel, anchor: null}]\n"
    assert problems(text) == ["a.yaml:2:69: delta.anchor: expected text or a number, got null"]
    assert parameters(text.replace("anchor: null", "")) == {"label": "null"}


def test_a_number_is_a_number_where_text_would_do_as_well() -> None:
    text = RATE + "features: [delta: {of: mel, anchor: '8.6'}, delta: {of: mel, anchor: end}]\n"
    assert parameters(text)["anchor"] == 8.6
    assert parameters(text, 1)["anchor"] == "end"


def test_numbers_to_choose_from_and_lists_of_numbers() -> None:
    text = RATE + "features: [mfcc: {dct_type: 3.0}, delta: {of: mfcc, weights: [1, 1e-6]}]\n"
    assert parameters(text) == {"dct_type": 3}
    assert parameters(text, 1) == {"of": "mfcc", "weights": (1.0, 1e-6)}


def test_a_feature_named_by_what_it_reads_may_stand_twice() -> None:
    text = RATE + "features: [mfcc, delta: {of: mfcc}, delta: {of: mfcc, order: 2}]\n"
    assert [r.alias for r in config(text).features] == ["mfcc", "delta", "delta"]


def test_lengths_in_time_are_rounded_and_noted() -> None:
    read = config(GOOD + "win_length: 40ms\nhop_length: 10 ms\n")
    assert (read.win_length, read.hop_length) == (882, 220)
    assert read.notes == (
        "win_length: 40ms at 22050 Hz is 882 samples",
        "hop_length: 10 ms at 22050 Hz is 220.5 samples, rounded to 220 (9.977 ms)",
    )
    assert read == config(GOOD + "win_length: 882\nhop_length: 220\n")


def test_lengths_in_time_need_one_rate() -> None:
    text = "sample_rate: null\nfeatures: [mel: {win_length: 10 ms}]\nhop_length: 10 ms\n"
    told = "a length in time (10 ms) needs one sample_rate, but that is null; give it in samples"
    assert problems(text) == [
        f"a.yaml:2:30: mel.win_length: {told}",
        f"a.yaml:3:13: hop_length: {told}",
    ]
    rated = config(text, "sample_rate=16000")
    assert rated.hop_length == 160
    assert rated.features[0].parameters == (("win_length", 160),)


def test_lengths_that_depend_on_others() -> None:
    assert config(GOOD + "n_fft: 1024\n").hop_length == 256
    assert config(GOOD + "win_length: 1000\n").hop_length == 250
    assert problems(GOOD + "win_length: 3\n") == [
        "a.yaml:1:1: hop_length: null is win_length // 4, which is 0 here; give a number of samples"
    ]


def test_a_features_own_window_is_that_of_its_own_frame() -> None:
    text = RATE + "win_length: 1024\nfeatures: [mel: {n_fft: 4096, win_length: null}]\n"
    assert parameters(text) == {"n_fft": 4096, "win_length": 4096}
    assert parameters(text.replace("n_fft: 4096, ", "")) == {"win_length": 2048}
    short = problems(RATE + "features: [mel: {n_fft: 512, win_length: 513}]\n")
    assert short == [
        "a.yaml:2:42: mel.win_length: 513 samples are more than n_fft (512); shorten it, "
        "or raise n_fft (to 1024, say)"
    ]


def test_dubious_values_warn() -> None:
    loaded = load("sample_rate: 16\nfeatures: [mel]\nhop_length: 2049\n")
    assert loaded.problems == []
    assert loaded.warnings == [
        "a.yaml:1:14: sample_rate: 16 Hz; 16 kHz would be 16000",
        "a.yaml:3:13: hop_length: 2049 samples are more than win_length (2048): "
        "what lies between two windows is not looked at",
    ]
    assert loaded.config is not None
    assert len(loaded.config.notes) == 2
    assert load(GOOD + "hop_length: 2048\n").warnings == []


def test_empty_pooling_is_none() -> None:
    assert config(GOOD + "pooling: []\n").pooling == ()
    assert config(GOOD + "pooling: [std, mean]\n").pooling == ("std", "mean")


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("hop_length=256", "hop_length", 256),
        ("sample_rate=null", "sample_rate", None),
        ("window=[kaiser, 8.6]", "window", ("kaiser", 8.6)),
        ("center=no", "center", False),
        ("tables=[clips]", "tables", ("clips",)),
        ("features=[rms]", "features", (FeatureRequest("rms", "rms"),)),
        ("features.mel.n_mels=64", "features", (FeatureRequest("mel", "mel", (("n_mels", 64),)),)),
        ("features.mel={htk: yes}", "features", (FeatureRequest("mel", "mel", (("htk", True),)),)),
        ("features.mel.as=m", "features", (FeatureRequest("mel", "m"),)),
    ],
)
def test_set_replaces_one_value(override: str, key: str, value: Any) -> None:
    assert getattr(config(GOOD, override), key) == value


def test_set_reaches_a_feature_by_its_alias_or_its_only_name() -> None:
    text = RATE + "features: [mel, mel: {n_mels: 40, as: m40}, mfcc: {as: m}]\n"
    read = config(text, "features.mel.htk=1", "features.m40.n_mels=41", "features.mfcc.n_mfcc=5")
    assert [r.parameters for r in read.features] == [
        (("htk", True),),
        (("n_mels", 41),),
        (("n_mfcc", 5),),
    ]


def test_set_leaves_the_twin_of_an_alias_alone() -> None:
    text = RATE + "features: [mel: &p {n_mels: 40}, mfcc: *p]\n"
    read = config(text, "features.mel.n_mels=41")
    assert [dict(r.parameters)["n_mels"] for r in read.features] == [41, 40]


def test_places_for_checks_that_know_more() -> None:
    loaded = load(RATE + "n_fft: 512\nfeatures:\n  - rms\n  - mel: {fmax: 9e9}\n", "center=no")
    assert loaded.locate(1, "fmax") == "a.yaml:5:17"
    assert loaded.locate(1, "n_fft") == "a.yaml:2:8"
    assert loaded.locate(1, "fmin") == "a.yaml:5:5"
    assert loaded.locate(0) == "a.yaml:4:5"
    assert loaded.locate(parameter="center") == "--set center=no"
    assert loaded.locate(parameter="window") == "a.yaml:1:1"
    assert loaded.problem_line("too high", request=1, parameter="fmax") == (
        "a.yaml:5:17: mel.fmax: too high"
    )
    assert loaded.problem_line("bad", request=1, parameter="n_fft") == "a.yaml:2:8: n_fft: bad"
    assert loaded.problem_line("bad", request=1, parameter="fmin") == "a.yaml:5:5: mel.fmin: bad"
    assert loaded.problem_line("bad", request=0) == "a.yaml:4:5: rms: bad"
    assert loaded.problem_line("bad", parameter="window") == "a.yaml:1:1: window: bad"


def test_a_draft_keeps_what_is_right() -> None:
    loaded = load(RATE + "features: [mfcc: {n_mfcc: 0, as: m}, rms, x]\npooling: 3\nfoo: 1\n")
    assert loaded.config is None
    assert loaded.draft is not None
    assert [r.feature for r in loaded.draft.features] == ["rms"]
    assert loaded.broken == {"mfcc", "m", "x"}
    assert loaded.locate(0) == "a.yaml:2:38"
    assert load(RATE + LIST + "n_fft: abc\n").draft is None


@pytest.mark.parametrize(
    ("source", "name"),
    [("mel.yaml", "mel"), ("a/b.c.yml", "b.c"), ("mel", "mel"), ("-", "stdin"), ("x.y", "x.y")],
)
def test_a_config_is_called_after_its_file(source: str, name: str) -> None:
    assert config_name(source) == name


def test_registered_features_and_statistics_are_the_default() -> None:
    loaded = load_config(GOOD + "pooling: [var]\n", "a.yaml", features=load_features(plugins=False))
    assert loaded.problems == []


PIECES = (
    *"\n\n  -:[]{},'\"#&*!|>?@~\t\\%=",
    *("\n- ", "\n  - ", ": ", ", ", "&a ", "*a", "<<: ", "---", "...", "\\UFFFFFFFF"),
    *("n_mels", "as", "of", "null", "no", "1e-6", "10 ms", "kaiser", "0", "22050", "-1", "é"),
    *TOP_KEYS,
    *FEATURES,
)
YAMLISH = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@given(YAMLISH | st.text() | st.binary(), st.lists(YAMLISH | st.text(), max_size=2))
def test_no_text_raises(text: str | bytes, overrides: list[str]) -> None:
    start = GOOD.encode() if isinstance(text, bytes) else GOOD
    for whole in (text, start + text):  # type: ignore[operator]
        loaded = load_config(
            whole, "a.yaml", features=FEATURES, overrides=overrides, statistics=STATISTICS
        )
        assert (loaded.config is None) == bool(loaded.problems)
        for line in loaded.problems:
            assert line.startswith(("a.yaml:", "--set "))
            assert line.isprintable()
            assert "pydantic" not in line.lower()
            assert "Input should" not in line
