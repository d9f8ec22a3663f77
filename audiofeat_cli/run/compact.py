"""Few parts instead of many: `audiofeat compact`, and the end of a run that leaves many.

Parts are merged in order of their names, one new part at a time, each committed as a batch is. The
folder's mutex is held meanwhile, so that nobody opens the folder between looking and committing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audiofeat_cli.errors import ExitCode, StoppedError
from audiofeat_cli.run.executor import WorkerDied
from audiofeat_cli.run.jobs import MergeJob, MergeReceipt, PartFile
from audiofeat_cli.run.layout import TABLES, Layout
from audiofeat_cli.run.locks import PAUSE_SECONDS, locked
from audiofeat_cli.run.merging import run_merge
from audiofeat_cli.run.opening import live_runs, open_to_compact
from audiofeat_cli.run.progress import count
from audiofeat_cli.run.signals import Signals
from audiofeat_cli.run.store import Store

SMALL_BYTES: Final = 32 * 2**20
"""A part of less, on disk, may be merged."""

MANY: Final = 100
"""With more small parts than this in a table, a run merges them when it ends."""


@dataclass(frozen=True, slots=True)
class Change:
    """Number of parts of a table, before and after."""

    before: int
    after: int

    @property
    def text(self) -> str:
        """For people."""
        parts = count(self.before, "part")
        return (
            f"{parts}, now {self.after:,}" if self.after != self.before else f"{parts}, as before"
        )


class Compaction:
    """Merges the small parts of an open folder.

    Parameters
    ----------
    merge : does a job, here or in a worker process.
    may_go_on : asked before each new part.
    """

    def __init__(
        self,
        store: Store,
        merge: Callable[[MergeJob], MergeReceipt],
        may_go_on: Callable[[], bool] = lambda: True,
    ) -> None:
        self.store = store
        self.merge = merge
        self.may_go_on = may_go_on
        self.made: set[str] = set()
        self.seconds = 0.0
        self.trouble: Exception | None = None

    def run(self) -> None:
        """Merge as long as nobody else works in the folder.

        Where a part cannot be read or written that is noted as `trouble`, and nothing is changed
        any more; what was merged before stays merged.

        Raises
        ------
        StoppedError : what was committed could not be put in place; the next start will do it.
        """
        for table in TABLES:
            last: str | None = ""
            while last is not None:
                last = self._merge_some(table, last)
                if last is not None:
                    time.sleep(2 * PAUSE_SECONDS)  # lets a run in that waits for the mutex

    def _merge_some(self, table: str, last: str) -> str | None:
        """Make one part of parts after `last`; the name it came to, or None after the last."""
        store = self.store
        with locked(store.layout.mutex):
            if self.trouble or not self.may_go_on() or _is_crowded(store):
                return None
            store.history.read(store.layout)
            sources = [source for source in self._sources(table) if source[0].name > last]
            if len(sources) < 2:
                return None
            batch = f"merge-{len(self.made):04d}"
            name = f"part-{store.run}-{batch}.parquet"
            before = time.perf_counter()
            job = MergeJob(tuple(sources), store.staging.absolute() / batch / table / name)
            try:
                receipt = self.merge(job)
            except (StoppedError, WorkerDied) as error:
                self.trouble = error
                return None
            seconds = time.perf_counter() - before
            if receipt.names:
                self.made.add(name)
                self.seconds += seconds
                new = PartFile(table, name, receipt.rows, receipt.bytes)
                store.commit_merge(batch, new, receipt.names, seconds=seconds)
        rest = len(sources) - receipt.seen
        return sources[receipt.seen - 1][0].name if rest > 1 else None

    def _sources(self, table: str) -> list[tuple[Path, Path | None]]:
        layout = Layout(self.store.layout.root.absolute())
        sizes = part_sizes(self.store, table)
        names = sorted(sizes)
        return [
            (layout.part(table, name), layout.part(table, before) if before else None)
            for before, name in zip(["", *names], names, strict=False)
            if sizes[name] < SMALL_BYTES and name not in self.made
        ]


def part_sizes(store: Store, table: str) -> dict[str, int]:
    """Bytes of the parts of a table that are ours and in place."""
    known = {name for its, name in store.history.parts if its == table}
    folder = store.layout.root / table
    found = folder.iterdir() if folder.is_dir() else ()
    return {path.name: path.stat().st_size for path in found if path.name in known}


def small_parts(store: Store) -> dict[str, int]:
    """Number of small parts of each table."""
    return {
        table: sum(size < SMALL_BYTES for size in part_sizes(store, table).values())
        for table in TABLES
    }


def _is_crowded(store: Store) -> bool:
    """Whether another run lives in the folder. Under the mutex only."""
    if store.replaces is not None:  # a new generation has no company
        return False
    return any(run != store.run for run in live_runs(store.layout))


@dataclass(frozen=True, slots=True)
class Compacted:
    """How `audiofeat compact` ended."""

    exit_code: ExitCode
    tables: dict[str, Change]


def compact_folder(out: Path) -> Compacted:
    """Merge the small parts of an output folder.

    Raises
    ------
    UsageError : it is no output folder of ours, not writable, or a run is at work there.
    StoppedError : a part cannot be read or written.
    """
    signals = Signals()
    with signals.watched():
        store = open_to_compact(out)
        began = time.monotonic()
        try:
            before = _counts(store)
            compaction = Compaction(store, run_merge, lambda: signals.pending is None)
            compaction.run()
            if compaction.trouble is not None:
                raise compaction.trouble
        finally:
            code = signals.pending or ExitCode.OK
            wall = round(time.monotonic() - began, 3)
            store.close({"exit_code": int(code), "wall_seconds": wall}, whole=False)
    after = _counts(store)
    return Compacted(code, {table: Change(before[table], after[table]) for table in before})


def _counts(store: Store) -> dict[str, int]:
    counts = {table: len(part_sizes(store, table)) for table in TABLES}
    return {table: count for table, count in counts.items() if count}


def is_due(store: Store) -> bool:
    """Whether a run that ends should merge parts, its own and those of other shards."""
    if not store.changed:
        return False
    store.history.read(store.layout)
    return max(small_parts(store).values()) > MANY
