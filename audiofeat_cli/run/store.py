"""The output folder as one run has it: what is done there, commits, and the end.

A batch is committed in this order: its parts are in `.staging/`, whole and fsynced; its record is
in the journal, fsynced; its parts are renamed into the tables.  Whoever opens the folder next does
the renames of a record that a killed run left undone, and deletes what has no record.

Where parts are merged, the folder of the table steps aside while the new part comes and the old
ones go: who reads just then finds no table, instead of rows twice or rows missing.
"""

import shutil
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from audiofeat_cli.errors import Failure, StoppedError
from audiofeat_cli.run.faults import reach
from audiofeat_cli.run.generation import swap
from audiofeat_cli.run.history import History, Part, new_part
from audiofeat_cli.run.holdings import Holding, find_holdings
from audiofeat_cli.run.jobs import PartFile, Receipt
from audiofeat_cli.run.journal import Journal, Record, read_records
from audiofeat_cli.run.layout import TABLES, Layout, sync_folder, sync_tree
from audiofeat_cli.run.locks import Lock, locked
from audiofeat_cli.run.views import write_views

REWRITTEN_BYTES = 2**30
"""Parts that are rewritten at a time because files have changed: that much room it takes."""


class Store:
    """What one run knows of its output folder and does to it. Made by `open_store`.

    Parameters
    ----------
    layout : the folder the tables grow in.
    lock : held while the run lives; its file's name is the run's id.
    header : first line of its journal.
    history : what was done here before.
    replaces : with `--overwrite`, the folder whose tables this one's will replace.
    """

    def __init__(
        self,
        layout: Layout,
        lock: Lock,
        header: Mapping[str, Any],
        history: History,
        replaces: Layout | None = None,
    ) -> None:
        self.layout = layout
        self.lock = lock
        self.header = header
        self.history = history
        self.replaces = replaces
        self.run = lock.path.stem
        self.views_stale = False
        self._drops = 0
        self._is_unpublished = False
        self._journal = Journal(layout.journal_of(self.run), header)
        history.headers[self.run] = dict(header)

    @property
    def staging(self) -> Path:
        """Where this run's batches put their parts."""
        return self.layout.staging / self.run

    @property
    def changed(self) -> bool:
        """Whether the run has recorded anything."""
        return self._journal.started

    def commit(self, receipt: Receipt) -> None:
        """Make a batch part of the tables.

        Raises
        ------
        StoppedError : it cannot be written; what was committed before is kept.
        """
        reach("receipt-received")
        parts = [[p.table, p.name, p.rows, p.bytes] for p in receipt.parts]
        clips = [
            [c.key, c.size, c.mtime_ns, c.seconds, *([c.path] if c.path != c.key else [])]
            for c in receipt.clips
        ]
        record: dict[str, Any] = {"batch": receipt.name, "parts": parts, "clips": clips}
        if receipt.failures:
            record["failures"] = [failure.as_dict() for failure in receipt.failures]
        record |= {"stages": receipt.stages, "frames": receipt.frames}
        if receipt.nonfinite:
            record["nonfinite"] = receipt.nonfinite
        if receipt.antiphase:
            record["antiphase"] = receipt.antiphase
        self._commit(record)
        reach("batch-published")

    def record_failures(self, failures: Iterable[Failure]) -> None:
        """Record files that failed before they came into a batch."""
        self._commit({"failures": [failure.as_dict() for failure in failures]})

    def clear_failures(self, keys: Collection[str]) -> None:
        """Record that failures no longer stand: the files are as they were when they were done."""
        self._commit({"cleared": sorted(keys)})

    def holdings_of(self, keys: Collection[str]) -> list[Holding]:
        """The parts that have rows of these clips."""
        return find_holdings(self.layout, keys, at_most=REWRITTEN_BYTES) if keys else []

    def drop(self, holding: Holding) -> None:
        """Take the rows of these clips out of their parts, because the files have changed."""
        with locked(self.layout.mutex):  # another shard may be about to rewrite the same part
            self._drop(holding)

    def _drop(self, holding: Holding) -> None:
        name = f"drop-{self._drops:04d}"
        self._drops += 1
        parts: list[list[Any]] = []
        old: list[Part] = []
        for part in holding.parts:
            left = 0
            target = self.staging.joinpath(name, *part)
            if self.layout.part(*part).exists():
                left = self._rewrite(part, target, holding.paths.values())
            if not left:
                old.append(part)
            elif target.exists():
                parts.append([*part, left, target.stat().st_size])
        if parts:
            sync_tree(self.staging)
        reach("replace-staged")
        dropped = sorted(holding.paths)
        self._commit({"batch": name, "parts": parts, "old": old, "dropped": dropped})

    def _rewrite(self, part: Part, target: Path, paths: Iterable[str]) -> int:
        from audiofeat_cli.rewrite import drop_paths

        target.parent.mkdir(parents=True, exist_ok=True)
        return drop_paths(self.layout.part(*part), target, frozenset(paths))

    def commit_merge(
        self, batch: str, new: PartFile, names: Iterable[str], *, seconds: float
    ) -> None:
        """Let a staged part take the place of those whose rows it has. Under the mutex only."""
        sync_tree(self.staging)
        reach("merge-staged")
        record: dict[str, Any] = {"batch": batch}
        record["parts"] = [[new.table, new.name, new.rows, new.bytes]]
        record["merged"] = [[new.table, name] for name in names]
        self._commit(record | {"stages": {"write": seconds}})

    def _commit(self, record: Record) -> None:
        self._journal.append(record)
        self._note(record)
        self._is_unpublished = True  # until it is: what is staged must stay for the next start
        try:
            publish(self.layout, self.run, record)
        except OSError as error:
            raise StoppedError(f"cannot write {self.layout.root}: {error.strerror}") from error
        self._is_unpublished = False

    def _note(self, record: Record) -> None:
        self.history.apply(self.run, record)
        self.history.read_to[self.run] = self._journal.size
        self.views_stale = True

    def close(self, end: Mapping[str, Any], *, whole: bool) -> None:
        """Write the views, and leave nothing of the run behind.

        Parameters
        ----------
        end : how the run ended, for run.json.
        whole : the run came to its end; with `--overwrite` the new tables take their place.
        """
        self._clear_staging()  # makes room, should the disk be full
        if self.changed:
            self._journal.append(record := {"end": dict(end)})
            self._note(record)
        self._journal.close()
        if self.views_stale:
            with locked(self.layout.mutex):
                self.history.read(self.layout)
                write_views(self.layout, self.history, self.header)
        if self.replaces is not None and whole:
            with locked(self.replaces.mutex):
                swap(self.replaces)
        self.give_up()
        reach("run-closed")

    def give_up(self) -> None:
        """Delete what was staged and not committed, and let the folder go; may be repeated."""
        self._clear_staging()
        remove_if_empty(self.layout.staging)
        self.lock.release(remove=True)

    def _clear_staging(self) -> None:
        if not self._is_unpublished:
            shutil.rmtree(self.staging, ignore_errors=True)


def remove_if_empty(folder: Path) -> None:
    """Remove a folder unless another run is using it."""
    try:
        folder.rmdir()
    except OSError:
        return


def publish(layout: Layout, run: str, record: Record) -> bool:
    """Do the renames and removals of a record, as far as they are not done; whether any was."""
    if "batch" not in record:
        return False
    folder = layout.staging / run / record["batch"]
    if "merged" in record:
        return _publish_merged(layout, folder, record)
    touched: set[Path] = set()
    for table, name, *_ in record["parts"]:
        staged, target = folder / table / name, layout.part(table, name)
        if staged.exists():
            target.parent.mkdir(exist_ok=True)
            staged.replace(target)
            touched |= {target.parent, layout.root}
            reach("part-renamed")
    for table, name in record.get("old", ()):
        target = layout.part(table, name)
        if target.exists():
            target.unlink()
            touched.add(target.parent)
            reach("replace-old-removed")
    for table_folder in touched:
        sync_folder(table_folder)
    shutil.rmtree(folder, ignore_errors=True)
    return bool(touched)


def _publish_merged(layout: Layout, folder: Path, record: Record) -> bool:
    table, name = new_part(record)
    staged, home = folder / table / name, layout.root / table
    aside = layout.aside(table)
    place = aside if aside.is_dir() else home
    if not staged.exists() and not any((place / old).exists() for _, old in record["merged"]):
        return False
    if place is home:
        with suppress(OSError):  # a mount point, or open on Windows: then it is done in place
            place = home.rename(aside)
    reach("merge-aside")
    place.mkdir(exist_ok=True)
    if staged.exists():
        staged.replace(place / name)
    for _, old in record["merged"]:
        (place / old).unlink(missing_ok=True)
        reach("merge-old-removed")
    sync_folder(place)
    _put_back(layout)
    reach("merge-put-back")
    shutil.rmtree(folder, ignore_errors=True)
    return True


def _put_back(layout: Layout) -> None:
    """Put the folders of tables where they belong."""
    for table in TABLES:
        home, aside = layout.root / table, layout.aside(table)
        if not aside.is_dir():
            continue
        if home.exists():  # somebody has made it meanwhile
            for path in aside.iterdir():
                path.replace(home / path.name)
            aside.rmdir()
        else:
            aside.rename(home)
    sync_folder(layout.root)


def replay(layout: Layout, *, live: Collection[str]) -> bool:
    """Finish what killed runs committed and delete what they did not; whether there was any."""
    dead = [path for path in _staged_runs(layout) if path.name not in live]
    for merging in (True, False):  # a table that stepped aside comes back first
        for folder in dead:
            journal = layout.journal_of(folder.name)
            for record, _ in read_records(journal) if journal.exists() else ():
                if ("merged" in record) is merging:
                    publish(layout, folder.name, record)
        _put_back(layout)
    for folder in dead:
        shutil.rmtree(folder, ignore_errors=True)
    remove_if_empty(layout.staging)
    return bool(dead)


def _staged_runs(layout: Layout) -> list[Path]:
    return sorted(layout.staging.iterdir()) if layout.staging.is_dir() else []
