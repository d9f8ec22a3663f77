"""The command line: what commands say, where they say it, and how they end."""

import json
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.dataset as ds
import pytest
import typer

import audiofeat_cli
from audiofeat_cli import planning
from audiofeat_cli.cli import app
from audiofeat_cli.errors import StoppedError, UsageError
from tests.commands import ROOT, SAMPLES, audiofeat, start
from tests.runs import write_clip, write_clips

COMMANDS = [
    "extract",
    "inspect",
    "explain",
    "features",
    "presets",
    "check",
    "schema",
    "cat",
    "compact",
    "doctor",
]
PRESETS = "chroma, librosa-slide, mel, mfcc, multires, onset, speech, timbre, torchaudio-slide"

EXTRACT_OPTIONS = {
    *("--config", "-c", "--out", "-o", "--jobs", "-j", "--backend", "--shard", "--files-from"),
    *("--null", "-0", "--include", "--exclude", "--relative-to", "--set", "--overwrite"),
    *("--no-frames", "--max-errors", "--fail-fast", "--timeout", "--allow-truncated"),
    *("--dry-run", "--json", "--quiet", "-q", "--verbose", "-v"),
}

SMALL = "sample_rate: 8000\nn_fft: 256\nfeatures: [rms]\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with three files in `in/` and a config."""
    monkeypatch.chdir(tmp_path)
    write_clips(tmp_path / "in", 3)
    (tmp_path / "small.yaml").write_text(SMALL)
    return tmp_path


def extract(*arguments: str, stdin: bytes = b"") -> "tuple[int, str, str]":
    done = audiofeat("extract", "-c", "small.yaml", "-j", "0", "-o", "out", *arguments, stdin=stdin)
    return done.code, done.out, done.err


def paths(out: str = "out") -> list[str]:
    """Paths in the clips table."""
    return sorted(audiofeat("cat", out, "--columns", "path").lines[1:])


class TestHelp:
    def test_lists_the_commands_with_examples(self) -> None:
        done = audiofeat("--help")
        listed = done.out.partition("Commands:\n")[2].split("\n")
        assert done.code == 0
        assert [line.split()[0] for line in listed if line] == COMMANDS
        assert "audiofeat extract recordings/ --config mel " in done.out
        assert "..." not in done.out.partition("Commands:")[2]

    @pytest.mark.parametrize("command", ["", *COMMANDS])
    def test_fits_80_columns(self, command: str) -> None:
        done = audiofeat(*command.split(), "--help")
        assert done.code == 0
        assert max(map(len, done.lines)) <= 80

    @pytest.mark.parametrize("command", COMMANDS)
    def test_shows_an_example(self, command: str) -> None:
        examples = audiofeat(command, "-h").out.partition("Examples:\n")[2]
        assert f"audiofeat {command}" in examples

    def test_extract_has_the_options_of_the_contract(self) -> None:
        command = typer.main.get_command(app).commands["extract"]  # type: ignore[attr-defined]
        options = [p for p in command.params if p.param_type_name == "option"]
        assert {name for option in options for name in option.opts} == EXTRACT_OPTIONS
        assert all(option.help for option in options)

    def test_extract_groups_its_options(self) -> None:
        done = audiofeat("extract", "--help")
        titles = [line for line in done.lines if line.endswith(":") and not line.startswith(" ")]
        assert titles == [
            "Arguments:",
            "What to compute:",
            "Which files:",
            "How to run:",
            "What is said:",
            "Options:",
            "Examples:",
        ]

    def test_version(self) -> None:
        done = audiofeat("--version")
        assert done.code == 0
        assert done.out.startswith("audiofeat ")


class TestUsage:
    """Arguments that cannot work: exit 2, the reason on stderr, nothing on stdout."""

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (
                ["extract", "in"],
                "audiofeat: --config is missing: a YAML file, or one of the presets\n"
                f"  presets: {PRESETS} (`audiofeat presets` says what they are)\n",
            ),
            (
                ["extract", "-c", "mel"],
                "audiofeat: no INPUT: name folders or audio files, or - for a list of files on "
                "stdin\n  example: audiofeat extract recordings/ --config mel\n",
            ),
            (
                ["extract", "in", "-c", "mell"],
                "audiofeat: 'mell' is neither a file nor a preset\n"
                f"  presets: {PRESETS}; did you mean 'mel'?\n",
            ),
            (
                ["extract", "in", "nowhere", "-c", "mel"],
                "audiofeat: no such file or folder: nowhere\n",
            ),
            (
                ["extract", "in", "-c", "mel", "--shard", "3/3"],
                "audiofeat: --shard 3/3: expected I/N with I from 0 to N - 1\n"
                "  of three machines, the first takes 0/3, the last 2/3\n",
            ),
            (
                ["extract", "in", "-c", "mel", "--max-errors", "few"],
                "audiofeat: --max-errors few: give a number of files, or a percentage as 5%\n",
            ),
            (
                ["extract", "in", "-c", "mel", "-0"],
                "audiofeat: --null (-0) is about a list of files\n"
                "  give --files-from, or - as INPUT\n",
            ),
            (
                ["extract", "--files-from", "nowhere", "-c", "mel"],
                "audiofeat: --files-from nowhere: No such file or directory\n",
            ),
            (
                ["extract", "in", "-c", "mel", "--relative-to", "nowhere"],
                "audiofeat: --relative-to nowhere: no such folder\n",
            ),
            (
                ["features", "melspectrogram"],
                "audiofeat: no feature is called 'melspectrogram'; did you mean 'mel'?\n"
                "  `audiofeat features` lists them all\n",
            ),
            (
                ["cat", "in", "--format", "xml"],
                "audiofeat: --format xml: expected csv or jsonl\n",
            ),
            (
                ["extract", "in", "-c", "mel", "--backend", "dask"],
                "audiofeat: --backend dask is not there yet\n  there are: loky, threading\n",
            ),
            (
                ["extract", "in", "-c", "mel", "--timeout", "0"],
                "audiofeat: --timeout must be more than 0 seconds\n",
            ),
            (["cat", "in", "--limit", "-1"], "audiofeat: --limit -1: expected 0 or more\n"),
        ],
    )
    @pytest.mark.usefixtures("here")
    def test_says_what_is_wrong(self, arguments: list[str], message: str) -> None:
        done = audiofeat(*arguments)
        assert (done.code, done.out, done.err) == (2, "", message)

    @pytest.mark.usefixtures("here")
    def test_an_unknown_option_is_told_with_the_near_ones(self) -> None:
        done = audiofeat("extract", "in", "--jbos", "2")
        assert done.code == 2
        assert done.err.startswith("Usage: audiofeat extract [OPTIONS] [INPUT...]\n")
        assert "--jbos" in done.err
        assert "--jobs" in done.err

    @pytest.mark.usefixtures("here")
    def test_no_audio(self) -> None:
        Path("empty").mkdir()
        done = audiofeat("extract", "empty", "-c", "mel", "-j", "0")
        assert (done.code, done.out) == (2, "")
        assert done.err.endswith(
            "audiofeat: no audio found\n  name files with audio, or folders that hold some\n"
        )
        assert not Path("features").exists()

    @pytest.mark.usefixtures("here")
    def test_every_mistake_of_a_config_in_the_order_of_the_file(self) -> None:
        Path("bad.yaml").write_text(
            "sample_rate: 22050\n"
            "hop_lenght: 512\n"
            "features:\n"
            "  - mel: {fmax: 20000}\n"
            "  - mfcc: {n_mfc: 13}\n"
            "  - delta: {of: mfc}\n"
        )
        for command in (["check"], ["explain"], ["extract", "in", "-c"]):
            done = audiofeat(*command, "bad.yaml")
            assert (done.code, done.out) == (2, "")
            assert done.err == (
                "bad.yaml:2:1: hop_lenght: unknown key; did you mean 'hop_length'?\n"
                "bad.yaml:4:17: mel.fmax: expected at most sample_rate / 2 (11025 Hz), got 20000\n"
                "bad.yaml:5:12: mfcc.n_mfc: unknown parameter; did you mean 'n_mfcc'?\n"
                "bad.yaml:6:17: delta.of: 'mfc' is neither a feature nor an `as` of another\n"
            )


class TestEnds:
    """How errors become exit statuses."""

    def raising(self, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
        def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr(planning, "load_plan", fail)
        done = audiofeat("check", "mel")
        assert done.out == ""
        return done.code, done.err

    def test_a_defect_is_told_in_one_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.raising(KeyError("x"), monkeypatch) == (
            3,
            "audiofeat: a defect of audiofeat: KeyError: 'x'\n"
            "  run again with AUDIOFEAT_TRACEBACK=1 and report what it prints\n",
        )

    def test_a_defect_shows_its_traceback_when_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AUDIOFEAT_TRACEBACK", "1")
        monkeypatch.setattr(planning, "load_plan", None)
        with pytest.raises(TypeError, match="not callable"):
            audiofeat("check", "mel")

    def test_interrupted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.raising(KeyboardInterrupt(), monkeypatch) == (130, "")

    def test_stopped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stop = StoppedError("disk full", "make room")
        assert self.raising(stop, monkeypatch) == (3, "audiofeat: disk full\n  make room\n")

    def test_the_system_says_no(self, monkeypatch: pytest.MonkeyPatch) -> None:
        error = PermissionError(13, "Permission denied", "x.yaml")
        code, said = self.raising(error, monkeypatch)
        assert (code, said) == (3, "audiofeat: x.yaml: Permission denied\n")

    @pytest.mark.parametrize("command", ["schema", "presets"])
    def test_a_reader_that_leaves_is_no_error(self, command: str) -> None:
        started = start(command)
        assert started.stdout is not None
        started.stdout.close()
        started.wait()
        assert started.stderr is not None
        assert (started.returncode, started.stderr.read()) == (0, b"")

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has /dev/full")
    def test_a_full_disk_behind_stdout(self) -> None:
        with Path("/dev/full").open("w") as full:
            started = start("presets", stdout=full)
            _, err = started.communicate()
        said = b"audiofeat: cannot write to standard output: No space left on device\n"
        assert (started.returncode, err) == (3, said)

    def test_no_command_shows_the_help(self) -> None:
        done = audiofeat()
        assert done.code == 2
        assert "Commands:" in done.out + done.err


class TestExtract:
    def test_writes_tables_and_sums_up_on_stderr(self, here: Path) -> None:
        done = audiofeat("extract", "in", "-c", "small.yaml", "-j", "1")
        assert (done.code, done.out) == (0, "")
        said = done.err.splitlines()
        assert said[0] == "3 files done"
        assert said[1].startswith("0.5 s of audio in ")
        assert said[2].startswith("time of the workers: decode ")
        assert said[3] == "tables: features/small/frames, features/small/clips"
        assert len(said) == 4
        assert (here / "features/small/run.json").is_file()
        assert paths("features/small") == ["in/00.wav", "in/01.wav", "in/02.wav"]

    @pytest.mark.usefixtures("here")
    def test_as_a_call_from_python(self) -> None:
        outcome = audiofeat_cli.extract(["in"], "small.yaml", jobs=0, overrides=["hop_length=100"])
        assert (int(outcome.exit_code), outcome.done) == (0, 3)
        assert paths("features/small") == ["in/00.wav", "in/01.wav", "in/02.wav"]
        with pytest.raises(UsageError, match="no such file or folder: nowhere"):
            audiofeat_cli.extract(["nowhere"], "small.yaml", out="out", jobs=0)

    @pytest.mark.usefixtures("here")
    def test_the_second_run_has_nothing_to_do(self) -> None:
        extract("in")
        code, out, err = extract("in")
        assert (code, out) == (0, "")
        assert "nothing to do: 3 files done before\n" in err

    @pytest.mark.usefixtures("here")
    def test_json_is_the_summary(self) -> None:
        code, out, err = extract("in", "--json", "--quiet")
        facts = json.loads(out)
        assert (code, err) == (0, "")
        assert facts["done"] == 3
        assert facts["exit_code"] == 0
        assert facts["out"] == "out"
        assert facts["audio_seconds"] == pytest.approx(0.45)
        assert set(facts) >= {
            "failed",
            "skipped",
            "passed_over",
            "wall_seconds",
            "frames",
            "stages",
        }

    @pytest.mark.usefixtures("here")
    def test_in_the_parent_it_says_what_that_costs(self) -> None:
        warning = (
            "warning: without worker processes, a file that crashes the decoder ends the whole run"
        )
        assert extract("in")[2].splitlines()[0] == warning
        assert warning not in extract("in", "-j", "1", "--overwrite")[2]

    def test_dry_run_lists_and_writes_nothing(self, here: Path) -> None:
        (here / "in/link.wav").symlink_to("nowhere")
        code, out, err = extract("in", "--dry-run", "-j", "1")
        assert code == 0
        assert out.splitlines() == ["in/00.wav", "in/01.wav", "in/02.wav"]
        assert err == "3 files to do, 1 failed\nfailed:\n  in/link.wav: this link leads nowhere\n"
        assert not (here / "out").exists()
        facts = json.loads(extract("in", "--dry-run", "--json")[1])
        assert facts["files"] == out.splitlines()

    @pytest.mark.parametrize("arguments", [["-"], ["--files-from", "-"], ["--files-from", "list"]])
    @pytest.mark.usefixtures("here")
    def test_lists_of_files(self, arguments: list[str]) -> None:
        Path("list").write_text("in/02.wav\nin/00.wav\n")
        code, _, _ = extract(*arguments, stdin=b"in/02.wav\nin/00.wav\n")
        assert code == 0
        assert paths() == ["in/00.wav", "in/02.wav"]

    def test_lists_that_end_names_with_nul(self, here: Path) -> None:
        write_clip(here / "in" / "a\nb.wav")
        code, _, _ = extract("-0", "-", stdin=b"in/a\nb.wav\0in/00.wav\0")
        assert code == 0
        raw = audiofeat("cat", "-0", "out").out
        assert sorted(raw.rstrip("\0").split("\0")) == ["in/00.wav", "in/a\nb.wav"]

    @pytest.mark.usefixtures("here")
    def test_a_listed_file_that_is_not_there_is_a_failure(self) -> None:
        code, _, err = extract("-", stdin=b"in/00.wav\nnowhere.wav\n")
        assert code == 1
        assert "1 file done, 1 failed\n" in err
        assert "  nowhere.wav: no such file\n" in err

    @pytest.mark.usefixtures("here")
    def test_filters_and_the_spelling_of_paths(self) -> None:
        write_clip(Path("in/other.wav"))
        extract("in", "--exclude", "00*", "--relative-to", "in", "--include", "0?.wav")
        assert paths() == ["01.wav", "02.wav"]

    @pytest.mark.usefixtures("here")
    def test_shards_are_the_whole_together(self) -> None:
        done = []
        for index in range(3):
            code, out, _ = extract("in", "--shard", f"{index}/3", "--json")
            assert code == 0
            done.append(json.loads(out)["done"])
        assert sum(done) == 3
        assert max(done) < 3
        assert paths() == ["in/00.wav", "in/01.wav", "in/02.wav"]

    def test_no_frames_and_set(self, here: Path) -> None:
        extract("in", "--no-frames", "--set", "pooling=[max]", "--set", "hop_length=100")
        assert not (here / "out/frames").exists()
        header = audiofeat("cat", "out", "--limit", "0").lines
        assert header == ["path,duration,sample_rate,channels,n_frames,truncated,rms_max"]

    def test_failures_set_the_exit_status(self, here: Path) -> None:
        (here / "in/bad.wav").write_text("text")
        code, _, err = extract("in")
        assert code == 1
        assert err.splitlines()[-3:] == [
            "failed:",
            "  in/bad.wav: no audio format is recognised in this file",
            "  all about it in out/failures.jsonl",
        ]
        assert extract("in", "--max-errors", "1")[0] == 0
        assert extract("in", "--overwrite", "--max-errors", "25%")[0] == 0
        assert extract("in", "--overwrite", "--max-errors", "24%")[0] == 1

    def test_verbose_tells_failures_as_they_come_quiet_only_that_there_are(
        self, here: Path
    ) -> None:
        (here / "in/bad.wav").write_text("text")
        code, out, err = extract("in", "-q")
        assert (code, out, err) == (1, "", "audiofeat: 1 file failed: out/failures.jsonl\n")
        said = extract("in", "-v")[2]
        assert "failed: in/bad.wav: no audio format is recognised in this file\n" in said
        assert said.endswith("failures: out/failures.jsonl\n")

    def test_fail_fast(self, here: Path) -> None:
        (here / "in/00.wav").write_text("text")
        code, _, err = extract("in", "--fail-fast")
        assert code == 3
        assert err.splitlines()[-2:] == [
            "audiofeat: stopped at the first failure: in/00.wav: "
            "no audio format is recognised in this file",
            "  all that was done is kept; the same command goes on from here",
        ]

    def test_cut_files_are_taken_when_asked(self, here: Path) -> None:
        whole = (SAMPLES / "speech/vowels.wav").read_bytes()
        (here / "in/cut.wav").write_bytes(whole[: len(whole) // 2])
        assert extract("in")[0] == 1
        assert extract("in", "--allow-truncated")[0] == 0
        rows = audiofeat("cat", "out", "--columns", "path,truncated").lines
        assert "in/cut.wav,true" in rows

    @pytest.mark.usefixtures("here")
    def test_another_config_is_refused(self) -> None:
        extract("in")
        code, _, err = extract("in", "--set", "hop_length=100")
        assert code == 2
        assert "audiofeat: out holds tables of another config" in err
        assert extract("in", "--set", "hop_length=100", "--overwrite")[0] == 0

    @pytest.mark.usefixtures("here")
    def test_warnings_of_the_config_are_told(self) -> None:
        _, _, err = extract("in", "--set", "hop_length=300")
        assert "warning: --set hop_length=300: hop_length: 300 samples are more than" in err

    @pytest.mark.usefixtures("here")
    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_signals_stop_it_and_it_goes_on_later(self, number: int, code: int) -> None:
        os.mkfifo("list")
        started = start(
            "extract", "--files-from", "list", "-c", "small.yaml", "-o", "out", "-j", "1", "--json"
        )
        with Path("list").open("w") as names:
            names.write("in/00.wav\n")
            names.flush()
            assert started.stderr is not None
            while not Path("out/.journal").is_dir():
                pass
            started.send_signal(number)
            out, err = started.communicate()
        assert started.returncode == code
        assert json.loads(out)["reason"] == "interrupted"
        assert b"audiofeat: interrupted\n  all that was done is kept" in err
        assert extract("in")[0] == 0
        assert paths() == ["in/00.wav", "in/01.wav", "in/02.wav"]

    def test_rows_have_the_same_bits_wherever_they_are_made(self, tmp_path: Path) -> None:
        # Chroma's matrix product is large enough for a BLAS to use its threads, if it may.
        ways = {"parent": ["-j", "0"], "worker": ["-j", "1"]}
        ways["threads"] = ["-j", "2", "--backend", "threading"]
        tables = []
        for name, options in ways.items():
            to = tmp_path / name
            chords = str(SAMPLES / "music" / "chords")
            assert audiofeat("extract", chords, "-c", "chroma", "-o", str(to), *options).code == 0
            rows = ds.dataset(to / "frames").to_table()
            tables.append(rows.sort_by([("path", "ascending"), ("frame", "ascending")]))
        assert tables[0].num_rows > 100
        assert tables[0].equals(tables[1])
        assert tables[0].equals(tables[2])

    @pytest.mark.parametrize("closed", [1, 2])
    def test_closed_standard_streams_are_no_error(self, closed: int, here: Path) -> None:
        command = [sys.executable, "-m", "audiofeat_cli", "extract", "in", "-c", "small.yaml"]
        line = f"{shlex.join(command)} -j 1 {closed}>&-"
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(["sh", "-c", line], cwd=here, env=environment, check=False)
        assert done.returncode == 0
        assert paths("features/small") == ["in/00.wav", "in/01.wav", "in/02.wav"]

    @pytest.mark.usefixtures("here")
    def test_up_sampled_files_are_told(self) -> None:
        _, _, err = extract("in", "--set", "sample_rate=96000")
        assert "warning: 3 files have a lower sample rate than the config's 96000 Hz" in err

    @pytest.mark.usefixtures("here")
    @pytest.mark.parametrize("seconds", ["nan", "inf", "0"])
    def test_timeouts_that_are_none(self, seconds: str) -> None:
        code, _, err = extract("in", "--timeout", seconds)
        assert code == 2
        assert err.endswith("audiofeat: --timeout must be more than 0 seconds\n")

    @pytest.mark.usefixtures("here")
    def test_a_share_of_failures_is_of_all_files_asked_for(self) -> None:
        Path("in/bad.wav").write_bytes(b"no audio")
        assert extract("in", "--max-errors", "25%")[0] == 0
        assert extract("in", "--max-errors", "25%")[0] == 0
        assert extract("in", "--max-errors", "24%")[0] == 1


class TestSmallCommands:
    def test_presets_lists_and_prints(self) -> None:
        listed = audiofeat("presets")
        names = [line.split()[0] for line in listed.lines if line[0] != " "]
        assert ", ".join(names) == PRESETS
        assert max(map(len, listed.lines)) <= 80
        assert "features:\n  - mel: {n_mels: 128}\n" in audiofeat("presets", "mel").out
        assert audiofeat("presets", "mel").out == audiofeat("presets", "mel.yaml").out

    @pytest.mark.parametrize("name", PRESETS.split(", "))
    def test_a_printed_preset_is_a_config(self, here: Path, name: str) -> None:
        (here / "my.yaml").write_text(audiofeat("presets", name).out)
        assert audiofeat("check", "my.yaml").code == 0

    @pytest.mark.usefixtures("here")
    def test_check_says_what_the_config_is(self) -> None:
        assert audiofeat("check", "mel").out == (
            "ok: mel.yaml: mel at 22050 Hz, a frame every 512 samples (23.22 ms); "
            "columns: frames 131, clips 262\n"
        )
        own = audiofeat(
            "check", "small.yaml", "--set", "sample_rate=null", "--set", "tables=[clips]"
        )
        assert own.out == (
            "ok: small.yaml: rms at each file's own rate, a frame every 64 samples; "
            "columns: clips 8\n"
        )

    @pytest.mark.usefixtures("here")
    def test_check_warns_on_stderr(self) -> None:
        done = audiofeat("check", "small.yaml", "--set", "hop_length=300")
        assert done.code == 0
        assert done.out.startswith("ok: ")
        assert done.err.startswith("warning: --set hop_length=300: hop_length: ")

    def test_schema_is_json_that_knows_the_features(self) -> None:
        schema = json.loads(audiofeat("schema").out)
        assert "mel" in json.dumps(schema["properties"]["features"])
