"""Keeps workers busy, and sees to the batches whose workers die.

The clip that was in work gets a batch of its own; the rest of its batch is done again without it.
A clip whose worker dies again when it is alone has failed.
"""

import shutil
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace

from audiofeat_cli.audio.discover import Clip
from audiofeat_cli.errors import Failure, StoppedError
from audiofeat_cli.run.batches import weight
from audiofeat_cli.run.executor import Pool, WorkerDied
from audiofeat_cli.run.guard import read_hang, read_marker, read_printed
from audiofeat_cli.run.jobs import BatchJob, Receipt

POLL_SECONDS = 0.25
"""How often the parent looks round while nothing arrives."""

DEATHS_IN_A_ROW = 50
"""Workers that may die one after the other without any clip done in between."""

ATTEMPTS = 3
"""How often a batch is tried whose workers die without having begun a clip."""

LEAK_BYTES = 500 * 2**20
"""A worker whose memory has grown by this much since its first batch is replaced."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    job: BatchJob
    slot: int = -1
    tries: int = 0
    suspect: bool = False


class Dispatcher:
    """Keeps the slots busy with batches, and sees to those whose workers die.

    Parameters
    ----------
    jobs : taken from only when a slot is free.
    idle : called while nothing arrives; true means that there is more to do, so do not wait.
    """

    def __init__(
        self, jobs: Iterator[BatchJob], pool: Pool, idle: Callable[[], bool] = lambda: False
    ) -> None:
        self._jobs = jobs
        self._pool = pool
        self._idle = idle
        self._again: deque[_Attempt] = deque()
        self._running: dict[Future[Receipt], _Attempt] = {}
        self._free = list(range(pool.slots))
        self._first_memory: dict[int, int] = {}
        self._deaths = 0
        self._retries = 0
        self._said = ""

    def receipts(self) -> Generator[Receipt]:
        """Yield a receipt for every batch, as they come, until all jobs are done.

        A clip that killed its worker is in a receipt of its own, as a failure.

        Raises
        ------
        StoppedError : nothing can be written, workers die without end, or a defect of ours.
        """
        finished = False
        try:
            self._fill()
            while self._running:
                arrived, trouble = self._collect()
                if trouble is None and not self._pool.at_once:
                    self._fill()
                yield from arrived
                if trouble is not None:
                    raise trouble
                self._fill()
            finished = True
        finally:
            self._pool.close(kill=not finished)

    @property
    def in_work(self) -> list[tuple[int, float]]:
        """Of each batch in work: clips behind it, and their seconds of audio."""
        marks = (read_marker(attempt.job.folder) for attempt in self._running.values())
        return [(max(0, index), seconds) for index, seconds in marks]

    def _fill(self) -> None:
        while self._free:
            attempt = self._next()
            if attempt is None:
                return
            slot = self._free.pop()
            self._running[self._pool.submit(slot, attempt.job)] = replace(attempt, slot=slot)

    def _next(self) -> _Attempt | None:
        if self._again:
            return self._again.popleft()
        job = next(self._jobs, None)
        return None if job is None else _Attempt(job)

    def _wait(self) -> set["Future[Receipt]"]:
        while True:
            more = self._idle()
            timeout = 0 if more else POLL_SECONDS
            done = wait(self._running, timeout, return_when=FIRST_COMPLETED).done
            if done:
                return done

    def _collect(self) -> tuple[list[Receipt], StoppedError | None]:
        """What has arrived; what else went wrong must not cost the receipts that came with it."""
        arrived: list[Receipt] = []
        trouble = None
        for future in self._wait():
            try:
                arrived += self._settle(future)
            except StoppedError as error:
                trouble = error
        return arrived, trouble

    def _settle(self, future: "Future[Receipt]") -> Iterator[Receipt]:
        attempt = self._running.pop(future)
        self._free.append(attempt.slot)
        error = future.exception()
        if error is None:
            receipt = future.result()
            if receipt.clips:
                self._deaths = 0
            self._renew_if_bloated(attempt.slot, receipt.memory)
            yield receipt
        elif isinstance(error, WorkerDied):
            yield from self._bury(attempt, error)
        elif isinstance(error, StoppedError):
            raise error
        else:
            raise StoppedError(
                f"a defect of audiofeat stopped the run: {type(error).__name__}: {error}",
                "please report it; all that was committed is kept",
            ) from error

    def _renew_if_bloated(self, slot: int, memory: int) -> None:
        first = self._first_memory.setdefault(slot, memory)
        if memory - first > LEAK_BYTES:
            del self._first_memory[slot]
            self._pool.renew(slot)

    def _bury(self, attempt: _Attempt, error: BaseException) -> Iterator[Receipt]:
        """A worker died: find out at which clip, and try the others again without it."""
        job = attempt.job
        self._first_memory.pop(attempt.slot, None)
        hang = read_hang(job.folder)
        log = self._pool.renew(attempt.slot)
        self._said = "\n".join(filter(None, (hang, read_printed(job.folder)))) or log
        self._deaths += 1
        index, _ = read_marker(job.folder)
        shutil.rmtree(job.folder, ignore_errors=True)
        if not 0 <= index < len(job.clips):
            self._try_again(attempt, error)
            return
        rest = job.clips[:index] + job.clips[index + 1 :]
        if rest:
            self._again.append(_Attempt(self._renamed(job, rest)))
        if hang or (attempt.suspect and not rest):
            yield self._convict(job, index, error, too_long=bool(hang))
        else:
            alone = self._renamed(job, (job.clips[index],))
            self._again.append(_Attempt(alone, suspect=True))
        self._give_up_if_hopeless(error)

    def _try_again(self, attempt: _Attempt, error: BaseException) -> None:
        tries = attempt.tries + 1
        if tries >= ATTEMPTS:
            raise self._hopeless(error)
        self._again.append(_Attempt(self._renamed(attempt.job, attempt.job.clips), tries=tries))
        self._give_up_if_hopeless(error)

    def _give_up_if_hopeless(self, error: BaseException) -> None:
        if self._deaths >= DEATHS_IN_A_ROW:
            raise self._hopeless(error)

    def _hopeless(self, error: BaseException) -> StoppedError:
        said = (self._said or str(error)).strip().splitlines()
        return StoppedError(
            f"workers die again and again; the last one said: {said[-1] if said else 'nothing'}",
            "all that was committed is kept; --jobs 0 shows what happens",
        )

    def _renamed(self, job: BatchJob, clips: tuple[Clip, ...]) -> BatchJob:
        self._retries += 1
        return replace(job, name=f"{job.name[:6]}r{self._retries:04d}", clips=clips)

    def _convict(
        self, job: BatchJob, index: int, error: BaseException, *, too_long: bool
    ) -> Receipt:
        clip = job.clips[index]
        kind, message = _cause(job, error, too_long=too_long)
        failure = Failure(clip.path, "compute", kind, message, self._said)
        return Receipt(self._renamed(job, ()).name, failures=(failure,), weight=weight(clip))


def _cause(job: BatchJob, error: BaseException, *, too_long: bool) -> tuple[str, str]:
    """Kind and message of the failure of a clip that killed its worker."""
    if too_long:
        return "timeout", f"took longer than --timeout {job.settings.timeout:g} s, and hung"
    told = str(error).partition("exit codes of the workers are {")[2].partition("}")[0]
    if "SIGKILL" in told:
        return (
            "out_of_memory",
            "the system killed the process twice, as it does when memory runs out",
        )
    return "crash", f"the process died twice at this file ({told or 'unknown cause'})"
