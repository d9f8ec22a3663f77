"""The whole way from files to tables, on sounds whose answers are known."""

import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiofeat_cli.audio.discover import discover
from audiofeat_cli.audio.formats import write_flac
from audiofeat_cli.doctor.findings import Finding, one_line, wrong
from audiofeat_cli.errors import ExitCode, Failure
from audiofeat_cli.planning import load_plan
from audiofeat_cli.run.drive import run
from audiofeat_cli.run.outcome import Events, Outcome, RunOptions
from audiofeat_cli.run.signals import Stopped
from audiofeat_cli.tables import records

Numbers = NDArray[np.float64]
Truth = Mapping[str, Any]
"""Facts of one file, as sample_audio/ground_truth.json has them."""

SAMPLES = Path(__file__).parents[2] / "sample_audio"
"""There when audiofeat runs from a clone."""

TRUTH = "ground_truth.json"
TIMEOUT = 20.0
"""Seconds per file; each takes a fraction of one."""

REPORT = "reinstall audiofeat and its libraries; if that does not help, report it with this output"
SHOWN = 3

CONFIG = """
sample_rate: 22050
n_fft: 2048
hop_length: 512
features:
  - rms
  - spectral_centroid
  - mel: {n_mels: 64}
  - chroma_stft
  - integrated_loudness
pooling: [mean, max]
"""

_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


@dataclass(frozen=True, slots=True)
class Sounds:
    """Files and what is known of them.

    Attributes
    ----------
    truths : by path below `folder`.
    """

    name: str
    folder: Path
    truths: Mapping[str, Truth]


@dataclass(frozen=True, slots=True)
class Found:
    """What the tables say of one file.

    Attributes
    ----------
    clip : its row of clips.
    level, centroid : of its frames, NaN where null.
    """

    clip: Mapping[str, Any]
    level: Numbers
    centroid: Numbers


@dataclass
class _Heard(Events):
    """Remembers what a run tells."""

    failures: list[Failure] = field(default_factory=list)

    def failure(self, failure: Failure) -> None:
        self.failures.append(failure)


def self_test() -> Iterator[Finding]:
    """Extract, read the tables, and compare."""
    with tempfile.TemporaryDirectory(prefix="audiofeat-") as name:
        folder = Path(name)
        sounds = bundled_sounds() or made_sounds(folder / "sounds")
        began = time.monotonic()
        outcome, failures = _extracted(sounds, folder)
        seconds = time.monotonic() - began
        problems = _run_problems(outcome, failures, sounds)
        if not problems:
            problems = [p for file in _compared(sounds, folder / "out") for p in file]
        yield _verdict(sounds, problems, seconds)


def _verdict(sounds: Sounds, problems: Sequence[str], seconds: float) -> Finding:
    count = len(sounds.truths)
    value = {"sounds": sounds.name, "files": count, "seconds": round(seconds, 3)}
    what = f"{count} file{'' if count == 1 else 's'} of {sounds.name}"
    if problems:
        more = f" (and {len(problems) - SHOWN} more)" if len(problems) > SHOWN else ""
        said = "; ".join(problems[:SHOWN])
        return wrong("self-test", f"{what}: {said}{more}", REPORT, {**value, "problems": problems})
    return Finding(
        "self-test",
        f"{what} decoded, computed and read back as known, {seconds:.1f} s",
        value=value,
    )


def bundled_sounds() -> Sounds | None:
    """The sample audio of a clone; None elsewhere."""
    try:
        truths = json.loads((SAMPLES / TRUTH).read_text(encoding="utf-8"))
    except OSError:
        return None
    there = {path: truth for path, truth in truths.items() if (SAMPLES / path).is_file()}
    return Sounds("sample_audio", SAMPLES, there) if there else None


def made_sounds(folder: Path) -> Sounds:
    """A calibrated sine, silence and noise, written into `folder`.

    By ITU-R BS.1770 a sine of 997 Hz in two channels, each with a peak of -23 dBFS, has -23 LUFS.
    """
    folder.mkdir()
    rate, noise_rate, seconds = 48000, 22050, 3.0
    count = round(rate * seconds)
    sine = 10 ** (-23 / 20) * np.sin(2 * np.pi * 997 * np.arange(count) / rate)
    noise = np.random.default_rng(0).standard_normal(round(noise_rate * seconds))
    noise *= 0.1 / np.sqrt(np.mean(noise**2))
    facts = {"sample_rate": rate, "channels": 2, "duration_s": seconds}
    write_flac(folder / "sine.flac", np.stack([sine, sine], axis=1).astype(np.float32), rate)
    write_flac(folder / "silence.flac", np.zeros((count, 2), np.float32), rate)
    write_flac(folder / "noise.flac", noise.astype(np.float32), noise_rate)
    truths = {
        "sine.flac": {**facts, "f0_hz": 997.0, "rms_dbfs": -26.01, "integrated_lufs": -23.0},
        "silence.flac": {**facts, "rms": 0.0},
        "noise.flac": {**facts, "sample_rate": noise_rate, "channels": 1, "rms_dbfs": -20.0},
    }
    return Sounds("made sounds", folder, truths)


def _extracted(sounds: Sounds, folder: Path) -> tuple[Outcome, Sequence[Failure]]:
    """Run as `audiofeat extract --jobs 1` does."""
    config = folder / "self-test.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    heard = _Heard()
    clips = discover(
        [str(sounds.folder / path) for path in sounds.truths], relative_to=str(sounds.folder)
    )
    options = RunOptions(out=folder / "out", jobs=1, timeout=TIMEOUT)
    outcome = run(options, load_plan(str(config)).plan, clips, heard)
    if outcome.exit_code in {ExitCode.INTERRUPTED, ExitCode.TERMINATED}:
        raise Stopped(outcome.exit_code)
    return outcome, heard.failures


def _run_problems(outcome: Outcome, failures: Sequence[Failure], sounds: Sounds) -> list[str]:
    """What the run itself complained of."""
    problems = [f"{failure.path}: {one_line(failure.message)}" for failure in failures]
    if outcome.reason:
        problems.append(f"the run stopped: {one_line(outcome.reason)}")
    if not problems and outcome.done != len(sounds.truths):
        problems.append(f"only {outcome.done} files were done")
    return problems


def _compared(sounds: Sounds, out: Path) -> Iterator[list[str]]:
    found = read_tables(out)
    for path, truth in sounds.truths.items():
        if path not in found:
            yield [f"{path}: is not in the tables"]
        else:
            yield [f"{path}: {problem}" for problem in disagreements(truth, found[path])]


def read_tables(out: Path) -> Mapping[str, Found]:
    """What an output folder of `CONFIG` says, by path."""
    clips = {row["path"]: row for batch in records(out / "clips") for row in batch.to_pylist()}
    frames: dict[str, list[tuple[Any, Any]]] = {path: [] for path in clips}
    for batch in records(out / "frames", columns=["path", "rms", "spectral_centroid"]):
        for row in batch.to_pylist():
            frames[row["path"]].append((row["rms"], row["spectral_centroid"]))
    columns = {path: np.array(rows, dtype=np.float64).T for path, rows in frames.items()}
    return {path: Found(clips[path], *columns[path]) for path in clips}


def disagreements(truth: Truth, found: Found) -> Iterator[str]:
    """Where a file's rows are not what is known of it."""
    yield from _container(truth, found.clip)
    yield from _level(truth, found)
    if "f0_hz" in truth and "note" not in truth:  # a sine: all of it is at one frequency
        yield from _differs("centroid", _median(found.centroid), truth["f0_hz"], 5, "Hz")
    if "note" in truth:
        yield from _note(str(truth["note"]), found.clip)
    if "integrated_lufs" in truth:
        loudness = found.clip["integrated_loudness"]
        yield from _differs("loudness", loudness, truth["integrated_lufs"], 0.1, "LUFS")


def _container(truth: Truth, clip: Mapping[str, Any]) -> Iterator[str]:
    for column, key, unit in (
        ("sample_rate", "sample_rate", "Hz"),
        ("channels", "channels", ""),
        ("duration", "duration_s", "s"),
    ):
        yield from _differs(column, clip[column], truth[key], 1e-3, unit)


def _level(truth: Truth, found: Found) -> Iterator[str]:
    if "rms_dbfs" in truth:
        level = 20 * np.log10(max(_median(found.level), 1e-9))
        yield from _differs("level", level, truth["rms_dbfs"], 0.2, "dB")
    if truth.get("rms") == 0:
        yield from _differs("rms", found.clip["rms_max"], 0, 0, "")
        if np.isfinite(found.centroid).any():
            yield "centroid of silence is not null"


def _note(note: str, clip: Mapping[str, Any]) -> Iterator[str]:
    chroma = [clip[f"chroma_stft_{k:02d}_mean"] for k in range(len(_NOTES))]
    heard = _NOTES[int(np.argmax(np.array(chroma, dtype=np.float64)))]
    if heard != note.rstrip("0123456789"):
        yield f"chroma hears {heard} instead of {note}"


def _median(values: Numbers) -> float:
    """Of the frames that are not null; NaN when all are."""
    there = values[np.isfinite(values)]
    return float(np.median(there)) if there.size else float("nan")


def _differs(
    what: str, ours: float | None, known: float, tolerance: float, unit: str
) -> Iterator[str]:
    value = float("nan") if ours is None else float(ours)
    if not abs(value - known) <= tolerance:
        yield f"{what} is {value:.6g} instead of {known:g} {unit}".rstrip()
