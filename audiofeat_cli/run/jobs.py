"""What crosses the process boundary: a job goes in, a receipt comes out, both small plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from audiofeat_cli.audio.discover import Clip
from audiofeat_cli.errors import Failure
from audiofeat_cli.plan import Plan


@dataclass(frozen=True, slots=True)
class Settings:
    """What all batches of a run have in common.

    Attributes
    ----------
    run : id of the run.
    staging : the run's folder for parts that are not committed.
    timeout : seconds per clip; None for no limit.
    fail_fast : end a batch at its first failure.
    """

    plan: Plan
    run: str
    staging: Path
    allow_truncated: bool = False
    timeout: float | None = None
    fail_fast: bool = False


@dataclass(frozen=True, slots=True)
class BatchJob:
    """Clips for one call of `run_batch`. `name` is unique in the run."""

    name: str
    clips: tuple[Clip, ...]
    settings: Settings

    @property
    def folder(self) -> Path:
        """Its own staging folder."""
        return self.settings.staging / self.name

    @property
    def prefix(self) -> str:
        """What makes the names of its parts unique over runs, shards and hosts."""
        return f"{self.settings.run}-{self.name}"


@dataclass(frozen=True, slots=True)
class PartFile:
    """One written file of a table."""

    table: str
    name: str
    rows: int
    bytes: int


class DoneClip(NamedTuple):
    """One clip whose rows are in the parts."""

    key: str
    path: str
    size: int
    mtime_ns: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of a batch.

    Attributes
    ----------
    stages : seconds spent in `decode`, `compute` and `write`.
    nonfinite : how many values of each feature were not finite, and are null.
    upsampled : clips whose file has a lower rate than the config.
    antiphase : clips whose channels cancel in the mono mix.
    weight : guessed work of the clips that are behind.
    memory : resident bytes of the process that did it.
    """

    name: str
    parts: tuple[PartFile, ...] = ()
    clips: tuple[DoneClip, ...] = ()
    failures: tuple[Failure, ...] = ()
    frames: int = 0
    stages: Mapping[str, float] = field(default_factory=dict)
    nonfinite: Mapping[str, int] = field(default_factory=dict)
    upsampled: int = 0
    antiphase: int = 0
    weight: int = 0
    memory: int = 0

    @property
    def audio_seconds(self) -> float:
        """Length of what was extracted."""
        return sum(clip.seconds for clip in self.clips)


@dataclass(frozen=True, slots=True)
class MergeJob:
    """Parts for one call of `run_merge`.

    Attributes
    ----------
    sources : parts that may be merged, in order, each with the part before it in its table.
    target : the new part, in the staging folder.
    """

    sources: tuple[tuple[Path, Path | None], ...]
    target: Path


@dataclass(frozen=True, slots=True)
class MergeReceipt:
    """What came of it.

    Attributes
    ----------
    names : of the sources whose rows the new part has; none if there is no new part.
    seen : how many sources, from the first, are settled.
    """

    names: tuple[str, ...]
    seen: int
    rows: int = 0
    bytes: int = 0
