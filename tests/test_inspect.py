"""`audiofeat inspect`: facts and levels with known answers, and what cannot be looked at."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile as sf

from audiofeat_cli.audio.facts import LevelMeter
from audiofeat_cli.inspect.report import picture
from tests.commands import SAMPLES, audiofeat
from tests.signals import dc, noise, silence, sine, square

TRUTH = json.loads((SAMPLES / "ground_truth.json").read_text())
SINE = SAMPLES / "calibration/sine_997hz.flac"


def inspect(*files: Path | str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(audiofeat("inspect", "--json", *map(str, files)).out)
    return found


def metered(signal: npt.NDArray[Any], *, rate: int = 8000, block: int = 0) -> LevelMeter:
    samples = signal.reshape(len(signal), -1)
    meter = LevelMeter(rate, samples.shape[1])
    for start in range(0, len(samples), block or len(samples)):
        meter.add(samples[start : start + (block or len(samples))])
    return meter


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


class TestLevels:
    def test_of_a_square_wave_are_full_scale(self) -> None:
        (level,) = metered(square(8000, 1.0)).levels()
        assert (level.peak_dbfs, level.rms_dbfs) == (0, 0)
        assert level.dc == pytest.approx(0, abs=1e-3)
        assert level.clipped == 1

    def test_of_silence_are_none(self) -> None:
        (level,) = metered(silence(8000, 1.0)).levels()
        assert (level.peak_dbfs, level.rms_dbfs, level.silent) == (None, None, 1)

    def test_dc_is_the_mean(self) -> None:
        (level,) = metered(dc(8000, 0.35, 0.25)).levels()
        assert level.dc == pytest.approx(0.25)
        assert level.rms_dbfs == pytest.approx(20 * np.log10(0.25))

    def test_channels_are_told_apart(self) -> None:
        both = np.stack([sine(8000, 1.0), 0.1 * sine(8000, 1.0)], axis=1)
        left, right = metered(both).levels()
        assert left.rms_dbfs is not None
        assert right.rms_dbfs == pytest.approx(left.rms_dbfs - 20)

    def test_silent_is_a_share_of_the_time(self) -> None:
        signal = np.concatenate([silence(8000, 0.3), 0.0009 * square(8000, 0.2), sine(8000, 0.55)])
        (level,) = metered(signal).levels()
        assert level.silent == pytest.approx(0.5 / 1.05)

    def test_two_samples_at_full_scale_are_not_clipped_three_are(self) -> None:
        signal = sine(8000, 1.0)
        signal[100:102] = 1
        assert metered(signal).levels()[0].clipped == 0
        signal[200:203] = -1
        assert metered(signal).levels()[0].clipped == 3 / 8000

    @pytest.mark.parametrize("block", [1, 7, 799, 800, 4096])
    def test_do_not_depend_on_blocks(self, block: int) -> None:
        signal = noise(8000, 1.03)
        for start, length in ((0, 5), (100, 2), (795, 9), (1600, 1600), (8230, 10)):
            signal[start : start + length] = 1
        whole, cut = metered(signal), metered(signal, block=block)
        assert whole.levels()[0].clipped == (5 + 9 + 1600 + 10) / len(signal)
        for one, other in zip(whole.levels(), cut.levels(), strict=True):
            assert one.clipped == other.clipped
            assert (one.peak_dbfs, one.silent) == (other.peak_dbfs, other.silent)
            assert other.rms_dbfs == pytest.approx(one.rms_dbfs)
            assert other.dc == pytest.approx(one.dc)
        assert whole.strip(20) == cut.strip(20)


class TestPicture:
    def test_of_steps_of_6_db(self) -> None:
        assert picture([0, -0.1, -6.1, -12.1, -41.9, -42.1, -60, None, 3]) == "██▇▆▂▁  █"

    def test_of_silence(self) -> None:
        assert picture([None, -90.0]) == "(silence)"

    def test_of_a_crescendo_rises(self) -> None:
        ramp = np.linspace(0, 1, 80000, dtype=np.float32)[:, np.newaxis] * np.ones(
            (1, 2), np.float32
        )
        shown = picture(metered(ramp).strip(60))
        assert len(shown) == 60
        assert list(shown) == sorted(shown)


class TestText:
    def test_of_one_file(self) -> None:
        done = audiofeat("inspect", str(SINE))
        assert (done.code, done.err) == (0, "")
        assert done.lines[1:] == [
            "  format    FLAC (PCM_24), 48000 Hz, 2 channels, 24 bits",
            f"  length    5.000 s, 240000 samples per channel; {SINE.stat().st_size} bytes, "
            f"{SINE.stat().st_size * 8 / 5000:.0f} kbit/s",
            "  whole     yes",
            "  loudness  -23.0 LUFS, integrated (EBU R128)",
            "  channel   peak dBFS   rms dBFS         DC   clipped    silent",
            "    0           -23.0      -26.0    0.00000       0 %       0 %",
            "    1           -23.0      -26.0    0.00000       0 %       0 %",
            f"  peaks     {50 * '▅'}",
            "            a step is 6 dB; silent: time below -60 dBFS",
        ]

    def test_of_several_is_a_table(self) -> None:
        done = audiofeat("inspect", str(SINE), str(SAMPLES / "calibration/silence.flac"))
        assert done.lines == [
            "  seconds      Hz  ch  format              peak     rms    LUFS  cut  file",
            f"     5.00   48000   2  FLAC PCM_24        -23.0   -26.0   -23.0  no   {SINE}",
            "     2.00   48000   2  FLAC PCM_16         -inf    -inf    -inf  no   "
            f"{SAMPLES / 'calibration/silence.flac'}",
        ]

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
        done = audiofeat("inspect", "x.wav", "folder", "link.wav", str(SINE), "--json")
        assert done.code == 1
        assert done.err == (
            "audiofeat: x.wav: the file is empty (0 bytes)\n"
            "audiofeat: folder: a folder, and no output of audiofeat\n"
            "audiofeat: link.wav: this link leads nowhere\n"
        )
        facts = json.loads(done.out)
        assert [fact.get("error") for fact in facts] == [
            "empty_file",
            "not_a_file",
            "broken_link",
            None,
        ]

    def test_a_missing_file_is_a_mistake_of_the_caller(self) -> None:
        done = audiofeat("inspect", "nowhere.wav", str(SINE))
        assert (done.code, done.out) == (2, "")
        assert done.err == "audiofeat: no such file or folder: nowhere.wav\n"

    def test_decoders_that_chatter_are_not_heard(self, capfd: pytest.CaptureFixture[str]) -> None:
        whole = (SAMPLES / "music/chords/c_minor.mp3").read_bytes()
        Path("broken.mp3").write_bytes(whole[:20000] + bytes(5000) + whole[20000:])
        audiofeat("inspect", "broken.mp3")
        assert capfd.readouterr() == ("", "")


class TestOutput:
    @pytest.fixture(scope="class")
    @classmethod
    def out(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        folder = tmp_path_factory.mktemp("output")
        (folder / "in").mkdir()
        sf.write(folder / "in/a.wav", noise(8000, 1), 8000)
        (folder / "in/b.wav").write_text("text")
        (folder / "c.yaml").write_text("sample_rate: 8000\nn_fft: 256\nfeatures: [rms]\n")
        done = audiofeat(
            *(
                "extract",
                f"{folder}/in",
                "-c",
                f"{folder}/c.yaml",
                "-o",
                f"{folder}/out",
                "-j",
                "0",
            ),
            *("--relative-to", str(folder)),
        )
        assert done.code == 1
        return folder / "out"

    def test_of_a_run(self, out: Path) -> None:
        done = audiofeat("inspect", str(out))
        assert (done.code, done.err) == (0, "")
        assert done.lines[0].startswith(f"{out}: written by audiofeat")
        text = "\n".join(done.lines)
        assert "  clips     1 rows x 8 columns in 1 part, " in text
        assert "  frames    126 rows x 4 columns in 1 part, " in text
        assert "  files     1 done, 1 failed; 1.0 s of audio in " in text
        assert "  features  rms" in text
        assert "  failed    in/b.wav: no audio format is recognised in this file" in text

    def test_as_data(self, out: Path) -> None:
        (facts,) = inspect(out)
        assert [(t["name"], t["rows"], t["columns"]) for t in facts["tables"]] == [
            ("clips", 1, 8),
            ("frames", 126, 4),
        ]
        assert facts["counts"]["failed"] == 1
        assert facts["config"]["sample_rate"] == 8000
        assert facts["failures"][0]["path"] == "in/b.wav"

    def test_of_a_table_and_a_part(self, out: Path) -> None:
        part = next((out / "frames").iterdir())
        for path in (part, out / "frames"):
            (facts,) = inspect(path)
            assert facts["tables"][0]["name"] == "frames"
            assert facts["tables"][0]["rows"] == 126
            assert facts["config"]["sample_rate"] == 8000

    def test_of_parquet_that_is_not_ours(self, tmp_path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "x.parquet")
        done = audiofeat("inspect", str(tmp_path / "x.parquet"))
        assert done.lines[0] == f"{tmp_path}/x.parquet: a table, but not one of audiofeat"
        (tmp_path / "y.parquet").write_text("no")
        done = audiofeat("inspect", str(tmp_path / "y.parquet"))
        assert done.code == 2
        assert done.err.endswith("y.parquet: not a Parquet file that can be read\n")
