"""Where batches run: worker processes, threads or the parent. The only module that knows joblib.

Each worker process is a loky executor of its own with one worker, so that a worker that dies takes
nobody with it, and it is certain which batch it died at.
"""

import math
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from audiofeat_cli.errors import StoppedError, UsageError
from audiofeat_cli.run.guard import as_text, redirect, restore
from audiofeat_cli.run.jobs import BatchJob, MergeJob, MergeReceipt, Receipt
from audiofeat_cli.run.threads import one_thread
from audiofeat_cli.startup import ONE_THREAD, starting, work_here

if TYPE_CHECKING:
    from joblib.externals.loky import ProcessPoolExecutor

Interruptible = Callable[[], AbstractContextManager[None]]
R = TypeVar("R")

WorkerDied = BrokenExecutor
"""The error of a batch whose worker is no more."""


class Pool(Protocol):
    """Runs batches in numbered slots, one at a time in each. A new backend is one of these."""

    slots: int
    at_once: bool
    """Whether `submit` does the work itself before it returns."""

    def submit(self, slot: int, job: BatchJob) -> "Future[Receipt]":
        """Begin a batch."""

    def renew(self, slot: int) -> str:
        """Put a fresh worker in the place of a dead or bloated one; what it said last."""

    def close(self, *, kill: bool) -> None:
        """End all workers; `kill` does not wait for the batches in work."""


@lru_cache(maxsize=1)
def _run_batch() -> Callable[..., Receipt]:
    """`run_batch`, for a worker process. Imported late: the parent needs none of it."""
    with starting():
        work_here()
        from audiofeat_cli.run.batch import run_batch

    return run_batch


def _work(job: BatchJob, parent: int) -> Receipt:
    """What a worker process is asked to do."""
    return _run_batch()(job, isolated=True, is_wanted=lambda: os.getppid() == parent)


def _start_worker(parent: int) -> None:
    """Leave Ctrl-C to the parent, and die with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    if sys.platform == "linux":
        _die_with_parent()
    if os.getppid() != parent:
        os._exit(1)


def _die_with_parent() -> None:
    """Ask Linux to kill this process when the thread that started it ends."""
    import ctypes

    set_death_signal = 1  # PR_SET_PDEATHSIG
    ctypes.CDLL(None, use_errno=True).prctl(set_death_signal, signal.SIGKILL, 0, 0, 0)


class LokyPool:
    """Worker processes, started afresh (not forked)."""

    at_once = False

    def __init__(self, slots: int, staging: Path) -> None:
        self.slots = slots
        self._staging = staging
        self._workers: dict[int, ProcessPoolExecutor] = {}
        _allow_open_files(slots)
        # loky looks for the dead worker's children with pgrep, and complains where there is none.
        warnings.filterwarnings("ignore", message="Failed to kill subprocesses")
        warnings.filterwarnings("ignore", message="A worker stopped while some jobs")

    def submit(self, slot: int, job: BatchJob) -> "Future[Receipt]":
        """See `Pool`."""
        return self.call(slot, _work, job, os.getpid())

    def call(self, slot: int, function: Callable[..., R], *arguments: Any) -> "Future[R]":
        """Let the worker of a slot call a function that it can import."""
        if slot in self._workers:
            try:
                return self._begin(slot, function, *arguments)
            except WorkerDied:  # while it had nothing to do; no batch is concerned
                self.renew(slot)
        from joblib.externals.loky import ProcessPoolExecutor  # --jobs 0 needs none of it

        with _spawning(self._log(slot)):
            self._workers[slot] = ProcessPoolExecutor(
                max_workers=1,
                initializer=_start_worker,
                initargs=(os.getpid(),),
                env=ONE_THREAD,
            )
            return self._begin(slot, function, *arguments)

    def _begin(self, slot: int, function: Callable[..., R], *arguments: Any) -> "Future[R]":
        future: Future[R] = self._workers[slot].submit(function, *arguments)
        return future

    def renew(self, slot: int) -> str:
        """See `Pool`."""
        self._workers.pop(slot).shutdown(wait=True, kill_workers=True)
        log = self._log(slot)
        said = as_text(log.read_bytes()) if log.exists() else ""
        log.unlink(missing_ok=True)
        return said

    def close(self, *, kill: bool) -> None:
        """See `Pool`."""
        workers = [self._workers.pop(slot) for slot in list(self._workers)]
        with ThreadPoolExecutor(max(1, len(workers))) as threads:
            for worker in workers:
                threads.submit(worker.shutdown, wait=True, kill_workers=kill)

    def _log(self, slot: int) -> Path:
        return self._staging / f"worker-{slot}.log"


@contextmanager
def _spawning(log: Path) -> Iterator[None]:
    """Start a process: it gets a file for all it prints, and no signal before it is up."""
    log.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    masked = hasattr(signal, "pthread_sigmask")
    if masked:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    saved = redirect(descriptor)
    try:
        yield
    finally:
        restore(saved)
        os.close(descriptor)
        if masked:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def open_files_needed(slots: int) -> int:
    """Descriptors that so many workers may cost the parent: some ten each."""
    return 128 + 16 * slots


def _allow_open_files(slots: int) -> None:
    """Raise the limit where it is too low; macOS allows 256 by default."""
    if sys.platform == "win32":
        return
    import resource

    needed = open_files_needed(slots)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


class ThreadPool:
    """Threads of the parent: no process to start, but no crash survived and no clip interrupted."""

    at_once = False

    def __init__(self, slots: int, staging: Path) -> None:
        del staging
        self.slots = slots
        self._stop = threading.Event()
        self._threads = ThreadPoolExecutor(slots)
        self._limits = ExitStack()
        self._limits.enter_context(one_thread())
        sys.stdout.flush()
        self._stdout = os.dup(1)
        os.dup2(2, 1)  # what plugins print is no result of ours

    def submit(self, slot: int, job: BatchJob) -> "Future[Receipt]":
        """See `Pool`."""
        del slot
        return self._threads.submit(self._run, job)

    def _run(self, job: BatchJob) -> Receipt:
        from audiofeat_cli.run.batch import run_batch

        return run_batch(
            job, isolated=False, shared_output=True, is_wanted=lambda: not self._stop.is_set()
        )

    def renew(self, slot: int) -> str:
        """See `Pool`; threads do not die alone."""
        del slot
        return ""

    def close(self, *, kill: bool) -> None:
        """See `Pool`; the clips in work are finished all the same."""
        if kill:
            self._stop.set()
        self._threads.shutdown(wait=True, cancel_futures=kill)
        self._limits.close()
        sys.stdout.flush()
        os.dup2(self._stdout, 1)
        os.close(self._stdout)


class InParent:
    """No worker at all (`--jobs 0`), for debugging."""

    slots = 1
    at_once = True

    def __init__(self, interruptible: Interruptible) -> None:
        self._interruptible = interruptible

    def submit(self, slot: int, job: BatchJob) -> "Future[Receipt]":
        """See `Pool`."""
        del slot
        from audiofeat_cli.run.batch import run_batch

        future: Future[Receipt] = Future()
        try:
            with self._interruptible(), one_thread():
                future.set_result(run_batch(job, isolated=False))
        except StoppedError as error:
            future.set_exception(error)
        return future

    def renew(self, slot: int) -> str:
        """See `Pool`."""
        del slot
        return ""

    def close(self, *, kill: bool) -> None:
        """See `Pool`."""


BACKENDS: Mapping[str, Callable[[int, Path], Pool]] = {"loky": LokyPool, "threading": ThreadPool}
PLANNED = ("dask", "ray")


def default_jobs() -> int:
    """Cores this process may use: affinity and cgroup limits are respected."""
    from joblib import cpu_count

    return int(cpu_count())


def check_backend(backend: str, *, jobs: int, timeout: float | None) -> None:
    """Refuse what cannot work before anything is opened.

    Raises
    ------
    UsageError : no such backend, or it cannot keep to a timeout.
    """
    if backend not in BACKENDS:
        said = "is not there yet" if backend in PLANNED else "is unknown"
        raise UsageError(f"--backend {backend} {said}", f"there are: {', '.join(BACKENDS)}")
    if jobs < 0:
        raise UsageError("--jobs must be 0 (no worker process) or more")
    if timeout is not None and not 0 < timeout < math.inf:
        raise UsageError("--timeout must be more than 0 seconds")
    if timeout is not None and backend == "threading" and jobs > 0:
        raise UsageError("--timeout: a thread cannot be stopped", "use --backend loky")


def make_pool(
    backend: str, jobs: int, staging: Path, interruptible: Interruptible = nullcontext
) -> Pool:
    """The workers of a run; none is started before its first batch.

    Parameters
    ----------
    interruptible : entered while the parent itself works on a batch.
    """
    return BACKENDS[backend](jobs, staging) if jobs else InParent(interruptible)


@contextmanager
def merger(backend: str, jobs: int, staging: Path) -> Iterator[Callable[[MergeJob], MergeReceipt]]:
    """A way to merge parts: in a worker process, if there are any; so the parent stays small."""
    from audiofeat_cli.run.merging import run_merge

    if not jobs or backend != "loky":
        yield run_merge
        return
    pool = LokyPool(1, staging)
    finished = False
    try:
        yield lambda job: pool.call(0, run_merge, job).result()
        finished = True
    finally:
        pool.close(kill=not finished)
