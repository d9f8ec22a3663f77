"""Opening an output folder: is it ours, is anybody else in it, what was left undone."""

import errno
import json
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audiofeat_cli.errors import StoppedError, UsageError
from audiofeat_cli.plan import Plan
from audiofeat_cli.run.generation import find_strange_files, finish_swap
from audiofeat_cli.run.history import History
from audiofeat_cli.run.holdings import find_clips
from audiofeat_cli.run.journal import FORMAT, read_records
from audiofeat_cli.run.layout import NEXT, Layout, clear_pieces
from audiofeat_cli.run.locks import Lock, locked, try_lock
from audiofeat_cli.run.store import Store, replay
from audiofeat_cli.run.views import describe_difference
from audiofeat_cli.versions import library_versions

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class Claim:
    """What a run wants of a folder.

    Attributes
    ----------
    shard : (index, count).
    overwrite : begin a new generation of tables.
    """

    plan: Plan
    shard: tuple[int, int] = (0, 1)
    overwrite: bool = False

    def header(self) -> dict[str, Any]:
        """First line of the run's journal."""
        plugins = dict(plugin.rsplit(" ", 1) for plugin in self.plan.plugins)
        return {
            "format": FORMAT,
            "plan": self.plan.hash,
            "config": json.loads(self.plan.config_text),
            "versions": {**library_versions(), **plugins},
            "shard": list(self.shard),
            **here(),
        }


def here() -> dict[str, Any]:
    """When and where a run begins, for its journal."""
    started = datetime.now(UTC).isoformat(timespec="seconds")
    return {"started": started, "host": socket.gethostname(), "pid": os.getpid()}


def open_store(out: Path, claim: Claim) -> Store:
    """Open the folder for a run: finish or undo what killed runs left, and take our place in it.

    Raises
    ------
    UsageError : it is not ours, not writable, holds another config's tables, or is in use.
    StoppedError : the disk is full, or a journal is damaged.
    """
    layout = Layout(out)
    check_ours(layout)
    with _told(layout):
        layout.journal.mkdir(parents=True, exist_ok=True)
        with locked(layout.mutex):
            return _open(layout, claim)


def open_to_compact(out: Path) -> Store:
    """Open a folder that has tables, alone and whatever its config is, to merge parts.

    Raises
    ------
    UsageError : there are no tables of ours, it is not writable, or is in use.
    StoppedError : the disk is full, or a journal is damaged.
    """
    layout = Layout(out)
    check_ours(layout)
    with _told(layout):
        if not layout.exists:
            raise UsageError(
                f"{out} is no output folder of audiofeat",
                "give the folder that --out of `extract` named",
            )
        with locked(layout.mutex):
            return _open_alone(layout)


@contextmanager
def _told(layout: Layout) -> Iterator[None]:
    """Say what an error of the system means here."""
    try:
        yield
    except OSError as error:
        out = layout.root
        if error.errno in FULL:
            raise StoppedError(f"cannot write {out}: {error.strerror}") from error
        raise UsageError(
            f"cannot write to {out}: {error.strerror or error}", "give another folder with --out"
        ) from error


def look_into(out: Path, claim: Claim) -> History:
    """What was done in a folder, without changing anything there (`--dry-run`)."""
    layout = Layout(out)
    check_ours(layout)
    history = History()
    source = layout.next if claim.overwrite and _used_headers(layout) else layout
    if not claim.overwrite:
        _check_plan(layout, claim)
    if any(header.get("plan") == claim.plan.hash for header in _used_headers(source)):
        history.read(source)
    return history


def check_ours(layout: Layout) -> None:
    """Refuse a folder that somebody else filled."""
    if layout.root.exists() and not layout.root.is_dir():
        raise UsageError(f"{layout.root} is a file", "give a folder with --out")
    strangers = layout.strangers()
    if strangers:
        more = f" and {len(strangers) - 1} more" if len(strangers) > 1 else ""
        raise UsageError(
            f"{layout.root} is not empty and was not made by audiofeat: it holds "
            f"{strangers[0]}{more}",
            "give a new or an empty folder with --out",
        )


def _open(layout: Layout, claim: Claim) -> Store:
    clear_pieces(layout.root)
    swapped = finish_swap(layout)
    live = live_runs(layout)
    _check_company(layout, claim, live)
    used = _used_headers(layout)
    resumed = swapped and all(header.get("plan") == claim.plan.hash for header in used)
    base = _next_generation(layout, claim) if claim.overwrite and used and not resumed else layout
    if base is layout:
        _check_plan(layout, claim)
    replayed = replay(base, live=live)
    history = _read(base, live)
    header = claim.header()
    lock = _take_lock(layout, base, header)
    store = Store(base, lock, header, history, None if base is layout else layout)
    store.views_stale = replayed
    return store


def _open_alone(layout: Layout) -> Store:
    clear_pieces(layout.root)
    finish_swap(layout)
    for facts in live_runs(layout).values():
        raise _in_use(layout, facts, "wait for it")
    headers = _used_headers(layout)
    if not headers:
        raise UsageError(
            f"{layout.root} holds no tables of audiofeat",
            "give the folder that --out of `extract` named",
        )
    replayed = replay(layout, live=())
    history = _read(layout, {})
    header = {**headers[-1], "shard": [0, 1], "command": "compact", **here()}
    store = Store(layout, _take_lock(layout, layout, header), header, history)
    store.views_stale = replayed
    return store


def live_runs(layout: Layout) -> dict[str, dict[str, Any]]:
    """Runs whose lock is held, and what they say of themselves; locks of the dead are removed."""
    return dict(_held_locks(layout))


def _held_locks(layout: Layout) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(layout.journal.glob("*.lock")):
        lock = try_lock(path, create=False)
        if lock is not None:
            lock.release(remove=True)
        elif path.exists():
            yield path.stem, json.loads(path.read_text(encoding="utf-8") or "{}")


def _check_company(layout: Layout, claim: Claim, live: Mapping[str, dict[str, Any]]) -> None:
    index, count = claim.shard
    for facts in live.values():
        other_index, other_count = facts.get("shard", claim.shard)
        beside = (
            facts.get("plan") == claim.plan.hash
            and not (facts.get("overwrite") or claim.overwrite)
            and count == other_count
            and index != other_index
        )
        if not beside:
            remedy = "wait for it, give another folder with --out, or split the work with --shard"
            raise _in_use(layout, facts, remedy)


def _in_use(layout: Layout, facts: Mapping[str, Any], remedy: str) -> UsageError:
    who = f"process {facts.get('pid', '?')} on {facts.get('host', '?')}"
    return UsageError(f"another run ({who}) is writing to {layout.root}", remedy)


def _used_headers(layout: Layout) -> list[dict[str, Any]]:
    """Headers of the journals that have more than a header."""
    headers = []
    for path in layout.journals():
        records = (record for record, _ in read_records(path))
        header = next(records, None)
        with suppress(StoppedError):  # damage: there was something, and who reads on will say so
            if next(records, None) is None:
                continue
        headers.append(header or {})
    return headers


def _check_plan(layout: Layout, claim: Claim) -> None:
    for header in _used_headers(layout):
        if header.get("plan") != claim.plan.hash:
            difference = describe_difference(header.get("config", {}), claim.header()["config"])
            remedy = "give another folder with --out, or replace the tables with --overwrite"
            if layout.next.journals():
                remedy += f" (an --overwrite that did not finish waits in {NEXT}; it goes on)"
            raise UsageError(f"{layout.root} holds tables of another config ({difference})", remedy)


def _next_generation(layout: Layout, claim: Claim) -> Layout:
    """The folder of the new tables: what a killed run with the same plan left of it, or empty."""
    strange = find_strange_files(layout)
    if strange:
        raise UsageError(
            f"{strange[0]} is not ours, and --overwrite would delete it", "move it away first"
        )
    base = layout.next
    if any(header.get("plan") != claim.plan.hash for header in _used_headers(base)):
        shutil.rmtree(base.root)
    base.journal.mkdir(parents=True, exist_ok=True)
    return base


def _read(base: Layout, live: Mapping[str, Any]) -> History:
    history = History()
    history.read(base)
    for path in base.journals():
        if path.stem not in live:
            _tidy_journal(path, history)
    lost = history.find_lost_parts(base, live=live)
    for key in find_clips(base, lost) if lost else ():
        history.done.lose(key)
    return history


def _tidy_journal(path: Path, history: History) -> None:
    """Cut a torn last line off; delete a journal that says nothing."""
    if path.stem not in history.used:
        path.unlink()
        history.headers.pop(path.stem, None)
    elif path.stat().st_size > history.read_to[path.stem]:
        os.truncate(path, history.read_to[path.stem])


def _take_lock(layout: Layout, base: Layout, header: Mapping[str, Any]) -> Lock:
    run = max(layout.new_run(), base.new_run())
    lock = try_lock(layout.lock_of(run), create=True)
    if lock is None:
        raise StoppedError(f"{layout.lock_of(run)} is held by another process")
    wanted = ("host", "pid", "shard", "plan")
    lock.write(json.dumps({k: header[k] for k in wanted} | {"overwrite": base is not layout}))
    return lock
