"""What a run shows while it lasts, and its summary; the clock is given, never waited for."""

import io
import os
from pathlib import Path

import pytest

from audiofeat_cli.audio.discover import Clip
from audiofeat_cli.errors import ExitCode, Failure
from audiofeat_cli.run import progress
from audiofeat_cli.run.outcome import Outcome, RunOptions, Tally
from audiofeat_cli.run.progress import (
    Reporter,
    duration,
    own_stderr,
    progress_line,
    rate,
    seconds_left,
)


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock(Tally):
    """A tally whose clock is set."""

    now = 0.0

    @property
    def wall_seconds(self) -> float:
        return self.now

    def at(self, seconds: float) -> "Clock":
        self.now = seconds
        return self


@pytest.fixture
def halfway() -> Clock:
    """Half of 1000 files done in 100 s, more being worked on."""
    tally = Clock(found=1000, found_weight=10_000, walked=True, done=490, failed=2, weight=4_920)
    tally.in_work, tally.in_work_seconds, tally.audio_seconds = 8, 80.0, 4_920.0
    return tally.at(100.0)


def reporter(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch, level: int = 0) -> Reporter:
    monkeypatch.setattr(progress, "own_stderr", lambda: stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    return Reporter(level=level)


class TestLine:
    def test_says_where_the_run_stands(self, halfway: Clock) -> None:
        assert progress_line(halfway) == (
            "500/1,000 files, 1 h 23 min audio, 50 x real time, 2 failed, 1 min 40 s left"
        )

    def test_shows_that_more_may_be_found(self, halfway: Clock) -> None:
        halfway.walked = False
        assert progress_line(halfway).startswith("500/1,000+ files, ")
        assert seconds_left(halfway) is None

    def test_never_counts_more_files_than_there_are(self, halfway: Clock) -> None:
        halfway.in_work = 900
        assert progress_line(halfway).startswith("1,000/1,000 files, ")

    def test_at_the_start_is_short(self) -> None:
        assert progress_line(Clock().at(0.0)) == "0/0+ files, 0.0 s audio"


class TestLog:
    """Not on a terminal."""

    def test_lines_come_at_growing_distance(
        self, halfway: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stream = io.StringIO()
        shown = reporter(stream, monkeypatch)
        said = []
        for second in range(4000):
            before = stream.tell()
            shown.progress(halfway.at(second))
            if stream.tell() > before:
                said.append(second)
        assert said == [10, 20, 40, 80, 160, 320, 640, 1240, 1840, 2440, 3040, 3640]
        assert len(stream.getvalue().splitlines()) == len(said)

    def test_has_no_escapes(self, halfway: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        stream = io.StringIO()
        shown = reporter(stream, monkeypatch)
        shown.warning("careful")
        shown.progress(halfway)
        shown.close()
        assert stream.getvalue() == f"warning: careful\n{progress_line(halfway)}\n"

    @pytest.mark.parametrize("kind", [io.StringIO, Terminal])
    def test_nobody_listening_is_no_error(
        self, halfway: Clock, kind: type[io.StringIO], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Gone(kind):  # type: ignore[misc, valid-type]
            writes = 0

            def write(self, text: str) -> int:
                del text
                Gone.writes += 1
                raise BrokenPipeError

        shown = reporter(Gone(), monkeypatch, level=1)
        shown.warning("careful")
        shown.progress(halfway)
        shown.failure(Failure("a.wav", "decode", "empty", "nothing in it"))
        shown.finish(Outcome(ExitCode.OK), RunOptions(out=Path("out")), ("clips",))
        assert Gone.writes >= 2


class TestBar:
    """On a terminal."""

    def test_is_one_line_that_goes_away(
        self, halfway: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stream = Terminal()
        shown = reporter(stream, monkeypatch)
        shown.progress(halfway)
        last = stream.getvalue().rpartition("\r")[2]
        assert "500/1,000 files, " in last
        assert "━" in last
        shown.close()
        assert stream.getvalue().endswith("\x1b[2K")

    def test_no_color_is_respected(self, halfway: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        texts = {}
        for value in ("", "1"):
            monkeypatch.setenv("NO_COLOR", value)
            stream = Terminal()
            shown = reporter(stream, monkeypatch)
            shown.progress(halfway)
            shown.close()
            texts[value] = stream.getvalue()
        assert "\x1b[9" in texts[""]
        assert "\x1b[9" not in texts["1"]
        assert "\x1b[3" not in texts["1"]

    def test_what_is_said_stands_above_it(
        self, halfway: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stream = Terminal()
        shown = reporter(stream, monkeypatch, level=1)
        shown.progress(halfway)
        shown.failure(Failure("a[/b].wav", "decode", "empty", "nothing in it"))
        shown.close()
        assert "failed: a[/b].wav: nothing in it\n" in stream.getvalue()

    def test_a_dumb_terminal_gets_lines(
        self, halfway: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stream = Terminal()
        monkeypatch.setattr(progress, "own_stderr", lambda: stream)
        monkeypatch.setenv("TERM", "dumb")
        Reporter().progress(halfway)
        assert stream.getvalue() == f"{progress_line(halfway)}\n"

    def test_narrow_terminals_get_one_line_too(
        self, halfway: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stream = Terminal()
        shown = reporter(stream, monkeypatch)
        monkeypatch.setenv("COLUMNS", "40")
        shown.progress(halfway)
        assert "\n" not in stream.getvalue().rstrip("\n")
        shown.close()


@pytest.mark.parametrize(
    ("number", "text"), [(0.417, "0.42"), (7.12, "7.1"), (10, "10"), (2004.4, "2,004")]
)
def test_rates(number: float, text: str) -> None:
    assert rate(number) == text


class TestSummary:
    def said(self, outcome: Outcome, *failures: Failure, level: int = 0) -> list[str]:
        stream = io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            shown = reporter(stream, patch, level)
        for failure in failures:
            shown.failure(failure)
        shown.finish(outcome, RunOptions(out=Path("out")), ("frames", "clips"))
        return stream.getvalue().splitlines()

    def test_of_a_good_run(self) -> None:
        outcome = Outcome(
            ExitCode.OK,
            done=12,
            skipped=3,
            passed_over=1,
            audio_seconds=4500,
            wall_seconds=30,
            frames=193_800,
            stages={"decode": 0.204, "compute": 0.736, "write": 0.06},
            nonfinite={"mel": 1200},
            x_real_time=150.2,
            files_per_second=0.4,
        )
        assert self.said(outcome) == [
            "12 files done, 3 done before, 1 other file passed over",
            "1 h 15 min of audio in 30.0 s, 150 x real time, 0.4 files/s, 193,800 frames",
            "time of the workers: decode 20%, compute 74%, write 6%",
            "warning: mel: 1,200 values were infinite and are null",
            "tables: out/frames, out/clips",
        ]

    def test_repeats_the_first_failures(self) -> None:
        failures = [Failure(f"{n}\n.wav", "decode", "empty", "nothing") for n in range(7)]
        said = self.said(Outcome(ExitCode.FILES_FAILED, failed=7), *failures)
        assert said == [
            "0 files done, 7 failed",
            "failed:",
            *(f"  {n}\\n.wav: nothing" for n in range(5)),
            "  and 2 more; all about it in out/failures.jsonl",
        ]

    def test_of_a_quiet_run_is_nothing_unless_it_failed(self) -> None:
        assert self.said(Outcome(ExitCode.OK, done=3), level=-1) == []
        failed = Failure("a", "decode", "empty", "nothing")
        said = self.said(Outcome(ExitCode.FILES_FAILED, failed=1), failed, level=-1)
        assert said == ["audiofeat: 1 file failed: out/failures.jsonl"]
        stopped = self.said(Outcome(ExitCode.STOPPED, reason="disk full"), level=-1)
        assert stopped[0] == "audiofeat: disk full"


def test_planned_files_are_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    clips: list[Clip] = []
    monkeypatch.setattr(progress, "own_stderr", io.StringIO)
    shown = Reporter(planned=clips.append)
    clip = Clip("a.wav", "a.wav", 1, 2, "a.wav")
    shown.planned(clip)
    assert clips == [clip]


def test_own_stderr_outlives_a_redirection(capfd: pytest.CaptureFixture[str]) -> None:
    stream = own_stderr()
    saved = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    stream.write("still here\n")
    os.dup2(saved, 2)
    os.close(nowhere)
    os.close(saved)
    assert capfd.readouterr().err == "still here\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (245.2, "4 min 05 s"), (25_400, "7 h 03 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
