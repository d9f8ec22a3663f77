"""`audiofeat inspect --plot`: what is drawn, and what is refused before anything is decoded."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from audiofeat_cli.inspect import plot
from tests.commands import SAMPLES, audiofeat
from tests.signals import noise, sine

SINE = SAMPLES / "calibration/sine_997hz.flac"
DRAWN = pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None, reason="needs the extra plot"
)


class TestRefused:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((str(SINE), str(SINE), "--plot", "x.png"), "--plot draws one file at a time"),
            ((str(SAMPLES), "--plot", "x.png"), "--plot draws one file at a time"),
            ((str(SINE), "--plot", "x.txt"), "expected a name that ends in .png, .svg, .pdf"),
            ((str(SINE), "--plot", "nowhere/x.png"), "no such folder: nowhere"),
            (("x.parquet", "--plot", "x.png"), "--plot draws audio files, not tables"),
        ],
    )
    def test_in_one_line(self, arguments: tuple[str, ...], message: str) -> None:
        done = audiofeat("inspect", *arguments)
        assert (done.code, done.out) == (2, "")
        assert message in done.err.splitlines()[0]

    def test_without_matplotlib(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(plot, "find_spec", lambda name: None)
        done = audiofeat("inspect", str(SINE), "--plot", "x.png")
        assert (done.code, done.out) == (2, "")
        assert done.err == (
            "audiofeat: --plot needs matplotlib, which is not installed\n"
            "  pip install 'audiofeat-cli[plot]'\n"
        )

    @DRAWN
    def test_a_file_that_is_no_audio_gives_no_figure(self, tmp_path: Path) -> None:
        (tmp_path / "x.wav").write_text("text " * 99)
        done = audiofeat("inspect", str(tmp_path / "x.wav"), "--plot", str(tmp_path / "x.png"))
        assert done.code == 1
        assert not (tmp_path / "x.png").exists()


class TestMeasured:
    def test_numbers_are_those_of_the_features(self) -> None:
        drawable = plot.measure(str(SINE))
        grid = drawable.grid
        assert (grid.n_fft, grid.center, drawable.seconds) == (2048, True, 5)
        frames = 1 + 240_000 // grid.hop
        assert {name: values.shape for name, values in drawable.levels.items()} == {
            "stft": (frames, 1025),
            "mel": (frames, 128),
            "chroma_stft": (frames, 12),
        }
        middle = frames // 2
        assert np.argmax(drawable.levels["stft"][middle]) == round(997 * 2048 / 48000)
        loudest = int(np.argmax(drawable.levels["mel"][middle]))
        assert drawable.mel_hz[loudest] == pytest.approx(997, rel=0.05)
        assert drawable.notes[int(np.argmax(drawable.levels["chroma_stft"][middle]))] == "B"

    @pytest.mark.parametrize("samples", [1, 50, 3000])
    def test_of_tiny_files(self, tmp_path: Path, samples: int) -> None:
        sf.write(tmp_path / "x.wav", noise(8000, samples / 8000), 8000)
        assert len(plot.measure(str(tmp_path / "x.wav")).levels["mel"]) >= 1

    def test_of_long_files_stays_small(self, tmp_path: Path) -> None:
        sf.write(tmp_path / "x.wav", noise(1000, 2000), 1000)
        for full in (False, True):
            drawable = plot.measure(str(tmp_path / "x.wav"), full=full)
            assert drawable.seconds == 2000
            assert ("excerpts" in drawable.title) is not full
            assert len(drawable.levels["mel"]) < 2 * plot.FRAMES


@DRAWN
class TestFigure:
    @pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
    def test_is_written(self, tmp_path: Path, ending: str) -> None:
        sf.write(tmp_path / "x.wav", sine(8000, 0.5), 8000)
        target = tmp_path / f"x.{ending}"
        done = audiofeat("inspect", str(tmp_path / "x.wav"), "--plot", str(target), "--json")
        assert (done.code, done.err) == (0, f"figure: {target}\n")
        start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
        assert target.read_bytes().startswith(start)

    def test_has_four_rows_on_one_time_axis(self, tmp_path: Path) -> None:
        both = np.stack([sine(8000, 2.0), noise(8000, 2.0)], axis=1)
        sf.write(tmp_path / "$a_b$.wav", both, 8000)
        figure = plot.figure_of(plot.measure(str(tmp_path / "$a_b$.wav")))
        rows = figure.axes[:4]
        assert [axis.get_ylabel() for axis in rows] == ["waveform", "STFT", "mel", "chroma"]
        assert {axis.get_xlim() for axis in rows} == {(0, 2)}
        figure.canvas.draw()
        lefts = {round(axis.get_position().x0, 6) for axis in rows}
        rights = {round(axis.get_position().x1, 6) for axis in rows}
        assert len(lefts) == len(rights) == 1
        # The figure centres a frame at its time, whatever lies around.
        image = rows[2].get_images()[0]
        assert image.get_extent()[0] < 0 < image.get_extent()[1]
        assert [text.get_text() for text in rows[3].get_yticklabels()] == list("CDEFGAB")
