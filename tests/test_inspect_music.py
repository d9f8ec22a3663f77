"""Tempo, key and pitch in `inspect`."""

import json
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from audiofeat_cli.inspect.music import Music, MusicListener
from tests.cases import SAMPLE_AUDIO
from tests.commands import audiofeat
from tests.signals import clicks, dc, silence, sine

TRUTH: dict[str, dict[str, Any]] = json.loads((SAMPLE_AUDIO / "ground_truth.json").read_text())


@pytest.fixture(scope="module")
def listener() -> MusicListener:
    return MusicListener()


def known(fact: str) -> list[str]:
    return sorted(name for name, facts in TRUTH.items() if fact in facts)


@pytest.mark.parametrize("name", known("tempo_bpm"))
def test_tempo(listener: MusicListener, name: str) -> None:
    found = listener.listen(str(SAMPLE_AUDIO / name))
    assert found.tempo_bpm == pytest.approx(TRUTH[name]["tempo_bpm"], rel=0.02)


@pytest.mark.parametrize("name", known("key"))
def test_key(listener: MusicListener, name: str) -> None:
    found = listener.listen(str(SAMPLE_AUDIO / name))
    assert found.key == TRUTH[name]["key"]


@pytest.mark.parametrize(("hertz", "note"), [(440.0, "A4"), (130.0, "C3"), (1000.0, "B5")])
def test_pitch(listener: MusicListener, hertz: float, note: str, tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", sine(22050, 1, hertz), 22050)
    found = listener.listen(str(tmp_path / "a.wav"))
    assert found.note == note
    assert found.f0_hz == pytest.approx(hertz, rel=0.005)
    assert found.cents is not None
    assert abs(found.cents) <= 50


@pytest.mark.parametrize("kind", [silence, dc, clicks])
def test_no_pitch_where_there_is_none(listener: MusicListener, kind: Any, tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", kind(22050, 1), 22050, subtype="FLOAT")
    found = listener.listen(str(tmp_path / "a.wav"))
    assert (found.f0_hz, found.note, found.cents, found.key) == (None, None, None, None)


def test_a_tone_at_the_end_of_the_range_is_no_pitch(
    listener: MusicListener, tmp_path: Path
) -> None:
    sf.write(tmp_path / "a.wav", sine(22050, 1, 50.0), 22050)
    assert listener.listen(str(tmp_path / "a.wav")).note is None


def test_one_sample(listener: MusicListener, tmp_path: Path) -> None:
    sf.write(tmp_path / "a.wav", np.ones(1), 22050, subtype="FLOAT")
    found: Music = listener.listen(str(tmp_path / "a.wav"))
    assert [value for value in astuple(found) if value] == []


def test_in_text_and_json_but_not_in_rows(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        sf.write(tmp_path / name, sine(22050, 1), 22050)
    text = audiofeat("inspect", f"{tmp_path}/a.wav").out
    assert "pitch 440" in text
    assert "A4" in text
    (facts,) = json.loads(audiofeat("inspect", "--json", f"{tmp_path}/a.wav").out)
    assert facts["music"]["note"] == "A4"
    assert "A4" not in audiofeat("inspect", f"{tmp_path}/a.wav", f"{tmp_path}/b.wav").out
