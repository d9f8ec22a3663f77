"""Pictures in characters: what they show, how wide they are, and when they are coloured."""

import io
import sys

import numpy as np
import pytest

from audiofeat_cli.inspect.drawing import (
    MARGIN,
    SHADES,
    Line,
    colour_of,
    plain,
    spectrogram,
    time_axis,
    waveform,
)
from audiofeat_cli.inspect.envelope import Envelope, columns, peaks
from audiofeat_cli.inspect.terminal import Screen, this_screen
from audiofeat_cli.step import Array
from tests.signals import sine, square

WIDTHS = (40, 80, 200)
HERTZ = np.linspace(50, 8000, 64)


def outline(signal: Array, pieces: int = 1024) -> Array:
    """(2, pieces) of one channel."""
    envelope = Envelope(1, len(signal), pieces)
    envelope.add(signal[:, np.newaxis])
    return envelope.outline()[:, 0]


def shown(lines: list[Line]) -> list[str]:
    return plain(lines).splitlines()


def body(lines: list[Line]) -> list[str]:
    """Rows without their labels, at full width."""
    return ["".join(span.text for span in line[1:]) for line in lines]


class TestEnvelope:
    @pytest.mark.parametrize("block", [1, 7, 100, 5000])
    def test_does_not_depend_on_blocks(self, block: int) -> None:
        signal = sine(8000, 0.5, 3.0)[:, np.newaxis]
        whole, cut = Envelope(1, len(signal), 30), Envelope(1, len(signal), 30)
        whole.add(signal)
        for start in range(0, len(signal), block):
            cut.add(signal[start : start + block])
        assert np.array_equal(whole.outline(), cut.outline())

    def test_has_the_extremes_of_each_stretch(self) -> None:
        signal = np.arange(-50, 50, dtype=np.float32)
        low, high = outline(signal, 10)
        assert low.tolist() == list(range(-50, 50, 10))
        assert high.tolist() == list(range(-41, 50, 10))

    def test_of_an_unknown_length_is_there_all_the_same(self) -> None:
        envelope = Envelope(2, 0)
        envelope.add(np.ones((10_000, 2), np.float32))
        assert envelope.outline().shape == (2, 2, 3)

    def test_keeps_a_single_sample_in_every_width(self) -> None:
        signal = np.zeros(100_000, np.float32)
        signal[54_321] = -1
        for width in (1, 9, 60, 1000, 5000):
            found = columns(outline(signal)[:, np.newaxis], width)
            assert found.min() == -1
            assert peaks(outline(signal)[:, np.newaxis], width).count(1.0) == 1


class TestWaveform:
    @pytest.mark.parametrize("width", WIDTHS)
    def test_fills_its_width(self, width: int) -> None:
        for samples in (1, 10, 100_000):
            lines = waveform(outline(square(8000, samples / 8000)), width=width, height=7)
            assert len(lines) == 7
            assert {len(row) for row in body(lines)} == {width - MARGIN}

    def test_of_full_scale_is_a_block_of_silence_a_line(self) -> None:
        full = waveform(outline(square(8000, 1.0)), width=60, height=5)
        assert set("".join(body(full))) == {"█"}
        nothing = body(waveform(outline(np.zeros(8000, np.float32)), width=60, height=5))
        assert [set(row) for row in nothing] == [{" "}, {" "}, {"▄"}, {" "}, {" "}]

    def test_of_a_crescendo_rises(self) -> None:
        ramp = (np.linspace(0, 1, 8000) * square(8000, 1.0, 1000)).astype(np.float32)
        rows = body(waveform(outline(ramp), width=80, height=7))
        heights = [sum(row[c] != " " for row in rows) for c in range(70)]
        assert heights == sorted(heights)
        assert (heights[0], heights[-1]) == (1, 7)

    def test_of_quiet_sound_is_enlarged_and_says_so(self) -> None:
        lines = shown(waveform(outline(sine(8000, 1.0, amplitude=0.018)), width=60, height=5))
        assert lines[0].startswith("    0.02 │")
        assert lines[-1].startswith("   -0.02 │")

    def test_a_channel_has_its_name_in_the_middle(self) -> None:
        lines = waveform(outline(sine(8000, 1.0)), width=60, height=5, title="left")
        assert shown(lines)[2].startswith("    left │")


class TestSpectrogram:
    @pytest.mark.parametrize("width", WIDTHS)
    @pytest.mark.parametrize("colour", [False, True])
    def test_fills_its_width(self, width: int, colour: bool) -> None:
        for frames in (1, 50, 999):
            power = np.random.default_rng(0).random((frames, 64))
            lines = spectrogram(power, HERTZ, width=width, height=12, colour=colour)
            assert len(lines) == 12
            assert {len(row) for row in body(lines)} == {width - MARGIN}

    def test_high_is_up_and_late_is_right(self) -> None:
        power = np.full((80, 64), 1e-12)
        power[60:, 60:] = 1
        rows = body(spectrogram(power, HERTZ, width=90, height=16, colour=False))
        assert rows[0] == " " * 60 + SHADES[-1] * 20
        assert set("".join(rows[1:])) == {" "}

    def test_shades_are_steps_of_decibels(self) -> None:
        power = np.repeat(10 ** (-np.array([0, 13, 15, 27, 29, 43, 57, 80]) / 10), 10)
        (row,) = body(
            spectrogram(power[:, np.newaxis], HERTZ[:1], width=90, height=1, colour=False)
        )
        assert row[::10] == "██▓▓▒░  "

    def test_of_silence_is_blank(self) -> None:
        rows = body(spectrogram(np.zeros((9, 64)), HERTZ, width=80, height=4, colour=False))
        assert set("".join(rows)) == {" "}

    def test_rows_have_frequencies_that_fall(self) -> None:
        power = np.ones((9, 64))
        lines = shown(spectrogram(power, HERTZ, width=80, height=12, colour=False))
        labels = [line.split("│")[0].split() for line in lines if line.split("│")[0].strip()]
        hertz = [float(number) * (1000 if unit == "kHz" else 1) for number, unit in labels]
        assert hertz == sorted(hertz, reverse=True)
        assert hertz[0] > 7000
        assert hertz[-1] < 600

    def test_colours_are_from_dark_to_light(self) -> None:
        found = [sum(bytes.fromhex(colour_of(v)[1:])) for v in np.linspace(0, 1, 32)]
        assert found == sorted(found)
        assert len(set(found)) == 32
        assert colour_of(0) == "#000004"
        assert colour_of(1) == "#fcfdbf"


class TestTimeAxis:
    @pytest.mark.parametrize("width", WIDTHS)
    @pytest.mark.parametrize("seconds", [1 / 44100, 0.004, 0.1, 1, 7.3, 59, 61, 3599, 3600, 40000])
    def test_has_marks_above_their_times(self, seconds: float, width: int) -> None:
        rule, times = (
            "".join(span.text for span in line) for line in time_axis(seconds, width=width)
        )
        assert len(rule) == len(times) == width
        labels = times.replace(" s", "_s").split()
        assert len(labels) == rule.count("┬")
        assert len(set(labels)) == len(labels)
        assert len(labels) >= (2 if width > 40 else 1)

    def test_in_words(self) -> None:
        for seconds, label in ((0.1, "0.08 s"), (10, "4 s"), (300, "1:00"), (7200, "1:00:00")):
            assert label in shown(time_axis(seconds, width=80))[1]


class TestScreen:
    @pytest.fixture(autouse=True)
    def _plain(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("NO_COLOR", "COLORTERM"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setenv("TERM", "xterm-256color")

    @staticmethod
    def terminal(monkeypatch: pytest.MonkeyPatch) -> Screen:
        """The screen when stdout is a terminal."""
        stream = io.StringIO()
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(sys, "stdout", stream)
        return this_screen()

    def test_of_a_pipe_is_80_wide_and_plain(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("COLUMNS")
        monkeypatch.setattr(sys, "stdout", io.StringIO())
        monkeypatch.setattr(sys, "__stdout__", io.StringIO())
        assert this_screen() == Screen(80, colour=False, deep=False)

    @pytest.mark.parametrize(("asked", "got"), [("123", 123), ("7", 40), ("99999", 300)])
    def test_columns_is_heeded(self, monkeypatch: pytest.MonkeyPatch, asked: str, got: int) -> None:
        monkeypatch.setenv("COLUMNS", asked)
        assert this_screen().width == got

    def test_of_a_terminal_has_colours(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.terminal(monkeypatch) == Screen(80, colour=True, deep=True)
        monkeypatch.setenv("TERM", "vt220")
        assert self.terminal(monkeypatch) == Screen(80, colour=True, deep=False)
        monkeypatch.setenv("COLORTERM", "truecolor")
        assert self.terminal(monkeypatch).deep

    @pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
    def test_colours_can_be_refused(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        monkeypatch.setenv(name, value)
        screen = self.terminal(monkeypatch)
        assert (screen.colour, screen.deep) == (False, False)

    def test_colours_are_codes_around_the_same_text(self) -> None:
        power = np.random.default_rng(0).random((50, 64))
        lines = spectrogram(power, HERTZ, width=200, height=4, colour=True)
        coloured = Screen(80, colour=True, deep=True).text(lines)
        assert coloured.count("\n") == 4
        assert "\x1b[" in coloured
        assert coloured.count("▀") == 4 * (200 - MARGIN)
