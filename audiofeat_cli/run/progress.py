"""What people see of a run, all of it on stderr: a live bar, or a line now and then, and a summary.

Written to a copy of descriptor 2, because with `--jobs 0` the files in work have 2 for themselves.
"""

import io
import os
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

from audiofeat_cli.audio.discover import Clip
from audiofeat_cli.console import one_line
from audiofeat_cli.errors import ExitCode, Failure
from audiofeat_cli.run.layout import FAILURES
from audiofeat_cli.run.outcome import Events, Outcome, RunOptions, Tally

if TYPE_CHECKING:
    from rich.progress import Progress

FIRST_LINE_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 600.0
FAILURES_SHOWN = 5
"""How many failures the summary repeats; all are in failures.jsonl."""

ETA_AFTER_SECONDS = 3.0


def own_stderr() -> TextIO:
    """A copy of stderr that stays when descriptor 2 is pointed elsewhere."""
    if sys.stderr is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    try:
        copy = os.dup(sys.stderr.fileno())
    except (OSError, io.UnsupportedOperation):
        return sys.stderr
    encoding = sys.stderr.encoding or "utf-8"
    return os.fdopen(copy, "w", buffering=1, encoding=encoding, errors="backslashreplace")


class _Display(Protocol):
    """How progress is shown."""

    def show(self, tally: Tally) -> None: ...

    def say(self, text: str) -> None: ...

    def close(self) -> None: ...


class Reporter(Events):
    """Shows a run while it lasts, and sums it up.

    Parameters
    ----------
    level : -1 says nothing but why a run ended early, 0 is usual, 1 also tells each failure as it
        comes.
    planned : takes the path of each file that `--dry-run` would do.
    """

    def __init__(self, *, level: int = 0, planned: Callable[[Clip], None] | None = None) -> None:
        self.level = level
        self.stream = own_stderr()
        self.first_failures: list[Failure] = []
        self.kinds: Counter[str] = Counter()
        self.files_planned = 0
        self._planned = planned
        self._display = self._choose()

    def _choose(self) -> _Display:
        if self.level < 0:
            return _Silent()
        is_terminal = self.stream.isatty() and os.environ.get("TERM") != "dumb"
        return _Bar(self.stream) if is_terminal else _Lines(self.stream)

    def warning(self, message: str) -> None:
        """See `Events`."""
        self._say(f"warning: {message}")

    def planned(self, clip: Clip) -> None:
        """See `Events`."""
        self.files_planned += 1
        if self._planned is not None:
            self._planned(clip)

    def failure(self, failure: Failure) -> None:
        """See `Events`."""
        self.kinds[failure.error] += 1
        if len(self.first_failures) < FAILURES_SHOWN:
            self.first_failures.append(failure)
        if self.level > 0:
            self._say(f"failed: {failure_line(failure)}")

    def progress(self, tally: Tally) -> None:
        """See `Events`."""
        with suppress(OSError):  # a run does not end because nobody looks
            self._display.show(tally)

    def _say(self, text: str) -> None:
        with suppress(OSError):
            self._display.say(text)

    def close(self) -> None:
        """Take the bar away."""
        with suppress(OSError):
            self._display.close()

    def finish(self, outcome: Outcome, options: RunOptions, tables: tuple[str, ...]) -> None:
        """Say how it went."""
        self.close()
        failures = options.out / FAILURES
        lines: list[str] = []
        if self.level >= 0:
            lines = self._rehearsed(outcome) if options.dry_run else self._done(outcome)
            if not options.dry_run and (outcome.done or outcome.skipped):
                folders = ", ".join(str(options.out / table) for table in tables)
                lines.append(f"{'table' if len(tables) == 1 else 'tables'}: {folders}")
            lines += self._failures("" if options.dry_run else str(failures))
        elif outcome.exit_code == ExitCode.FILES_FAILED:
            lines.append(f"audiofeat: {count(outcome.failed, 'file')} failed: {failures}")
        if outcome.reason:
            lines.append(f"audiofeat: {outcome.reason}")
            lines.append("  all that was done is kept; the same command goes on from here")
        with suppress(OSError):
            self.stream.writelines(f"{line}\n" for line in lines)

    def _rehearsed(self, outcome: Outcome) -> list[str]:
        return [", ".join([f"{count(self.files_planned, 'file')} to do", *_others(outcome)])]

    def _done(self, outcome: Outcome) -> list[str]:
        lines = [summary_line(outcome)]
        if outcome.done:
            lines.append(
                f"{duration(outcome.audio_seconds)} of audio in {duration(outcome.wall_seconds)}, "
                f"{outcome.x_real_time:,.0f} x real time, "
                f"{rate(outcome.files_per_second)} files/s, {outcome.frames:,} frames"
            )
        if outcome.done and outcome.stages:
            shares = (f"{name} {share:.0%}" for name, share in outcome.stages.items())
            lines.append(f"time of the workers: {', '.join(shares)}")
        for feature, number in outcome.nonfinite.items():
            lines.append(f"warning: {feature}: {number:,} values were infinite and are null")
        return lines

    def _failures(self, file: str) -> list[str]:
        if not self.first_failures:
            return []
        if self.level > 0:
            return [f"failures: {file}"] if file else []
        more = self.kinds.total() - len(self.first_failures)
        rest = [f"and {more:,} more"] if more else []
        rest += [f"all about it in {file}"] if file else []
        lines = ["failed:", *(failure_line(f) for f in self.first_failures), "; ".join(rest)]
        return [lines[0], *(f"  {line}" for line in lines[1:] if line)]


class _Silent:
    def show(self, tally: Tally) -> None:
        del tally

    def say(self, text: str) -> None:
        del text

    def close(self) -> None:
        return None


class _Lines:
    """For logs: a line after ten seconds, then at growing distance."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.next_at = FIRST_LINE_SECONDS

    def show(self, tally: Tally) -> None:
        now = tally.wall_seconds
        if now >= self.next_at:
            self.next_at = now + min(now, LONGEST_PAUSE_SECONDS)
            self.say(progress_line(tally))

    def say(self, text: str) -> None:
        self.stream.write(f"{text}\n")

    def close(self) -> None:
        return None


class _Bar:
    """For terminals. Refreshed when the run tells something: no thread of its own."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.bar: Progress | None = None

    def show(self, tally: Tally) -> None:
        bar = self._started()
        total = tally.found_weight if tally.walked else None
        done = min(work_done(tally), tally.found_weight)
        bar.update(bar.task_ids[0], total=total, completed=done, description=progress_line(tally))
        bar.refresh()

    def _started(self) -> "Progress":
        if self.bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn
            from rich.table import Column

            class Patient(Console):
                def on_broken_pipe(self) -> None:
                    self.quiet = True  # rich would end the program

            cell = Column(no_wrap=True, overflow="ellipsis")
            self.bar = Progress(
                BarColumn(bar_width=None),
                TextColumn("{task.description}", markup=False, table_column=cell),
                console=Patient(file=self.stream, highlight=False),
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
                expand=True,
            )
            self.bar.add_task("", total=None)
            self.bar.start()
        return self.bar

    def say(self, text: str) -> None:
        if self.bar is None:
            self.stream.write(f"{text}\n")
        else:
            self.bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.stop()
            self.bar = None


def work_done(tally: Tally) -> float:
    """Work behind, in the measure of `found_weight`; files of batches in work count on average."""
    mean = tally.found_weight / tally.found if tally.found else 0.0
    return tally.weight + mean * tally.in_work


def seconds_left(tally: Tally) -> float | None:
    """How long it may still take; None while that cannot be told."""
    done = work_done(tally)
    if not tally.walked or done <= 0 or tally.wall_seconds < ETA_AFTER_SECONDS:
        return None
    return max(0.0, tally.found_weight - done) / done * tally.wall_seconds


def progress_line(tally: Tally) -> str:
    """Where the run stands, in one line."""
    finished = tally.done + tally.failed
    found = max(tally.found, finished)
    behind = min(finished + tally.in_work, found)
    audio = tally.audio_seconds + tally.in_work_seconds
    parts = [f"{behind:,}/{found:,}{'' if tally.walked else '+'} files", f"{duration(audio)} audio"]
    if audio:
        parts.append(f"{audio / max(tally.wall_seconds, 1e-9):.0f} x real time")
    if tally.failed:
        parts.append(f"{tally.failed:,} failed")
    left = seconds_left(tally)
    if left is not None:
        parts.append(f"{duration(left)} left")
    return ", ".join(parts)


def summary_line(outcome: Outcome) -> str:
    """How many files came to what."""
    if not outcome.done and not outcome.failed and outcome.skipped and not outcome.reason:
        parts = [f"nothing to do: {count(outcome.skipped, 'file')} done before"]
        return ", ".join([*parts, *_others(outcome)[1:]])
    return ", ".join([f"{count(outcome.done, 'file')} done", *_others(outcome)])


def _others(outcome: Outcome) -> list[str]:
    parts = []
    if outcome.failed:
        parts.append(f"{outcome.failed:,} failed")
    if outcome.skipped:
        parts.append(f"{outcome.skipped:,} done before")
    if outcome.passed_over:
        parts.append(f"{count(outcome.passed_over, 'other file')} passed over")
    return parts


def failure_line(failure: Failure) -> str:
    """Which file, and why, in one line whatever the file is called."""
    return one_line(f"{failure.path}: {failure.message}")


def count(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def rate(number: float) -> str:
    """`0.42`, `7.1`, `2,004`."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def duration(seconds: float) -> str:
    """`12.3 s`, `4 min 05 s`, `7 h 03 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60:,} h {minutes % 60:02d} min"
