"""Long files are looked at in excerpts, short ones and those with --full as a whole."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from audiofeat_cli.audio.excerpts import Excerpts, evenly
from audiofeat_cli.errors import ClipError
from audiofeat_cli.inspect import sound
from audiofeat_cli.inspect.hearing import grid_for
from audiofeat_cli.inspect.sound import EXCERPTS, Listener
from tests.commands import audiofeat
from tests.signals import noise, sine

RATE = 2000
SECONDS = 200


@pytest.fixture(autouse=True)
def short_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the tests need no hour of sound."""
    monkeypatch.setattr(sound, "LONG_SECONDS", 150.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same long sound in three formats, loud in its second half."""
    folder = tmp_path_factory.mktemp("long")
    signal = 0.1 * noise(RATE, SECONDS)
    signal[len(signal) // 2 :] *= 10
    both = np.clip(np.stack([signal, signal], axis=1), -1, 1)
    for name in ("a.wav", "a.flac"):
        sf.write(folder / name, both, RATE)
    sf.write(folder / "a.mp3", np.repeat(both, 4, axis=0), 8000)
    return folder


def inspect(*arguments: Path | str) -> dict[str, Any]:
    (found,) = json.loads(audiofeat("inspect", "--json", *map(str, arguments)).out)
    return dict(found)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3"])
def test_excerpts_stand_for_the_whole(folder: Path, name: str) -> None:
    part, whole = inspect(folder / name), inspect(folder / name, "--full")
    assert (part["excerpts"], whole["excerpts"]) == (EXCERPTS, 0)
    assert part["measured_seconds"] == pytest.approx(EXCERPTS, rel=0.1)
    assert part["duration"] == whole["duration"] == whole["measured_seconds"]
    assert part["levels"][0]["rms_dbfs"] == pytest.approx(whole["levels"][0]["rms_dbfs"], abs=0.3)
    assert part["stereo"]["kind"] == whole["stereo"]["kind"] == "identical"
    assert part["bandwidth"]["kind"] == whole["bandwidth"]["kind"]
    half = len(part["strip_dbfs"]) // 2
    assert max(part["strip_dbfs"][: half - 1]) < min(part["strip_dbfs"][half + 1 :])


def test_the_text_says_so(folder: Path) -> None:
    text = audiofeat("inspect", str(folder / "a.wav")).out
    assert "  measured  " in text
    assert f"{EXCERPTS} excerpts, evenly spread" in text
    assert "  measured  " not in audiofeat("inspect", str(folder / "a.wav"), "--full").out
    assert "(left = right, excerpts)" in audiofeat("inspect", str(folder)).out


def test_only_excerpts_are_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    piece = sf.SoundFile.read

    def counted(self: Any, *arguments: Any, **options: Any) -> Any:
        samples = piece(self, *arguments, **options)
        read.append(len(samples))
        return samples

    monkeypatch.setattr(sf.SoundFile, "read", counted)
    Listener().listen(str(folder / "a.flac"))
    assert sum(read) <= EXCERPTS * RATE


def test_many_samples_are_long_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "LONG_SECONDS", 1e9)
    assert Listener().listen(str(folder / "a.wav")).excerpts == 0
    monkeypatch.setattr(sound, "LONG_SAMPLES", 2 * RATE * SECONDS - 1)
    assert Listener().listen(str(folder / "a.wav")).excerpts == EXCERPTS


def test_seams_make_no_bandwidth_and_no_peak(tmp_path: Path) -> None:
    signal = sine(RATE, SECONDS, 100.37)
    sf.write(tmp_path / "x.wav", signal, RATE, subtype="FLOAT")
    heard = Listener().listen(str(tmp_path / "x.wav"))
    assert heard.excerpts == EXCERPTS
    assert heard.levels[0].true_peak_dbtp == pytest.approx(-6.02, abs=0.1)
    quiet = heard.picture.mel_power[:, heard.picture.mel_hz > 500]
    assert quiet.max() < 1e-6 * heard.picture.mel_power.max()


def test_a_cut_flac_is_said_to_be_cut(folder: Path, tmp_path: Path) -> None:
    whole = (folder / "a.flac").read_bytes()
    (tmp_path / "cut.flac").write_bytes(whole[: len(whole) * 2 // 3])
    found = inspect(tmp_path / "cut.flac")
    assert found["truncated"] is True
    assert 0 < found["excerpts"] < EXCERPTS


def test_no_excerpt_at_all_is_an_error(folder: Path, tmp_path: Path) -> None:
    whole = (folder / "a.flac").read_bytes()
    (tmp_path / "cut.flac").write_bytes(whole[:5000])
    done = audiofeat("inspect", str(tmp_path / "cut.flac"))
    assert done.code == 1
    assert done.err.endswith("cut.flac: damaged: no part of it can be decoded\n")


def test_a_number_that_is_none_is_found(tmp_path: Path) -> None:
    signal = noise(RATE, SECONDS)
    signal[:10] = np.nan
    sf.write(tmp_path / "x.wav", signal, RATE, subtype="FLOAT")
    with pytest.raises(ClipError, match="is no finite number"):
        Listener().listen(str(tmp_path / "x.wav"))


class TestExcerpts:
    def test_are_spread_from_the_first_sample_to_the_last(self) -> None:
        starts = evenly(1000, 100, 4)
        assert starts == [0, 300, 600, 900]
        assert evenly(50, 100, 4) == [0]
        assert evenly(1000, 100, 1) == [0]

    def test_are_the_samples_of_the_file(self, tmp_path: Path) -> None:
        signal = noise(RATE, 2.0)
        sf.write(tmp_path / "x.wav", signal, RATE, subtype="FLOAT")
        blocks = list(Excerpts(str(tmp_path / "x.wav"), [0, 1000, 3900], 100).blocks())
        assert [
            np.array_equal(b[:, 0], signal[s : s + 100])
            for b, s in zip(blocks, (0, 1000, 3900), strict=True)
        ] == [True] * 3

    def test_beyond_the_end_are_missing(self, tmp_path: Path) -> None:
        sf.write(tmp_path / "x.wav", noise(RATE, 1.0), RATE)
        excerpts = Excerpts(str(tmp_path / "x.wav"), [0, 1950, 99999], 100)
        assert len(list(excerpts.blocks())) == 1
        assert excerpts.missing == 2


class TestGrid:
    @pytest.mark.parametrize("rate", [1000, 8000, 44100, 192_000])
    @pytest.mark.parametrize("seconds", [1, 60, 3600, 36_000])
    def test_has_enough_frames_and_not_many_more(self, rate: int, seconds: int) -> None:
        grid = grid_for(rate, rate * seconds)
        frames = rate * seconds // grid.hop
        assert 200 <= frames <= 17_000
        assert grid.n_fft / rate == pytest.approx(0.0464, rel=0.5)

    def test_of_pieces_has_frames_that_end_with_them(self) -> None:
        for rate in (1000, 22050, 44100, 192_000):
            grid = grid_for(rate, rate * 3600, in_pieces=True)
            assert grid.hop == grid.n_fft
            assert not grid.center

    def test_of_a_short_clip_has_short_frames(self) -> None:
        assert grid_for(44100, 4410).n_fft <= 1024
        assert grid_for(44100, 1).n_fft == 64


def test_excerpts_are_whole_frames(folder: Path) -> None:
    heard = Listener().listen(str(folder / "a.wav"))
    frames = len(heard.picture.mel_power)
    n_fft = grid_for(RATE, RATE * SECONDS, in_pieces=True).n_fft
    assert frames * n_fft == round(heard.measured_seconds * RATE)
    assert frames % EXCERPTS == 0
