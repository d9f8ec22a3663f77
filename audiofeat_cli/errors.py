"""One family of errors, the exit statuses, and the line that one failed file costs."""

from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Literal

Stage = Literal["discover", "decode", "compute", "write"]


class ExitCode(IntEnum):
    """What the process tells its caller (docs/errors.md says the same to people)."""

    OK = 0
    FILES_FAILED = 1
    USAGE = 2
    STOPPED = 3
    INTERRUPTED = 130
    TERMINATED = 143


class AudiofeatError(Exception):
    """A problem that is told to the user in one line, never as a traceback.

    Parameters
    ----------
    message : what is wrong, in the user's words.
    remedy : what to do about it; empty when nothing can be advised.
    """

    exit_code = ExitCode.USAGE

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n  {self.remedy}" if self.remedy else self.message


class UsageError(AudiofeatError):
    """Arguments that cannot work: exit 2, nothing was written."""


class ConfigError(AudiofeatError):
    """Every mistake of one config, one line each (`file:line:column: key: ...`)."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems

    def __reduce__(self) -> tuple[type["ConfigError"], tuple[list[str]]]:
        return type(self), (self.problems,)


class StoppedError(AudiofeatError):
    """The run cannot go on (disk full, --fail-fast): exit 3, all that was committed is kept."""

    exit_code = ExitCode.STOPPED


class ClipError(Exception):
    """One clip cannot be done; the run goes on.

    Parameters
    ----------
    stage : where it happened.
    kind : a short stable word for machines: `truncated`, `undecodable`, `non_finite`, ...
    message : one line for people, with the remedy when there is one.
    detail : whatever a decoder printed, or the step, parameters and shapes of a failed computation.
    """

    def __init__(self, stage: Stage, kind: str, message: str, detail: str = "") -> None:
        super().__init__(stage, kind, message, detail)
        self.stage = stage
        self.kind = kind
        self.message = message
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.stage}: {self.kind}: {self.message}"

    def failure(self, path: str) -> "Failure":
        """The row of failures.jsonl for the clip at `path`."""
        return Failure(path, self.stage, self.kind, self.message, self.detail)


@dataclass(frozen=True, slots=True)
class Failure:
    """One object of failures.jsonl."""

    path: str
    stage: Stage
    error: str
    message: str
    detail: str = ""

    def as_dict(self) -> dict[str, str]:
        """Plain data for the journal."""
        return asdict(self)
