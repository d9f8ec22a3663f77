"""Doctor: what it says when all is well, and what when something is broken."""

import importlib.metadata
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from audiofeat_cli import kernels, registry
from audiofeat_cli.audio import formats
from audiofeat_cli.doctor import decoders, findings, folders, machine, report, selftest, software
from audiofeat_cli.doctor.findings import Finding, Status, note, wrong
from audiofeat_cli.errors import ExitCode
from audiofeat_cli.run.outcome import Outcome
from audiofeat_cli.run.signals import Stopped
from tests.commands import ROOT, audiofeat

GIB = 2**30


def one(found: Iterable[Finding], name: str) -> Finding:
    (finding,) = [f for f in found if f.name == name]
    return finding


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Leaves doctor no more than these probes, which must not take long."""

    def leave(*names: str) -> None:
        monkeypatch.setattr(report, "PROBES", (("Some", names),))

    return leave


@pytest.fixture(scope="module")
def here() -> dict[str, Any]:
    """What doctor says of the machine that runs the tests, self-test and all."""
    result = audiofeat("doctor", "--json")
    told: dict[str, Any] = json.loads(result.out)
    assert (result.code, result.err) == (0, ""), result.out
    return told


class TestHere:
    def test_all_is_well(self, here: dict[str, Any]) -> None:
        assert here.pop("ok") is True
        statuses = {f["name"]: f["status"] for found in here.values() for f in found}
        assert "wrong" not in statuses.values()
        assert {"audiofeat", "python", "numpy", "libsndfile", "libsoxr", "MP3", "cores"} <= set(
            statuses
        )

    def test_every_section_has_findings_of_one_shape(self, here: dict[str, Any]) -> None:
        sections = [found for name, found in here.items() if name != "ok"]
        assert len(sections) == len(report.PROBES)
        for finding in (f for found in sections for f in found):
            assert set(finding) == {"name", "text", "status", "remedy", "value"}
            assert finding["text"]

    def test_the_sample_audio_was_extracted(self, here: dict[str, Any]) -> None:
        (found,) = here["self_test"]
        assert found["value"]["sounds"] == "sample_audio"
        assert found["value"]["files"] == 12

    def test_versions_are_those_of_the_libraries(self, here: dict[str, Any]) -> None:
        versions = {f["name"]: f["value"] for f in here["versions"]}
        assert versions["numpy"] == np.__version__
        assert versions["libsndfile"] == sf.__libsndfile_version__


class TestText:
    def test_of_a_report(self, only: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        only("software:runtime")
        told = [
            Finding("numpy", "2.4.6"),
            note("a very long name of something", "is odd", "look at it"),
            wrong("soxr", "is " + "very " * 20 + "broken", "mend " + "it and " * 14 + "go on"),
        ]
        monkeypatch.setattr(software, "runtime", lambda: told)
        result = audiofeat("doctor")
        assert result.code == ExitCode.FILES_FAILED
        assert all(len(line) <= 80 for line in result.lines)
        assert result.lines[:4] == [
            "Some",
            "  numpy         2.4.6",
            "  a very long name of something NOTE: is odd",
            "                -> look at it",
        ]
        assert result.lines[4].startswith("  soxr          WRONG: is very")
        assert result.lines[-1] == "1 thing is wrong: soxr"

    def test_notes_are_no_errors(self, only: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        only("software:runtime")
        monkeypatch.setattr(software, "runtime", lambda: [note("disk", "is small")])
        result = audiofeat("doctor")
        assert (result.code, result.lines[-1]) == (0, "All is well.")

    def test_wrong_things_are_counted(self, only: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        only("software:runtime", "software:extras")
        monkeypatch.setattr(software, "runtime", lambda: [wrong("a", "b", "c")])
        monkeypatch.setattr(software, "extras", lambda: [wrong("d", "e", "f")])
        assert audiofeat("doctor").lines[-1] == "2 things are wrong: a, d"

    @pytest.mark.parametrize("raised", [RuntimeError("it\nbroke"), SystemExit("it broke")])
    def test_a_probe_that_fails_is_a_line(
        self, raised: BaseException, only: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails() -> Iterator[Finding]:
            yield Finding("first", "went well")
            raise raised

        only("software:runtime")
        monkeypatch.setattr(software, "runtime", fails)
        result = audiofeat("doctor", "--json")
        first, second = json.loads(result.out)["some"]
        assert result.code == ExitCode.FILES_FAILED
        assert first["text"] == "went well"
        assert second["name"] == "runtime"
        assert second["text"] == f"cannot be examined: {type(raised).__name__}: it broke"

    @pytest.mark.parametrize(
        ("size", "text"),
        [(0, "0 bytes"), (1536, "1.5 KiB"), (300 * 2**20, "300 MiB"), (1.5 * 2**40, "1.5 TiB")],
    )
    def test_sizes(self, size: float, text: str) -> None:
        assert findings.size_text(size) == text


class TestSoftware:
    def test_a_library_that_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(software, "_required", lambda: [("nosuchlibrary", ">=2")])
        found = one(software.libraries(), "nosuchlibrary")
        assert found.status is Status.WRONG
        assert found.remedy == "pip install 'nosuchlibrary>=2'"

    def test_a_library_that_does_not_load(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "soxr", None)
        monkeypatch.setattr(software, "_required", lambda: [("soxr", "")])
        found = one(software.libraries(), "soxr")
        assert found.status is Status.WRONG
        assert "cannot be loaded: ModuleNotFoundError" in found.text

    def test_a_library_that_is_too_old(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(software, "_required", lambda: [("numpy", ">=99")])
        found = one(software.libraries(), "numpy")
        assert found.text == f"{np.__version__} is not >=99, as audiofeat needs it"

    def test_what_is_required_is_what_the_package_says(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lines = ["librosa<2,>=0.11", "PyYAML (>=6.0.2)", "rich", 'matplotlib>=3; extra == "plot"']
        monkeypatch.setattr(importlib.metadata, "requires", lambda _: lines)
        assert software._required() == [
            ("librosa", "<2,>=0.11"),
            ("pyyaml", ">=6.0.2"),
            ("rich", ""),
        ]

    @pytest.mark.parametrize(
        ("version", "bounds", "good"),
        [
            ("0.11.0", "<2,>=0.11", True),
            ("0.10.9", "<2,>=0.11", False),
            ("2.0.0", "<2,>=0.11", False),
            ("1.10.0rc1", ">=1.9", True),
            ("1.9.1.post2", ">=1.9.2", False),
            ("6", ">=6.0.0", True),
            ("3.0+unknown", "", True),
        ],
    )
    def test_bounds(self, version: str, bounds: str, good: bool) -> None:
        assert software.satisfies(version, bounds) is good

    def test_an_extra_that_is_not_there_is_not_missed(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(software, "_version", lambda _: None)
        (found,) = software.extras()
        assert found.status is Status.OK
        assert "pip install 'audiofeat-cli[plot]'" in found.text

    def test_a_process_without_soundfile(self) -> None:
        """As after a broken installation: every line is there, nothing is a traceback."""
        code = """
import sys
sys.modules["soundfile"] = None
sys.argv = ["audiofeat", "doctor", "--json"]
from audiofeat_cli.cli import main
main()
"""
        done = subprocess.run(
            [sys.executable, "-c", code],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert (done.returncode, done.stderr) == (ExitCode.FILES_FAILED, "")
        told = json.loads(done.stdout)
        bad = [f["name"] for s in told.values() if s is not False for f in s if f["status"] != "ok"]
        assert {"soundfile", "native", "decoders", "self test"} <= set(bad)
        assert "numpy" not in bad


class TestPlugins:
    @pytest.fixture(autouse=True)
    def _installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Two packages: one is fine, and one names a module that is not there."""
        for name, value in (("good", "doctor_test_plugin"), ("bad", "doctor_test_nothing")):
            facts = tmp_path / f"doctor_{name}-1.5.dist-info"
            facts.mkdir()
            (facts / "METADATA").write_text(f"Name: doctor-{name}\nVersion: 1.5\n")
            (facts / "entry_points.txt").write_text(f"[audiofeat.features]\nany = {value}\n")
        (tmp_path / "doctor_test_plugin.py").write_text(
            "from audiofeat_cli.step import analysis_samples, feature\n"
            "@feature(analysis_samples, unit='1', gain='none', reference='none')\n"
            "def doctor_toy(samples):\n"
            "    'Samples as they are.'\n"
            "    return samples[..., None]\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delenv("AUDIOFEAT_PLUGINS", raising=False)
        registry._load.cache_clear()
        yield
        registry._load.cache_clear()
        sys.modules.pop("doctor_test_plugin", None)

    def test_good_and_bad_ones_are_told_apart(self) -> None:
        found = list(software.plugins())
        good, bad = one(found, "doctor-good 1.5"), one(found, "doctor-bad 1.5")
        assert (good.status, good.value) == (Status.OK, ["doctor_toy"])
        assert bad.status is Status.WRONG
        assert "No module named 'doctor_test_nothing'" in bad.text
        assert "AUDIOFEAT_PLUGINS=0" in bad.remedy

    def test_two_features_of_one_name(self, tmp_path: Path) -> None:
        shutil.rmtree(tmp_path / "doctor_bad-1.5.dist-info")
        file = tmp_path / "doctor_test_plugin.py"
        file.write_text(file.read_text().replace("doctor_toy", "mel"))
        found = one(software.plugins(), "features")
        assert found.status is Status.WRONG
        assert "'mel' is already taken" in found.text

    def test_switched_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AUDIOFEAT_PLUGINS", "0")
        (found,) = software.plugins()
        assert (found.status, found.remedy) == (Status.NOTE, "unset AUDIOFEAT_PLUGINS")


class TestDecoders:
    def test_each_format_is_really_tried(self, tmp_path: Path) -> None:
        trials = list(formats.try_formats(tmp_path))
        assert {trial.outcome for trial in trials} == {"read"}
        assert {file.suffix for file in tmp_path.iterdir()} >= {".wav", ".ogg", ".mp3", ".flac"}
        assert all(file.stat().st_size > 100 for file in tmp_path.iterdir())

    def test_a_libsndfile_without_mp3(self, monkeypatch: pytest.MonkeyPatch) -> None:
        known = sf.check_format
        monkeypatch.setattr(sf, "check_format", lambda f, c: f != "MP3" and known(f, c))
        found = one(decoders.decoders(), "MP3")
        assert found.status is Status.WRONG
        assert found.text == "MPEG_LAYER_III is not in this libsndfile"
        assert "soundfile" in found.remedy

    def test_a_decoder_that_gives_something_else(self, monkeypatch: pytest.MonkeyPatch) -> None:
        quiet = formats.tone() / 2
        monkeypatch.setattr(formats, "tone", lambda: quiet)
        found = one(decoders.decoders(), "AIFF")
        assert found.status is Status.WRONG
        assert "PCM_24 decodes to an amplitude of 0.250 instead of 0.5" in found.text

    def test_a_decoder_that_loses_samples(self, monkeypatch: pytest.MonkeyPatch) -> None:
        write = sf.write

        def shorter(file: Any, samples: Any, *rest: Any, **options: Any) -> None:
            write(file, samples[:-1], *rest, **options)

        monkeypatch.setattr(sf, "write", shorter)
        assert "samples instead of 9600" in one(decoders.decoders(), "W64").text

    def test_an_encoder_that_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def cannot(*_: Any, **__: Any) -> None:
            raise sf.LibsndfileError(1)

        monkeypatch.setattr(sf, "write", cannot)
        found = one(decoders.decoders(), "FLAC")
        assert found.status is Status.NOTE
        assert found.value == {"PCM_16": "untried", "PCM_24": "untried"}

    def test_a_file_that_cannot_be_decoded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def spoil(file: Any, *_: Any, **__: Any) -> None:
            Path(file).write_text("this is no audio")

        monkeypatch.setattr(sf, "write", spoil)
        found = one(decoders.decoders(), "OGG")
        assert found.status is Status.WRONG
        assert set(found.value.values()) == {"broken"}


class TestFolders:
    def test_writing_is_tried(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.touch()
        assert folders.can_write(tmp_path)
        assert folders.can_write(tmp_path / "to" / "be")
        assert not folders.can_write(file)
        assert not folders.can_write(file / "below")
        assert list(tmp_path.iterdir()) == [file]

    def test_nothing_can_be_written(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(folders, "can_write", lambda _: False)
        assert one(folders.temporary(), "temporary").status is Status.WRONG
        if sys.platform == "linux":
            assert "no worker process can start" in one(folders.workers(), "joblib").text
        monkeypatch.setattr(kernels, "cache_folder", lambda: None)
        found = list(folders.caches())
        assert {(f.status, f.value["path"]) for f in found} == {(Status.NOTE, None)}
        assert one(found, "numba").remedy == "set NUMBA_CACHE_DIR to a folder that can be written"

    def test_no_folder_for_temporary_files(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def nowhere() -> str:
            raise FileNotFoundError("no usable temporary directory")

        monkeypatch.setattr(tempfile, "gettempdir", nowhere)
        (found,) = folders.temporary()
        assert (found.status, found.remedy) == (
            Status.WRONG,
            "set TMPDIR to a folder that can be written",
        )

    def test_a_disk_that_is_nearly_full(self, monkeypatch: pytest.MonkeyPatch) -> None:
        usage = shutil.disk_usage("/")._replace(free=5 * 2**20)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
        (found,) = folders.temporary()
        assert found.status is Status.NOTE
        assert "5.0 MiB free: little" in found.text

    def test_caches_go_where_variables_say(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda _: True)
        for variable in ("NUMBA_CACHE_DIR", "MPLCONFIGDIR", "XDG_CACHE_HOME"):
            monkeypatch.setenv(variable, str(tmp_path / variable))
        places = {f.name: f.value["path"] for f in folders.caches()}
        assert places["numba"] == str(tmp_path / "NUMBA_CACHE_DIR")
        assert places["matplotlib"] == str(tmp_path / "MPLCONFIGDIR")
        if sys.platform == "linux":
            assert places["fontconfig"] == str(tmp_path / "XDG_CACHE_HOME" / "fontconfig")

    def test_a_cache_that_cannot_be_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
        assert one(folders.caches(), "numba").status is Status.NOTE


class TestMachine:
    @pytest.fixture
    def system(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
        """Makes a system of control groups: own groups, and files below their mount."""
        monkeypatch.setattr(machine, "CGROUPS", tmp_path / "cgroup")
        monkeypatch.setattr(machine, "OWN_GROUPS", tmp_path / "own")

        def make(own: str, **files: str) -> None:
            (tmp_path / "own").write_text(own)
            for name, text in files.items():
                file = tmp_path / "cgroup" / name.replace("__", "/").replace("_DOT_", ".")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)

        return make

    def test_no_groups(self, system: Any) -> None:
        assert (machine.cpu_quota(), machine.memory_limit()) == (None, None)
        system("0::/\n")
        assert (machine.cpu_quota(), machine.memory_limit()) == (None, None)

    def test_version_2(self, system: Any) -> None:
        system(
            "0::/a/b\n",
            a__cpu_DOT_max="150000 100000\n",
            a__b__cpu_DOT_max="400000 100000\n",
            a__memory_DOT_max="max\n",
            a__b__memory_DOT_max=f"{2 * GIB}\n",
            a__memory_DOT_high=f"{GIB}\n",
        )
        assert machine.cpu_quota() == 1.5
        assert machine.memory_limit() == GIB

    def test_version_1_in_a_container(self, system: Any) -> None:
        """The paths are those of the host, the files lie at the mount."""
        system(
            "4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n0::/\n",
            cpu__cpu_DOT_cfs_quota_us="250000",
            cpu__cpu_DOT_cfs_period_us="100000",
            memory__memory_DOT_limit_in_bytes=f"{GIB}",
        )
        assert machine.cpu_quota() == 2.5
        assert machine.memory_limit() == GIB

    def test_version_1_without_limits(self, system: Any) -> None:
        system(
            "4:memory:/\n2:cpu:/\n",
            cpu__cpu_DOT_cfs_quota_us="-1",
            cpu__cpu_DOT_cfs_period_us="100000",
            memory__memory_DOT_limit_in_bytes="9223372036854771712",
        )
        assert (machine.cpu_quota(), machine.memory_limit()) == (None, None)

    def test_a_quota_below_the_workers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(machine, "default_jobs", lambda: 8)
        monkeypatch.setattr(machine, "cpu_quota", lambda: 1.5)
        found = one(machine.cores(), "cpu quota")
        assert (found.status, found.remedy, found.value) == (Status.NOTE, "give --jobs 2", 1.5)
        monkeypatch.setattr(machine, "default_jobs", lambda: 2)
        assert one(machine.cores(), "cpu quota").status is Status.OK

    def test_cores_are_those_that_a_run_takes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(machine, "default_jobs", lambda: 3)
        monkeypatch.setattr(os, "cpu_count", lambda: 16)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
        found = one(machine.cores(), "cores")
        assert found.text == "3 of 16 are used by default (affinity allows 4)"

    def test_little_memory_for_all_workers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(machine, "default_jobs", lambda: 8)
        monkeypatch.setattr(machine, "_present", lambda: {"present": 64 * GIB})
        monkeypatch.setattr(machine, "_limits", lambda: {"allowed by a cgroup": GIB})
        (found,) = machine.memory()
        assert (found.status, found.remedy) == (Status.NOTE, "give --jobs 3")
        assert found.text.startswith("64.0 GiB present, 1.0 GiB allowed by a cgroup: little for 8")
        monkeypatch.setattr(machine, "default_jobs", lambda: 3)
        (found,) = machine.memory()
        assert found.status is Status.OK

    def test_memory_that_nobody_tells(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(machine, "_present", dict)
        monkeypatch.setattr(machine, "_limits", dict)
        (found,) = machine.memory()
        assert found.status is Status.NOTE

    def test_limits_of_the_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        resource = pytest.importorskip("resource")
        monkeypatch.setattr(machine, "memory_limit", lambda: None)
        monkeypatch.setattr(resource, "getrlimit", lambda _: (GIB, resource.RLIM_INFINITY))
        assert machine._limits() == {"allowed by RLIMIT_AS": GIB, "allowed by RLIMIT_DATA": GIB}

    def test_few_open_files(self, monkeypatch: pytest.MonkeyPatch) -> None:
        resource = pytest.importorskip("resource")
        monkeypatch.setattr(machine, "default_jobs", lambda: 64)
        monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 1024))
        (found,) = machine.open_files()
        assert found.status is Status.NOTE
        assert "1024 when raised: 64 workers take up to 1152" in found.text
        monkeypatch.setattr(resource, "getrlimit", lambda _: (256, resource.RLIM_INFINITY))
        (found,) = machine.open_files()
        assert (found.status, found.text) == (
            Status.OK,
            "256 at once, any number when raised",
        )


RIGHT = selftest.Found(
    clip={"sample_rate": 48000, "channels": 2, "duration": 2.0, "rms_max": 0.0}
    | {"integrated_loudness": -23.0}
    | {f"chroma_stft_{k:02d}_mean": float(k == 2) for k in range(12)},
    level=np.array([0.1, 0.1, np.nan]),
    centroid=np.array([997.0, 998.0, np.nan]),
)
BASIS = {"sample_rate": 48000, "channels": 2, "duration_s": 2.0}


class TestSelfTest:
    def test_made_sounds_are_as_known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where there is no sample audio, and so no clone."""
        monkeypatch.setattr(selftest, "SAMPLES", Path("/nowhere"))
        (found,) = selftest.self_test()
        assert found.text.startswith("3 files of made sounds decoded, computed and read back")
        assert found.status is Status.OK

    def test_a_wrong_number_is_told(self, tmp_path: Path, only: Any, monkeypatch: Any) -> None:
        samples = 0.05 * np.sin(2 * np.pi * 500 * np.arange(8000) / 16000)
        sf.write(tmp_path / "tone.wav", samples, 16000)
        (tmp_path / "text.wav").write_text("this is no audio")
        facts = {"sample_rate": 16000, "channels": 1, "duration_s": 0.5}
        truths = {"tone.wav": {**facts, "f0_hz": 600.0}}
        (tmp_path / selftest.TRUTH).write_text(json.dumps(truths))
        monkeypatch.setattr(selftest, "SAMPLES", tmp_path)
        only("selftest:self_test")
        result = audiofeat("doctor")
        told = " ".join(result.out.split())
        assert result.code == ExitCode.FILES_FAILED
        assert "WRONG: 1 file of sample_audio: tone.wav: centroid is 50" in told
        assert "instead of 600 Hz -> reinstall audiofeat" in told

        (tmp_path / selftest.TRUTH).write_text(json.dumps({"text.wav": facts}))
        (found,) = selftest.self_test()
        assert "text.wav: no audio format is recognised in this file" in found.text

    @pytest.mark.parametrize(
        ("truth", "told"),
        [
            ({}, []),
            ({"sample_rate": 44100}, ["sample_rate is 48000 instead of 44100 Hz"]),
            ({"channels": 1}, ["channels is 2 instead of 1"]),
            ({"duration_s": 2.1}, ["duration is 2 instead of 2.1 s"]),
            ({"rms_dbfs": -20.0, "f0_hz": 997.0, "integrated_lufs": -23.0}, []),
            ({"rms_dbfs": -21.0}, ["level is -20 instead of -21 dB"]),
            ({"f0_hz": 440.0}, ["centroid is 997.5 instead of 440 Hz"]),
            ({"f0_hz": 293.0, "note": "D4"}, []),
            ({"f0_hz": 293.0, "note": "D#4"}, ["chroma hears D instead of D#4"]),
            ({"integrated_lufs": -20.0}, ["loudness is -23 instead of -20 LUFS"]),
            ({"rms": 0.0}, ["centroid of silence is not null"]),
        ],
    )
    def test_disagreements(self, truth: dict[str, Any], told: list[str]) -> None:
        assert list(selftest.disagreements(BASIS | truth, RIGHT)) == told

    def test_null_is_no_number(self) -> None:
        nothing = np.full(3, np.nan)
        silent = replace(RIGHT, level=nothing, centroid=nothing)
        (said,) = selftest.disagreements({**BASIS, "f0_hz": 997.0}, silent)
        assert said == "centroid is nan instead of 997 Hz"
        clip = {**RIGHT.clip, "integrated_loudness": None}
        (said,) = selftest.disagreements(
            {**BASIS, "integrated_lufs": -23.0}, replace(RIGHT, clip=clip)
        )
        assert said == "loudness is nan instead of -23 LUFS"

    def test_a_run_that_stops(self, monkeypatch: pytest.MonkeyPatch) -> None:
        outcome = Outcome(ExitCode.STOPPED, "No space left on device")
        monkeypatch.setattr(selftest, "run", lambda *_: outcome)
        (found,) = selftest.self_test()
        assert "the run stopped: No space left on device" in found.text

    def test_files_that_nobody_did(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(selftest, "run", lambda *_: Outcome(ExitCode.OK, done=3))
        (found,) = selftest.self_test()
        assert "only 3 files were done" in found.text

    def test_ctrl_c_ends_it(self, only: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(selftest, "run", lambda *_: Outcome(ExitCode.INTERRUPTED))
        with pytest.raises(Stopped):
            list(selftest.self_test())
        only("selftest:self_test")
        assert audiofeat("doctor").code == ExitCode.INTERRUPTED
