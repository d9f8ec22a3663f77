"""`audiofeat features`: every feature and all its parameters, from the registry alone."""

import json

import pytest

from audiofeat_cli.registry import accepted_parameters, load_features
from tests.commands import audiofeat


def test_lists_every_feature_within_80_columns() -> None:
    done = audiofeat("features")
    assert done.code == 0
    assert max(map(len, done.lines)) <= 80
    named = {line.split()[0] for line in done.lines if line[:2] == "  " and line[2] != " "}
    assert named == {"feature", *load_features()}


def test_tells_frame_and_clip_level_apart() -> None:
    frames, clips = audiofeat("features").out.split("\nPer file\n")
    assert "\n  rms  " in frames
    assert "\n  integrated_loudness " in "\n" + clips


def test_json_has_the_facts_of_all() -> None:
    facts = {fact["name"]: fact for fact in json.loads(audiofeat("features", "--json").out)}
    assert facts.keys() == load_features().keys()
    for name, feature in load_features().items():
        accepted = accepted_parameters(feature)
        assert [p["name"] for p in facts[name]["parameters"]] == list(accepted)
        assert facts[name]["reference"] == feature.reference
    assert facts["mel"]["columns"][127] == "mel_127"
    assert facts["mel"]["unit"] == "dB"
    assert facts["delta"]["columns"] is None


@pytest.mark.parametrize("name", load_features())
def test_one_in_detail(name: str) -> None:
    feature = load_features()[name]
    text = audiofeat("features", name).out
    assert text.startswith(f"{name}\n\n  {feature.definition.splitlines()[0]}\n")
    assert f"  Checked against: {feature.reference}\n" in text
    for parameter in accepted_parameters(feature).values():
        assert parameter.name in text


@pytest.mark.parametrize("name", load_features())
def test_its_example_is_a_config(name: str) -> None:
    example = audiofeat("features", name).lines[-1].strip()
    assert example.startswith("features: [")
    done = audiofeat("check", "mel", "--set", f"features={example.partition(': ')[2]}")
    assert done.code == 0, done.err


def test_parameters_have_type_default_and_unit() -> None:
    lines = [" ".join(line.split()) for line in audiofeat("features", "mfcc").lines]
    assert any(line.startswith("n_mfcc 13 a whole number ") for line in lines)
    assert "fmax null a number of at least 0 (Hz) or null" in lines
    assert "  of     required   text" in audiofeat("features", "delta").lines
    (fmax,) = (
        p
        for p in json.loads(audiofeat("features", "mel", "--json").out)["parameters"]
        if p["name"] == "fmax"
    )
    assert fmax == {
        "name": "fmax",
        "type": "a number of at least 0 (Hz) or null",
        "unit": "Hz",
        "required": False,
        "default": None,
        "from_config": False,
    }
