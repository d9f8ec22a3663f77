"""docs/inspect.md lists every key of the JSON, and nothing else."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from tests.commands import ROOT, SAMPLES, audiofeat
from tests.signals import noise

PAGE = (ROOT / "docs/inspect.md").read_text()
MAPS = ("tags", "nulls", "config", "versions", "counts", "failures")
"""Objects whose keys are data, not names of ours."""


def documented(kind: str) -> list[str]:
    """Keys of one section, in order."""
    section = re.search(rf"^### {kind}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert section is not None
    return re.findall(r"^\| `([^`]+)` \|", section[1], re.MULTILINE)


def keys(value: Any, name: str = "") -> Iterator[str]:
    """`levels[].dc`, `bandwidth.text`..., each once."""
    is_data = name.rpartition(".")[2] in MAPS
    if isinstance(value, dict) and not is_data:
        for key, inner in value.items():
            yield from keys(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list) and value and isinstance(value[0], dict) and not is_data:
        yield from keys(value[0], f"{name}[]")
    else:
        yield name


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One object of each kind."""
    folder = tmp_path_factory.mktemp("kinds")
    both = np.stack([noise(8000, 1), noise(8000, 1, seed=1)], axis=1)
    sf.write(folder / "a.wav", both, 8000)
    (folder / "b.wav").write_text("text")
    (folder / "c.yaml").write_text("sample_rate: 8000\nn_fft: 256\nfeatures: [rms]\n")
    files = [f"{folder}/a.wav", f"{folder}/b.wav"]
    audiofeat("extract", *files, "-c", f"{folder}/c.yaml", "-o", f"{folder}/out", "-j", "0")
    done = audiofeat("inspect", "--json", *files, f"{folder}/out")
    return {facts["kind"]: facts for facts in json.loads(done.out)}


@pytest.mark.parametrize("kind", ["audio", "output", "error"])
def test_keys_are_those_of_the_docs_in_their_order(found: dict[str, Any], kind: str) -> None:
    assert list(keys(found[kind])) == documented(kind)


def test_words_are_those_of_the_code() -> None:
    for file, key in (("bandwidth", "bandwidth.kind"), ("stereo", "stereo.kind")):
        source = (ROOT / f"audiofeat_cli/inspect/{file}.py").read_text()
        listed = re.search(r"^Kind = Literal\[(.*)\]", source, re.MULTILINE)
        assert listed is not None
        (row,) = re.findall(rf"^\| `{re.escape(key)}` \|(.*)", PAGE, re.MULTILINE)
        for word in re.findall(r'"(\w+)"', listed[1]):
            assert f"`{word}`" in row


def test_the_example_is_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    shown = re.search(
        r"^```console\n\$ audiofeat (inspect .*)\n(.*?)\.\.\.\n```", PAGE, re.M | re.S
    )
    assert shown is not None
    assert audiofeat(*shown[1].split()).out.startswith(shown[2])


def test_tags_are_listed() -> None:
    from audiofeat_cli.audio import facts

    (row,) = re.findall(r"^\| `tags` \|(.*)", PAGE, re.MULTILINE)
    for tag in facts._TAGS:
        assert re.search(rf"\b{tag}\b", row), tag


def test_samples_are_all_described(capsys: pytest.CaptureFixture[str]) -> None:
    """No sample file makes a claim that its recipe belies."""
    claims = {
        Path(facts["path"]).name
        for facts in json.loads(audiofeat("inspect", "--json", str(SAMPLES)).out)
        if facts["bandwidth"]["kind"] == "upsampled"
    }
    assert claims == set()
