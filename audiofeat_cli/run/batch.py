"""Work on one batch of clips. Runs in a worker process, a thread, or the parent."""

import errno
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from audiofeat_cli.audio.discover import Clip
from audiofeat_cli.errors import ClipError, Failure, StoppedError
from audiofeat_cli.plan import Plan
from audiofeat_cli.run.batches import weight
from audiofeat_cli.run.clip import ClipExtractor, ClipStats
from audiofeat_cli.run.deadline import ClipTimeout, Deadline, WatchedWriter
from audiofeat_cli.run.faults import reach
from audiofeat_cli.run.guard import Marker, Printed, catch_printed
from audiofeat_cli.run.history import add_up
from audiofeat_cli.run.jobs import BatchJob, DoneClip, PartFile, Receipt
from audiofeat_cli.run.layout import sync_tree

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG})
"""What a failed write says when the run cannot go on."""

TRACE_SHOWN = 8000
"""Characters of a traceback that a failure keeps: the last ones."""

_warm = threading.local()


class AbandonedError(Exception):
    """Nobody waits for the batch any more."""


def run_batch(
    job: BatchJob,
    *,
    isolated: bool,
    shared_output: bool = False,
    is_wanted: Callable[[], bool] = lambda: True,
) -> Receipt:
    """Extract the clips into parts in the job's staging folder: the process boundary.

    Parameters
    ----------
    isolated : the process is a worker, and may be ended when a clip hangs.
    shared_output : other threads print too, so that what is printed cannot be caught.
    is_wanted : asked between clips; when it says no, the batch is abandoned.

    Raises
    ------
    StoppedError : nothing more can be written.
    AbandonedError : see `is_wanted`.
    """
    try:
        job.folder.mkdir(parents=True, exist_ok=True)
        reach("batch-started")
        with catch_printed(job.folder, enabled=not shared_output) as printed:
            batch = _Batch(job, printed, isolated=isolated)
            receipt = batch.run(is_wanted)
    except OSError as error:
        out = job.settings.staging.parent.parent
        raise StoppedError(f"cannot write to {out}: {_reason(error)}") from error
    reach("receipt-ready")
    return receipt


class _Batch:
    """A batch in work."""

    def __init__(self, job: BatchJob, printed: Printed, *, isolated: bool) -> None:
        self.job = job
        self.printed = printed
        self.marker = Marker(job.folder)
        self.deadline = Deadline(job.folder, job.settings.timeout, hard=isolated)
        self.writer = WatchedWriter(job.settings.plan, job.folder, job.prefix)
        self.seconds = 0.0
        self.frames = 0
        self.clips: list[DoneClip] = []
        self.failures: list[Failure] = []
        self.stages = {"decode": 0.0, "compute": 0.0, "write": 0.0}
        self.nonfinite: dict[str, int] = {}
        self.upsampled = 0
        self.antiphase = 0

    def run(self, is_wanted: Callable[[], bool]) -> Receipt:
        """Go through the clips; leaves no parts when it raises."""
        try:
            for index, clip in enumerate(self.job.clips):
                if not is_wanted():
                    raise AbandonedError(self.job.name)
                self.work_on(index, clip)
                reach("clip-done")
                if self.failures and self.job.settings.fail_fast:
                    break
            return self.finish()
        except BaseException:
            self.writer.abort()
            raise
        finally:
            self.deadline.close()
            self.marker.close()

    def work_on(self, index: int, clip: Clip) -> None:
        """Extract one clip, or note why not."""
        self.marker.at(index, self.seconds)
        try:
            self._add(clip, self._extract(clip))
        except ClipError as error:
            _stop_if_full(error)
            self._fail(clip, error.failure(clip.path))
        except ClipTimeout as error:
            _forget_extractor()
            message = f"took longer than --timeout {self.job.settings.timeout:g} s"
            self._fail(clip, Failure(clip.path, "compute", "timeout", message, _trace(error)))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - one of the two boundaries
            _stop_if_full(error)
            _forget_extractor()
            self._fail(clip, _defect(error, clip.path))
        self.printed.take()

    def _extract(self, clip: Clip) -> ClipStats:
        settings = self.job.settings
        extractor = _extractor(settings.plan, allow_truncated=settings.allow_truncated)
        before = self.writer.ended
        with self.deadline.clip(lambda: self.writer.ended > before):
            return extractor.extract(clip, self.writer)

    def _add(self, clip: Clip, stats: ClipStats) -> None:
        done = DoneClip(clip.key, clip.path, clip.size, clip.mtime_ns, stats.audio_seconds)
        self.clips.append(done)
        self.seconds += stats.audio_seconds
        self.frames += stats.frames
        self.stages["decode"] += stats.decode_seconds
        self.stages["compute"] += stats.compute_seconds
        self.stages["write"] += stats.write_seconds
        add_up(self.nonfinite, stats.nonfinite)
        self.upsampled += stats.upsampled
        self.antiphase += stats.antiphase

    def _fail(self, clip: Clip, failure: Failure) -> None:
        said = self.printed.take()
        detail = "\n".join(text for text in (failure.detail, said) if text)
        self.failures.append(
            Failure(clip.path, failure.stage, failure.error, failure.message, detail)
        )

    def finish(self) -> Receipt:
        """Close the parts and make them durable."""
        self.marker.at(len(self.job.clips), self.seconds)
        reach("parts-open")
        before = time.perf_counter()
        parts = self.writer.close()
        sync_tree(self.job.folder)
        self.stages["write"] += time.perf_counter() - before
        reach("parts-closed")
        return Receipt(
            name=self.job.name,
            parts=tuple(PartFile(p.table, p.name, p.rows, p.bytes) for p in parts),
            clips=tuple(self.clips),
            failures=tuple(self.failures),
            frames=self.frames,
            stages=self.stages,
            nonfinite=self.nonfinite,
            upsampled=self.upsampled,
            antiphase=self.antiphase,
            weight=sum(weight(clip) for clip in self.job.clips),
            memory=resident_bytes(),
        )


def _extractor(plan: Plan, *, allow_truncated: bool) -> ClipExtractor:
    """This thread's extractor, kept warm from batch to batch."""
    key = (plan.hash, allow_truncated)
    if getattr(_warm, "key", None) != key:
        _warm.extractor = ClipExtractor(plan, allow_truncated=allow_truncated)
        _warm.key = key
    extractor: ClipExtractor = _warm.extractor
    return extractor


def _forget_extractor() -> None:
    """Build it anew next time: it was interrupted in the middle of something."""
    _warm.__dict__.clear()


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)).strip()[-TRACE_SHOWN:]


def _out_of_memory(path: str) -> Failure:
    return Failure(path, "compute", "out_of_memory", "there was not enough memory for this file")


def _defect(error: BaseException, path: str) -> Failure:
    if any(isinstance(cause, MemoryError) for cause in _chain(error)):
        return _out_of_memory(path)
    told = f"{type(error).__name__}: {error}".splitlines()[0]
    return Failure(
        path, "compute", "defect", f"a defect, not the file's fault: {told}", _trace(error)
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _stop_if_full(error: BaseException) -> None:
    """A full disk is nothing that the next clip could do better."""
    for cause in _chain(error):
        if isinstance(cause, OSError) and cause.errno in NO_SPACE:
            raise cause


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def resident_bytes() -> int:
    """Memory of this process; its peak where the present cannot be known."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
