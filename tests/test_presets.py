"""Finding configs, the bundled ones, and the schema for editors."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile as sf
import yaml

from audiofeat_cli.arrays import run_array
from audiofeat_cli.config.load import load_config
from audiofeat_cli.config.schema import json_schema
from audiofeat_cli.config.settings import TOP_KEYS
from audiofeat_cli.errors import UsageError
from audiofeat_cli.planning import load_plan
from audiofeat_cli.presets import find_config, list_presets, read_preset
from audiofeat_cli.registry import load_features
from audiofeat_cli.step import Array
from tests import signals
from tests.commands import ROOT, SAMPLES, audiofeat
from tests.config_toys import FEATURES, STATISTICS
from tests.runs import extract

NAMES = [preset.name for preset in list_presets()]


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_is_right_and_says_what_it_is_for(name: str) -> None:
    loaded = load_config(read_preset(name), f"{name}.yaml", features=load_features(plugins=False))
    assert (loaded.problems, loaded.warnings) == ([], [])
    (summary,) = [p.summary for p in list_presets() if p.name == name]
    assert len(summary) > 20


def test_the_presets_of_this_version() -> None:
    assert NAMES == [
        "chroma",
        "librosa-slide",
        "mel",
        "mfcc",
        "multires",
        "onset",
        "speech",
        "timbre",
        "torchaudio-slide",
    ]


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


SAMPLE_FILES = ["music/chords/c_minor.mp3", "speech/telephone/vowels.ogg", "space/pan_sweep.wav"]


def frames_of(preset: str, file: Path, out: Path, prefix: str) -> Array:
    """(frames, columns) of a file, as a run writes them."""
    assert extract(out, file, load_plan(preset).plan).done == 1
    (part,) = (out / "frames").glob("*.parquet")
    table = pq.read_table(part)
    names = [name for name in table.column_names if name.startswith(prefix)]
    return np.stack([table[name].to_numpy() for name in names], axis=1)


@pytest.mark.parametrize("name", SAMPLE_FILES)
def test_librosa_slide_is_what_librosa_gives(name: str, tmp_path: Path) -> None:
    """Decoding, channels and resampling too: one speech file at 8 kHz, music in MP3, stereo."""
    librosa = pytest.importorskip("librosa")
    ours = frames_of("librosa-slide", SAMPLES / name, tmp_path, "stft_")
    y, _ = librosa.load(SAMPLES / name)
    theirs = librosa.amplitude_to_db(np.abs(librosa.stft(y)), top_db=80).T
    assert theirs.max() - theirs.min() == pytest.approx(80, abs=1e-4)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, atol=2e-5, rtol=0)


def torch_spectrogram(samples: Array, n_fft: int, hop: int) -> Array:
    """(frames, bins) of torch.stft's documented formula, by its sum over samples.

    X[w, m] = sum_k window[k] input[m hop + k] exp(-2 pi i w k / n_fft), where the input has half a
    window mirrored at either end, the outermost sample once, and the Hann window is periodic.
    """
    half = n_fft // 2
    mirrored = np.concatenate([samples[half:0:-1], samples, samples[-2 : -half - 2 : -1]])
    k = np.arange(n_fft)
    window = np.sin(np.pi * k / n_fft) ** 2
    frames = [mirrored[at : at + n_fft] for at in range(0, len(mirrored) - n_fft + 1, hop)]
    transform = np.exp(-2j * np.pi * np.outer(k, np.arange(half + 1)) / n_fft)
    return np.asarray(np.abs((np.stack(frames) * window) @ transform) ** 2)


def test_torchaudio_slide_is_the_formula_of_torch(tmp_path: Path) -> None:
    file = SAMPLES / "speech" / "vowels.wav"
    samples, rate = sf.read(file)
    assert rate == 16000
    ours = frames_of("torchaudio-slide", file, tmp_path, "stft_")
    theirs = torch_spectrogram(samples, 1024, 512)
    assert ours.shape == theirs.shape == (1 + len(samples) // 512, 513)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-10 * theirs.max())


def test_torchaudio_slide_reflects_the_ends() -> None:
    """A rising line goes on falling: with zeros beyond the ends, frame 0 would hold half of it."""
    line = np.linspace(-0.5, 0.5, 16000)
    plan = load_plan("torchaudio-slide").plan
    ours = run_array(plan, line, 16000)["stft"][:, 0]
    theirs = torch_spectrogram(line.astype(np.float32).astype(np.float64), 1024, 512)
    np.testing.assert_allclose(ours[[0, -1]], theirs[[0, -1]], rtol=1e-5, atol=1e-10 * theirs.max())


def test_multires_frames_are_aligned() -> None:
    """A click is loudest in one and the same frame, whatever the window."""
    rate, at = 44100, 37
    click = np.zeros(rate, np.float32)
    click[at * 441] = 0.9
    found = run_array(load_plan("multires").plan, click, rate)
    assert {name: values.shape for name, values in found.items()} == {
        name: (101, 1, 80) for name in ("mel_1024", "mel_2048", "mel_4096")
    }
    floor = -100
    for size in (1024, 2048, 4096):
        loudness = found[f"mel_{size}"][:, 0].mean(axis=-1)
        assert loudness.argmax() == at
        heard = np.flatnonzero(loudness > floor)
        reach = (size // 2 - 1) // 441
        assert (heard[0], heard[-1]) == (at - reach, at + reach)


def test_multires_has_one_window_per_stack() -> None:
    plan = load_plan("multires").plan
    lengths = [dict(node.parameters).get("win_length") for node in plan.nodes]
    assert {n for n in lengths if n is not None} == {1024, 2048, 4096}


def test_speech_has_the_grid_of_speech() -> None:
    config = load_plan("speech").plan.config
    grid = (config.sample_rate, config.n_fft, config.win_length, config.hop_length)
    assert grid == (16000, 512, 400, 160)


def test_timbre_has_the_classic_set() -> None:
    plan = load_plan("timbre").plan
    assert {output.alias: max(1, output.width) for output in plan.outputs} == {
        "mfcc": 13,
        "mfcc_delta": 13,
        "spectral_centroid": 1,
        "spectral_bandwidth": 1,
        "spectral_rolloff": 1,
        "spectral_flux": 1,
        "spectral_flatness": 1,
        "spectral_contrast": 7,
        "zero_crossing_rate": 1,
        "rms": 1,
    }
    assert plan.config.pooling == ("mean", "var")


def test_timbre_follows_the_level_only_where_its_comment_says() -> None:
    plan = load_plan("timbre").plan
    loud = signals.harmonics(22050, 1.0) + signals.noise(22050, 1.0, 0.01)
    before, after = (run_array(plan, y, 22050) for y in (loud, loud / 2))
    moved = {
        f"{name}_{k:02d}"
        for name, values in before.items()
        for k in range(values.shape[-1])
        if not np.allclose(
            values[..., k], after[name][..., k], rtol=0.02, equal_nan=True, atol=1e-2
        )
    }
    assert moved == {"mfcc_00", "rms_00"}


@pytest.mark.parametrize("name", NAMES)
def test_every_value_of_a_preset_is_finite(name: str) -> None:
    """On a signal without silence, but for what needs a frame before it."""
    plan = load_plan(name).plan
    rate = plan.config.sample_rate
    assert rate is not None
    signal = signals.harmonics(rate, 1.0) + signals.noise(rate, 1.0, 0.01)
    for alias, values in run_array(plan, signal, rate).items():
        first = 1 if alias == "spectral_flux" else 0
        assert np.isfinite(values[first:]).all(), alias
        assert values[first:].std() > 0, alias


@pytest.mark.parametrize("name", NAMES)
def test_silence_gives_nothing_infinite(name: str) -> None:
    plan = load_plan(name).plan
    rate = plan.config.sample_rate
    assert rate is not None
    for alias, values in run_array(plan, signals.silence(rate, 0.5), rate).items():
        assert not np.isinf(values).any(), alias


def table_row(name: str) -> str:
    """The line about a preset in docs/presets.md."""
    plan = load_plan(name).plan
    config = plan.config
    assert config.sample_rate is not None
    (summary,) = [p.summary for p in list_presets() if p.name == name]
    windows = {dict(node.parameters).get("win_length") for node in plan.nodes} - {None}
    listed = ", ".join(str(length) for length in sorted(windows, key=str)) or str(config.win_length)
    hop = f"{1000 * config.hop_length / config.sample_rate:.3g} ms"
    grid = f"{config.sample_rate} Hz, {listed} every {config.hop_length} ({hop})"
    columns = ", ".join(
        f"`{o.alias}`" + (f" {o.width}" if o.width > 1 else "") for o in plan.outputs
    )
    return f"| [`{name}`](../configs/{name}.yaml) | {summary} | {grid} | {columns} |"


def test_the_page_about_presets_is_of_these() -> None:
    """Paste what is expected when a preset has changed."""
    page = (ROOT / "docs" / "presets.md").read_text(encoding="utf-8")
    told = [line for line in page.splitlines() if line.startswith("| [`")]
    assert told == [table_row(name) for name in NAMES]
    assert [line.split()[0] for line in audiofeat("presets").lines if not line.startswith(" ")] == (
        NAMES
    )
