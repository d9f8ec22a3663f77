"""What a run is asked to do, tells while it lasts, and comes to."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from audiofeat_cli.audio.discover import Clip
from audiofeat_cli.errors import ExitCode, Failure, UsageError


@dataclass(frozen=True, slots=True)
class MaxErrors:
    """How many files may fail before a finished run exits with 1."""

    limit: float = 0
    is_percent: bool = False

    @classmethod
    def parse(cls, text: str) -> "MaxErrors":
        """Read `N` or `P%`.

        Raises
        ------
        UsageError : it is neither.
        """
        number = text.strip().removesuffix("%")
        is_percent = number != text.strip()
        try:
            limit = float(number) if is_percent else int(number)
        except ValueError:
            limit = -1
        if not 0 <= limit <= (100 if is_percent else float("inf")):
            raise UsageError(f"--max-errors {text}: give a number of files, or a percentage as 5%")
        return cls(limit, is_percent)

    def allows(self, failed: int, tried: int) -> bool:
        """Whether so many failures, of so many files asked for, are within the limit."""
        if self.is_percent:
            return 100 * failed <= self.limit * tried
        return failed <= self.limit


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """The options of `audiofeat extract` that concern the run.

    Attributes
    ----------
    jobs : worker processes or threads; 0 works in the parent.
    shard : (index, count); the clips given are those of the shard.
    timeout : seconds per file.
    """

    out: Path
    jobs: int = 1
    backend: str = "loky"
    shard: tuple[int, int] = (0, 1)
    overwrite: bool = False
    max_errors: MaxErrors = field(default_factory=MaxErrors)
    fail_fast: bool = False
    timeout: float | None = None
    allow_truncated: bool = False
    dry_run: bool = False


@dataclass(slots=True)
class Tally:
    """Where the run stands.

    Attributes
    ----------
    found, found_weight : files to do that the walk has come by, and their guessed work in bytes.
    walked : whether the walk is over, so that `found` is all.
    skipped : files that were done before.
    weight : work that is behind.
    in_work, in_work_seconds : clips of batches that are not committed yet, and their audio.
    stages : seconds of all workers together.
    """

    found: int = 0
    found_weight: int = 0
    walked: bool = False
    done: int = 0
    failed: int = 0
    skipped: int = 0
    passed_over: int = 0
    weight: int = 0
    in_work: int = 0
    in_work_seconds: float = 0.0
    audio_seconds: float = 0.0
    frames: int = 0
    parts: int = 0
    stages: dict[str, float] = field(default_factory=dict)
    nonfinite: dict[str, int] = field(default_factory=dict)
    upsampled: int = 0
    antiphase: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def wall_seconds(self) -> float:
        """Since the run began."""
        return time.monotonic() - self.began


class Events:
    """What a run tells while it lasts. Override what you want to hear; all run in the parent."""

    def warning(self, message: str) -> None:
        """Something to tell the user, in one line."""

    def planned(self, clip: Clip) -> None:
        """With `--dry-run`: this file would be done."""

    def failure(self, failure: Failure) -> None:
        """A file failed."""

    def progress(self, tally: Tally) -> None:
        """Comes after each batch, and a few times a second while nothing else happens."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    Attributes
    ----------
    reason : why it stopped early; empty when it came to its end.
    parts : how many the batches wrote, before any were merged.
    stages : share of the workers' time spent in each, adding up to 1.
    """

    exit_code: ExitCode
    reason: str = ""
    done: int = 0
    failed: int = 0
    skipped: int = 0
    passed_over: int = 0
    audio_seconds: float = 0.0
    wall_seconds: float = 0.0
    frames: int = 0
    parts: int = 0
    stages: Mapping[str, float] = field(default_factory=dict)
    nonfinite: Mapping[str, int] = field(default_factory=dict)
    x_real_time: float = 0.0
    files_per_second: float = 0.0

    @classmethod
    def of(cls, tally: Tally, exit_code: ExitCode, reason: str = "") -> "Outcome":
        """The outcome of a run that stands so."""
        spent = sum(tally.stages.values())
        return cls(
            exit_code=exit_code,
            reason=reason,
            done=tally.done,
            failed=tally.failed,
            skipped=tally.skipped,
            passed_over=tally.passed_over,
            audio_seconds=tally.audio_seconds,
            wall_seconds=tally.wall_seconds,
            frames=tally.frames,
            parts=tally.parts,
            stages={name: t / spent for name, t in tally.stages.items() if spent},
            nonfinite=dict(tally.nonfinite),
            **speed(tally.audio_seconds, tally.done, tally.wall_seconds),
        )


def speed(audio_seconds: float, files: int, wall_seconds: float) -> dict[str, float]:
    """How fast: seconds of audio, and files, per second that passed."""
    passed = max(wall_seconds, 1e-9)
    rates = {"x_real_time": audio_seconds / passed, "files_per_second": files / passed}
    return {name: round(rate, 3) for name, rate in rates.items()}
