"""`audiofeat inspect`: facts and levels with known answers, and what cannot be looked at."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from tests.commands import SAMPLES, audiofeat
from tests.signals import sine
from tests.test_startup import CALL, imported_by

TRUTH = json.loads((SAMPLES / "ground_truth.json").read_text())
SINE = SAMPLES / "calibration/sine_997hz.flac"


def inspect(*files: Path | str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(audiofeat("inspect", "--json", *map(str, files)).out)
    return found


class TestFacts:
    def test_of_a_calibrated_sine(self) -> None:
        (facts,) = inspect(SINE)
        assert {k: facts[k] for k in ("format", "subtype", "bits", "sample_rate", "channels")} == {
            "format": "FLAC",
            "subtype": "PCM_24",
            "bits": 24,
            "sample_rate": 48000,
            "channels": 2,
        }
        assert (facts["frames"], facts["duration"], facts["truncated"]) == (240000, 5.0, False)
        assert facts["size"] == SINE.stat().st_size
        assert facts["loudness_lufs"] == pytest.approx(-23, abs=0.1)
        for level in facts["levels"]:
            assert level["peak_dbfs"] == pytest.approx(-23, abs=0.01)
            assert level["rms_dbfs"] == pytest.approx(-26.01, abs=0.01)
            assert (level["clipped"], level["silent"]) == (0, 0)

    def test_of_every_sample(self) -> None:
        for name, facts in zip(TRUTH, inspect(*(SAMPLES / name for name in TRUTH)), strict=True):
            truth = TRUTH[name]
            keys = ("format", "subtype", "sample_rate", "channels", "frames")
            assert {key: facts[key] for key in keys} == {key: truth[key] for key in keys}
            assert facts["truncated"] is False
            for key, known in (("peak_dbfs", -23), ("rms_dbfs", truth.get("rms_dbfs"))):
                if key in truth:
                    assert facts["levels"][0][key] == pytest.approx(known, abs=0.05)

    def test_of_lossy_files_have_no_bits(self) -> None:
        for name in ("music/chords/c_minor.mp3", "music/chords/d_major.ogg"):
            assert inspect(SAMPLES / name)[0]["bits"] is None

    def test_of_float_and_integer_files(self, tmp_path: Path) -> None:
        for subtype, bits in (("FLOAT", 32), ("DOUBLE", 64), ("PCM_U8", 8), ("PCM_16", 16)):
            sf.write(tmp_path / "x.wav", sine(8000, 0.1), 8000, subtype=subtype)
            assert inspect(tmp_path / "x.wav")[0]["bits"] == bits

    def test_of_a_file_that_is_cut(self, tmp_path: Path) -> None:
        whole = (SAMPLES / "speech/vowels.wav").read_bytes()
        (tmp_path / "cut.wav").write_bytes(whole[:20000])
        done = audiofeat("inspect", str(tmp_path / "cut.wav"))
        assert done.code == 0
        assert "  whole     no, the file is cut; what there is of it follows\n" in done.out
        assert inspect(tmp_path / "cut.wav")[0]["truncated"] is True

    def test_of_a_rate_too_low_for_loudness(self, tmp_path: Path) -> None:
        sf.write(tmp_path / "low.wav", sine(1000, 1), 1000)
        (facts,) = inspect(tmp_path / "low.wav")
        assert facts["levels"][0]["peak_dbfs"] == pytest.approx(-6.02, abs=0.05)
        assert facts["loudness_lufs"] is None

    def test_of_one_sample(self, tmp_path: Path) -> None:
        sf.write(tmp_path / "one.wav", np.array([0.5]), 8000)
        (facts,) = inspect(tmp_path / "one.wav")
        assert (facts["frames"], facts["loudness_lufs"]) == (1, None)
        assert facts["strip_dbfs"] == [-6.0]


class TestText:
    def test_of_one_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLUMNS", "80")
        done = audiofeat("inspect", str(SINE))
        assert (done.code, done.err) == (0, "")
        assert done.lines[1:10] == [
            "  format    FLAC (PCM_24), 48000 Hz, 2 channels, 24 bits, lossless",
            f"  length    5.000 s, 240000 samples per channel; {SINE.stat().st_size} bytes, "
            f"{SINE.stat().st_size * 8 / 5000:.0f} kbit/s",
            "  whole     yes",
            "  loudness  -23.0 LUFS, integrated (EBU R128)",
            "  channel   peak dBFS  true dBTP  rms dBFS         DC  clipped   silent",
            "    0           -23.0      -23.0     -26.0    0.00000      0 %      0 %",
            "    1           -23.0      -23.0     -26.0    0.00000      0 %      0 %",
            "  bandwidth content up to 1.4 kHz of 24 kHz",
            "  stereo    correlation 1.00, balanced, side 0 % of the energy, mono mix 0.0 dB",
        ]
        assert done.lines[10].endswith("false stereo: both channels are the same, sample by sample")
        assert max(map(len, done.lines)) <= 80
        assert done.lines[-1].strip().startswith("mel spectrogram, from the loudest point")

    def test_is_as_wide_as_asked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for width in (60, 120, 200):
            monkeypatch.setenv("COLUMNS", str(width))
            lines = audiofeat("inspect", str(SINE)).lines
            assert max(len(line) for line in lines if "│" in line or "└" in line) == width

    def test_has_no_codes_where_there_is_no_terminal(self) -> None:
        assert "\x1b" not in audiofeat("inspect", str(SINE)).out

    def test_of_silence_draws_no_spectrogram(self) -> None:
        done = audiofeat("inspect", str(SAMPLES / "calibration/silence.flac"))
        assert done.code == 0
        assert "too little sound to tell" in done.out
        assert "kHz │" not in done.out

    def test_of_tags(self, tmp_path: Path) -> None:
        with sf.SoundFile(tmp_path / "t.flac", "w", 8000, 1) as file:
            file.title, file.artist = "A title", "Somebody\nelse"
            file.write(sine(8000, 0.5))
        assert inspect(tmp_path / "t.flac")[0]["tags"] == {
            "title": "A title",
            "artist": "Somebody\nelse",
        }
        lines = audiofeat("inspect", str(tmp_path / "t.flac")).lines
        assert "  title     A title" in lines
        assert "  artist    Somebody\\nelse" in lines

    def test_of_several_is_a_table(self) -> None:
        done = audiofeat("inspect", str(SINE), str(SAMPLES / "calibration/silence.flac"))
        assert done.lines == [
            "  seconds      Hz  ch  format              peak     rms    LUFS    kHz  file",
            f"     5.00   48000   2  FLAC PCM_24        -23.0   -26.0   -23.0    1.4  {SINE}"
            "  (left = right)",
            "     2.00   48000   2  FLAC PCM_16         -inf    -inf       -      -  "
            f"{SAMPLES / 'calibration/silence.flac'}  (silent)",
        ]

    def test_of_a_folder_is_a_table_of_all_below(self) -> None:
        done = audiofeat("inspect", str(SAMPLES))
        assert done.code == 0
        assert len(done.lines) == 1 + len(TRUTH)

    def test_of_a_name_with_a_newline_is_one_line(self, tmp_path: Path) -> None:
        sf.write(tmp_path / "a\nb.wav", sine(8000, 0.5), 8000)
        done = audiofeat("inspect", str(tmp_path / "a\nb.wav"))
        assert done.lines[0] == f"{tmp_path}/a\\nb.wav"


class TestTrouble:
    @pytest.fixture(autouse=True)
    def _here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "the file is empty (0 bytes)"),
            (b"only text\n" * 99, "no audio format is recognised in this file"),
        ],
    )
    def test_no_audio_is_one_line(self, content: bytes, message: str) -> None:
        Path("x.wav").write_bytes(content)
        done = audiofeat("inspect", "x.wav")
        assert (done.code, done.out, done.err) == (1, "", f"audiofeat: x.wav: {message}\n")

    def test_the_others_are_told_all_the_same(self) -> None:
        Path("x.wav").write_bytes(b"")
        Path("folder").mkdir()
        Path("link.wav").symlink_to("nowhere")
        names = ("x.wav", "folder", "link.wav", "missing.wav", str(SINE))
        done = audiofeat("inspect", *names, "--json")
        assert done.code == 1
        assert done.err == (
            "audiofeat: x.wav: the file is empty (0 bytes)\n"
            "audiofeat: folder: a folder without audio files, and no output of audiofeat\n"
            "audiofeat: link.wav: this link leads nowhere\n"
            "audiofeat: missing.wav: no such file or folder\n"
        )
        facts = json.loads(done.out)
        assert [fact.get("error") for fact in facts] == [
            "empty_file",
            "no_audio",
            "broken_link",
            "missing",
            None,
        ]

    def test_of_random_bytes_behind_a_header_ends_without_a_traceback(self) -> None:
        whole = (SAMPLES / "speech/vowels.wav").read_bytes()
        junk = np.random.default_rng(0).bytes(3000)
        for n, head in enumerate((whole[:44], whole[:20], b"fLaC", b"OggS", b"ID3\x04", b"PAR1")):
            Path(f"{n}.wav").write_bytes(head + junk)
        done = audiofeat("inspect", *(f"{n}.wav" for n in range(6)))
        assert "defect" not in done.err
        assert len(done.err.splitlines()) + max(0, len(done.lines) - 1) == 6

    def test_decoders_that_chatter_are_not_heard(self, capfd: pytest.CaptureFixture[str]) -> None:
        whole = (SAMPLES / "music/chords/c_minor.mp3").read_bytes()
        Path("broken.mp3").write_bytes(whole[:20000] + bytes(5000) + whole[20000:])
        audiofeat("inspect", "broken.mp3")
        assert capfd.readouterr() == ("", "")


class TestImports:
    """They are most of the time of a short call."""

    def test_of_what_is_no_audio(self, tmp_path: Path) -> None:
        (tmp_path / "x.wav").write_text("text")
        modules = imported_by(CALL.format(argv=["audiofeat", "inspect", str(tmp_path / "x.wav")]))
        assert "soundfile" in modules
        assert not modules.intersection({"scipy", "librosa", "numba", "pyarrow", "rich", "yaml"})

    def test_of_audio(self) -> None:
        modules = imported_by(CALL.format(argv=["audiofeat", "inspect", str(SINE)]))
        assert "scipy" in modules
        unwanted = {"librosa", "pyarrow", "rich", "matplotlib", "joblib"}  # numba reads yaml
        assert not modules.intersection(unwanted)

    def test_of_tables(self, tmp_path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "x.parquet")
        argv = ["audiofeat", "inspect", str(tmp_path / "x.parquet")]
        modules = imported_by(CALL.format(argv=argv))
        assert "pyarrow" in modules
        assert not modules.intersection({"scipy", "librosa", "numba", "rich", "yaml", "soundfile"})
