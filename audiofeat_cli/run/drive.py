"""The run: discover, skip what is done, execute, record."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from itertools import chain, count
from typing import Any

from audiofeat_cli.audio.discover import Clip
from audiofeat_cli.errors import AudiofeatError, ExitCode, Failure, StoppedError, UsageError
from audiofeat_cli.plan import Plan
from audiofeat_cli.run.batches import Batches, weight
from audiofeat_cli.run.compact import Compaction, is_due
from audiofeat_cli.run.dispatch import Dispatcher
from audiofeat_cli.run.executor import check_backend, make_pool, merger
from audiofeat_cli.run.history import History, Standing, add_up
from audiofeat_cli.run.jobs import BatchJob, Receipt, Settings
from audiofeat_cli.run.opening import Claim, look_into, open_store
from audiofeat_cli.run.outcome import Events, Outcome, RunOptions, Tally, speed
from audiofeat_cli.run.signals import Signals, Stopped
from audiofeat_cli.run.store import Store

WHOLE = frozenset({ExitCode.OK, ExitCode.FILES_FAILED})
"""How a run ends that came to its end."""

FAILURES_AT_ONCE = 1000
"""Failures of the walk are recorded when there are so many, or at the end."""

SKIPPED_AT_ONCE = 5000
"""Progress is told when so many more files were found to be done."""

LOOK_SECONDS = 0.2
"""How often the workers' marks are read for the progress."""

Found = Iterable[Clip | Failure]


def run(options: RunOptions, plan: Plan, clips: Found, events: Events) -> Outcome:
    """Extract the clips into the output folder, as far as that is not done.

    Parameters
    ----------
    clips : what `discover` gives; taken from while the work goes on.

    Raises
    ------
    UsageError : it cannot be begun; nothing was written.
    StoppedError : the folder cannot be opened because the disk is full or a journal is damaged.
    """
    _check(options)
    found = iter(clips)
    first = next(found, None)
    if first is None:
        return _nothing_found(options, _passed_over(clips), int(getattr(clips, "filtered", 0)))
    claim = Claim(plan, options.shard, options.overwrite)
    found = chain([first], found)
    if options.dry_run:
        return _rehearse(look_into(options.out, claim), found, events)
    signals = Signals()
    with signals.watched():
        store = open_store(options.out, claim)
        if store.replaces is None and store.layout.next.root.exists():
            events.warning(f"an --overwrite that did not finish waits in {store.layout.next.root}")
        return _Run(options, plan, store, events, signals).go(found, clips)


def _check(options: RunOptions) -> None:
    check_backend(options.backend, jobs=options.jobs, timeout=options.timeout)
    if options.overwrite and options.shard[1] > 1:
        raise UsageError(
            "--overwrite with --shard: the first shard to end would replace the tables of the rest",
            "give the shards a new folder with --out",
        )


def _nothing_found(options: RunOptions, passed_over: int, filtered: int) -> Outcome:
    """No file at all: an error, but not in one shard of many."""
    if options.shard[1] > 1:
        return Outcome(ExitCode.OK, passed_over=passed_over)
    seen = f" ({passed_over} other files were passed over)" if passed_over else ""
    if filtered:
        seen += f"; --include and --exclude left out {filtered}"
    raise UsageError(f"no audio found{seen}", "name files with audio, or folders that hold some")


def _passed_over(clips: Found) -> int:
    return int(getattr(clips, "passed_over", 0))


def _rehearse(history: History, found: Found, events: Events) -> Outcome:
    """`--dry-run`: tell what would be done."""
    tally = Tally()
    for item in found:
        if isinstance(item, Failure):
            tally.failed += 1
            events.failure(item)
        elif history.standing(item.key, (item.size, item.mtime_ns)) is Standing.DONE:
            tally.skipped += 1
        else:
            tally.found += 1
            events.planned(item)
    return Outcome.of(tally, ExitCode.OK)


class _Run:
    """One run over an open folder."""

    def __init__(
        self, options: RunOptions, plan: Plan, store: Store, events: Events, signals: Signals
    ) -> None:
        self.options = options
        self.store = store
        self.events = events
        self.signals = signals
        self.tally = Tally()
        self.names = count()
        self.next_look = 0.0
        self.changed: dict[str, Clip] = {}
        self.unrecorded: list[Failure] = []
        self.cleared: set[str] = set()
        self.settings = Settings(
            plan=plan,
            run=store.run,
            staging=store.staging.absolute(),
            allow_truncated=options.allow_truncated,
            timeout=options.timeout,
            fail_fast=options.fail_fast,
        )
        failures = store.history.failures.items()
        self.failed_folders = {key for key, known in failures if known["stage"] == "discover"}

    def go(self, found: Iterator[Clip | Failure], source: Found) -> Outcome:
        """Do it all; however it ends, the books are closed."""
        try:
            code, reason = self._extract(found)
            self.tally.passed_over = _passed_over(source)
            with suppress(Stopped):  # the user insists; the next run will mend it
                if code in WHOLE and is_due(self.store):
                    code, reason = self._merge_parts(code)
                failed = self._close_books(code)
                if failed and code in WHOLE:
                    code, reason = ExitCode.STOPPED, failed
        finally:
            self.store.give_up()
        if self.signals.pending is not None:
            code, reason = self.signals.pending, "interrupted"
        self.events.progress(self.tally)
        if self.tally.upsampled:
            self.events.warning(
                f"{self.tally.upsampled:,} files have a lower sample rate than the config's "
                f"{self.settings.plan.config.sample_rate} Hz; above half of theirs there is nothing"
            )
        if self.tally.antiphase:
            self.events.warning(
                f"{self.tally.antiphase:,} files lose most of their energy in the mono mix: their "
                "channels are of opposite phase; channels: left or each keeps it"
            )
        return Outcome.of(self.tally, code, reason)

    def _extract(self, found: Iterator[Clip | Failure]) -> tuple[ExitCode, str]:
        try:
            self._do_batches(found)
        except Stopped as stop:
            return stop.exit_code, "interrupted"
        except AudiofeatError as error:
            return error.exit_code, str(error)
        except OSError as error:
            return ExitCode.STOPPED, str(error)
        tally = self.tally
        asked = tally.done + tally.skipped + tally.failed
        good = self.options.max_errors.allows(tally.failed, asked)
        return (ExitCode.OK if good else ExitCode.FILES_FAILED), ""

    def _do_batches(self, found: Iterator[Clip | Failure]) -> None:
        batches = self._batches(self._new_clips(found), self._count_found)
        options = self.options
        pool = make_pool(
            options.backend, options.jobs, self.store.staging, self.signals.interruptible
        )
        dispatcher = Dispatcher(
            self._jobs(batches), pool, idle=lambda: self._idle(batches, dispatcher)
        )
        with closing(dispatcher.receipts()) as receipts:
            for receipt in receipts:
                self._record(receipt)

    def _batches(
        self, clips: Iterator[Clip], found: Callable[[Clip, int], object] = lambda *_: None
    ) -> Batches:
        return Batches(
            clips,
            self.settings,
            workers=self.options.jobs,
            names=self.names,
            found=found,
        )

    def _count_found(self, clip: Clip, heavy: int) -> None:
        del clip
        self.tally.found += 1
        self.tally.found_weight += heavy

    def _jobs(self, batches: Batches) -> Iterator[BatchJob]:
        """New files; then the changed ones, whose old rows go first, all at once."""
        yield from batches
        for holding in self.store.holdings_of(self.changed):
            self.signals.check()
            self.store.drop(holding)
        yield from self._batches(iter(self.changed.values()))  # counted when they were put aside

    def _idle(self, batches: Batches, dispatcher: Dispatcher) -> bool:
        self.signals.check()
        more = batches.look_ahead()
        self.tally.walked = batches.exhausted
        now = time.monotonic()
        if now >= self.next_look:
            self.next_look = now + LOOK_SECONDS
            marks = dispatcher.in_work
            self.tally.in_work = sum(clips for clips, _ in marks)
            self.tally.in_work_seconds = sum(seconds for _, seconds in marks)
            self.events.progress(self.tally)
        return more

    def _new_clips(self, found: Iterator[Clip | Failure]) -> Iterator[Clip]:
        """The files to do, but for those that have changed; those are put aside."""
        history = self.store.history
        obeying = self.signals.interruptible()
        while True:
            with obeying:
                item = next(found, None)
            if item is None:
                return
            if isinstance(item, Failure):
                self._note_found_failure(item)
                continue
            key = item.key
            if self.failed_folders:
                self._clear_folders_above(key)
            standing = history.standing(key, (item.size, item.mtime_ns))
            if standing is Standing.NEW:
                yield item
            elif standing is Standing.CHANGED:
                self.changed[key] = item
                self._count_found(item, weight(item))
            else:
                self._skip(key)

    def _skip(self, key: str) -> None:
        self.tally.skipped += 1
        if key in self.store.history.failures:
            self.cleared.add(key)
        if self.tally.skipped % SKIPPED_AT_ONCE == 0:
            self.events.progress(self.tally)

    def _clear_folders_above(self, key: str) -> None:
        """Clear the failure of a folder that could not be read, now that a file in it is seen."""
        while self.failed_folders and "/" in key:
            key = key.rpartition("/")[0]
            if key in self.failed_folders:
                self.failed_folders.discard(key)
                self.cleared.add(key)

    def _note_found_failure(self, failure: Failure) -> None:
        self.unrecorded.append(failure)
        if len(self.unrecorded) >= FAILURES_AT_ONCE:
            self._record_found_failures()
        self._count_failure(failure)

    def _record_found_failures(self) -> None:
        if self.unrecorded:
            self.store.record_failures(self.unrecorded)
            self.unrecorded = []

    def _count_failure(self, failure: Failure) -> None:
        self.tally.failed += 1
        self.events.failure(failure)
        if self.options.fail_fast:
            raise StoppedError(f"stopped at the first failure: {failure.path}: {failure.message}")

    def _record(self, receipt: Receipt) -> None:
        self.store.commit(receipt)
        self._count(receipt)
        self.events.progress(self.tally)
        for failure in receipt.failures:
            self._count_failure(failure)

    def _count(self, receipt: Receipt) -> None:
        tally = self.tally
        tally.done += len(receipt.clips)
        tally.in_work = max(0, tally.in_work - len(receipt.clips) - len(receipt.failures))
        tally.in_work_seconds = max(0.0, tally.in_work_seconds - receipt.audio_seconds)
        tally.weight += receipt.weight
        tally.audio_seconds += receipt.audio_seconds
        tally.frames += receipt.frames
        tally.parts += len(receipt.parts)
        add_up(tally.stages, receipt.stages)
        add_up(tally.nonfinite, receipt.nonfinite)
        tally.upsampled += receipt.upsampled
        tally.antiphase += receipt.antiphase

    def _merge_parts(self, code: ExitCode) -> tuple[ExitCode, str]:
        """Make few parts of many. The tables are whole without it, so trouble is a warning."""
        options = self.options
        try:
            with merger(options.backend, options.jobs, self.store.staging) as merge:
                compaction = Compaction(self.store, merge, lambda: self.signals.pending is None)
                compaction.run()
        except (AudiofeatError, OSError) as error:
            return ExitCode.STOPPED, str(error)
        if compaction.trouble is not None:
            self.events.warning(f"parts were left as many as they are: {compaction.trouble}")
        add_up(self.tally.stages, {"write": compaction.seconds})
        return code, ""

    def _close_books(self, code: ExitCode) -> str:
        """Record the end; why not, if it cannot be."""
        try:
            self._record_found_failures()
            if self.cleared:
                self.store.clear_failures(self.cleared)
            self.store.close(self._end(code), whole=code in WHOLE)
        except (AudiofeatError, OSError) as error:
            return str(error)
        return ""

    def _end(self, code: ExitCode) -> Mapping[str, Any]:
        tally = self.tally
        return {
            "exit_code": int(code),
            "wall_seconds": round(wall := tally.wall_seconds, 3),
            "audio_seconds": round(tally.audio_seconds, 3),
            **speed(tally.audio_seconds, tally.done, wall),
            "done": tally.done,
            "failed": tally.failed,
            "skipped": tally.skipped,
            "passed_over": tally.passed_over,
        }
