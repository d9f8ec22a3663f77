"""Finding configs, the bundled ones, and the schema for editors."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from audiofeat_cli.config.load import load_config
from audiofeat_cli.config.schema import json_schema
from audiofeat_cli.config.settings import TOP_KEYS
from audiofeat_cli.errors import UsageError
from audiofeat_cli.presets import find_config, list_presets, read_preset
from audiofeat_cli.registry import load_features
from tests.config_toys import FEATURES, STATISTICS

NAMES = [preset.name for preset in list_presets()]


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_is_right_and_says_what_it_is_for(name: str) -> None:
    loaded = load_config(read_preset(name), f"{name}.yaml", features=load_features(plugins=False))
    assert (loaded.problems, loaded.warnings) == ([], [])
    (summary,) = [p.summary for p in list_presets() if p.name == name]
    assert len(summary) > 20


def test_the_presets_of_this_version() -> None:
    assert {"mel", "mfcc", "chroma"} <= set(NAMES)


@pytest.mark.parametrize("name", ["mel", "mel.yaml"])
def test_a_preset_is_found_from_any_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir()
    assert find_config(name) == ("mel.yaml", read_preset("mel"))


def test_a_file_goes_before_a_preset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mel.yaml").write_bytes(b"mine")
    assert find_config("mel.yaml") == ("mel.yaml", b"mine")
    assert find_config("mel") == ("mel.yaml", read_preset("mel"))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mell", "'mell' is neither a file nor a preset\n  presets: {}; did you mean 'mel'?"),
        (
            "a/mel.yml",
            "'a/mel.yml' is neither a file nor a preset\n  presets: {}; did you mean 'mel'?",
        ),
        ("qqqq", "'qqqq' is neither a file nor a preset\n  presets: {}"),
        ("/", "'/' is a folder, and no preset\n  presets: {}"),
        ("a\0b", "'a\\x00b' is neither a file nor a preset\n  presets: {}"),
    ],
)
def test_what_is_nowhere(name: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_config(name)
    assert str(caught.value) == told.format(", ".join(NAMES))


def test_a_file_that_cannot_be_opened() -> None:
    with pytest.raises(UsageError, match="cannot be read: File name too long"):
        find_config("x" * 5000)


def test_an_unknown_preset() -> None:
    with pytest.raises(UsageError, match="no preset is called 'mell'"):
        read_preset("mell")


def test_schema_of_toys() -> None:
    schema = json_schema(FEATURES, statistics=STATISTICS)
    assert tuple(schema["properties"]) == TOP_KEYS
    assert schema["required"] == ["sample_rate", "features"]
    names, objects = schema["properties"]["features"]["items"]["anyOf"]
    assert "delta" not in names["enum"]
    assert objects["properties"]["delta"]["required"] == ["of"]
    mel = objects["properties"]["mel"]
    assert mel["additionalProperties"] is False
    assert mel["properties"]["n_mels"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 2**20,
        "default": 128,
    }
    assert mel["properties"]["fmin"] == {
        "type": "number",
        "minimum": 0,
        "description": "In Hz.",
        "default": 0.0,
    }
    assert mel["properties"]["n_fft"] == {"$ref": "#/$defs/n_fft"}
    assert set(_references(schema)) <= {f"#/$defs/{name}" for name in schema["$defs"]}


def _references(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [r for item in schema for r in _references(item)]
    if not isinstance(schema, dict):
        return []
    own = [schema["$ref"]] if "$ref" in schema else []
    return own + [r for value in schema.values() for r in _references(value)]


def _valid(data: Any) -> bool:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json_schema(load_features(plugins=False))
    jsonschema.Draft202012Validator.check_schema(schema)
    return bool(jsonschema.Draft202012Validator(schema).is_valid(data))


@pytest.mark.parametrize("name", NAMES)
def test_schema_accepts_presets(name: str) -> None:
    assert _valid(yaml.safe_load(read_preset(name)))


@pytest.mark.parametrize(
    ("key", "value", "accepted"),
    [
        ("win_length", "46.4 ms", True),
        ("win_length", "46.4 furlongs", False),
        ("window", ["kaiser", 8.6], True),
        ("n_fft", 0, False),
        ("hop_lenght", 512, False),
        ("features", ["delta"], False),
        ("features", [{"mel": {"norm": 1}}], True),
        ("features", [{"mel": None}], True),
        ("features", [{"mel": {"n_mels": 0}}], False),
        ("features", [{"mel": {}, "mfcc": {}}], False),
        ("tables", [], False),
    ],
)
def test_schema_judges_as_we_do(key: str, value: Any, accepted: bool) -> None:
    data = {"sample_rate": 22050, "features": ["mel"], key: value}
    assert _valid(data) is accepted
