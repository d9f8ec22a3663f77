"""`audiofeat explain --resolve-hz --resolve-s`: window and hop for what is to be told apart."""

import json

import numpy as np
import pytest

from audiofeat_cli.errors import UsageError
from audiofeat_cli.explain.resolve import Answer, Question, answer
from tests.commands import Result, audiofeat

EEG = """\
To resolve 0.5 Hz and 0.5 s at 128 Hz

  window          256 samples (2000 ms) or more: bins 0.5 Hz apart (rate /
                  win_length)
  n_fft           256, a power of two: nothing to pad
  resolution      1 Hz with hann: closer tones of equal level show as one (peak
                  of the window at -6 dB; noise bandwidth 0.75 Hz)
                  two tones 0.5 Hz apart that both sound take 512 samples
  hop             64 samples (500 ms) or less: 2 frames a second
                  each frame looks at 2000 ms: what is closer than that blurs

sample_rate: 128
n_fft: 256
win_length: 256
hop_length: 64
"""


def explained(arguments: str) -> Result:
    return audiofeat("explain", *arguments.split())


def ask(rate: int, hz: float | None = None, s: float | None = None) -> Answer:
    return answer(Question(rate, hz, s))


def test_the_quiz() -> None:
    """EEG at 128 Hz, 0.5 Hz and 0.5 s: window 256, hop 64."""
    done = explained("--sample-rate 128 --resolve-hz 0.5 --resolve-s 0.5")
    assert (done.code, done.out, done.err) == (0, EEG, "")


def test_json() -> None:
    done = explained("--sample-rate 128 --resolve-hz 0.5 --resolve-s 0.5 --json")
    found = json.loads(done.out)
    assert list(found) == ["sample_rate", "frequency", "time", "present"]
    assert (found["frequency"]["win_length"], found["time"]["hop_length"]) == (256, 64)
    assert (found["frequency"]["n_fft"], found["frequency"]["separating_samples"]) == (256, 512)
    assert found["present"] is None


@pytest.mark.parametrize(
    ("rate", "hz", "length", "n_fft"),
    [(44100, 43.07, 1024, 1024), (44100, 10, 4410, 8192), (22050, 0.1, 220500, 262144),
     (128, 64, 2, 2), (8000, 7.3, 1096, 2048), (300, 0.3, 1000, 1024)],
)  # fmt: skip
def test_the_window_is_the_shortest_with_bins_so_close(
    rate: int, hz: float, length: int, n_fft: int
) -> None:
    found = ask(rate, hz).frequency
    assert found is not None
    assert (found.win_length, found.n_fft) == (length, n_fft)
    assert rate / length <= hz < rate / (length - 1)


@pytest.mark.parametrize(
    ("rate", "s", "hop"),
    [(22050, 0.1, 2205), (44100, 0.01, 441), (16000, 0.0125, 200), (1000, 0.3, 300),
     (128, 0.309, 39)],
)  # fmt: skip
def test_the_hop_is_the_longest_with_frames_so_close(rate: int, s: float, hop: int) -> None:
    found = ask(rate, s=s).time
    assert found is not None
    assert found.hop_length == hop
    assert found.frames_per_second == rate / hop


def test_two_tones_show_as_two_in_the_longer_window_only() -> None:
    """0.5 Hz apart at 128 Hz: one peak in 256 samples of Hann window, two in what is advised."""

    def peaks(length: int) -> int:
        t = np.arange(length) / 128
        beat = np.cos(2 * np.pi * 20 * t) + np.cos(2 * np.pi * 20.5 * t + np.pi / 2)
        height = np.abs(np.fft.rfft(beat * np.hanning(length + 1)[:-1], 64 * length))
        top = np.flatnonzero((height[1:-1] > height[:-2]) & (height[1:-1] > height[2:])) + 1
        return int((height[top] > 0.5 * height.max()).sum())

    found = ask(128, 0.5).frequency
    assert found is not None
    assert peaks(found.win_length) == 1
    assert peaks(found.separating_samples) == 2


def test_a_config_gives_its_rate_and_window_and_is_compared() -> None:
    done = explained("mel --resolve-hz 3 --resolve-s 0.05")
    assert done.out.startswith("To resolve 3 Hz and 0.05 s at 22050 Hz\n")
    said = " ".join(done.out.split())
    assert (
        "config mel.yaml is not enough: win_length 2048 (10.77 Hz), hop_length 512 (23.22 ms)"
    ) in said
    enough = explained("mel --resolve-hz 11 --resolve-s 0.05")
    assert "mel.yaml is enough" in enough.out
    other = explained("mel --sample-rate 44100 --resolve-hz 11")
    assert "at 44100 Hz\n" in other.out
    assert "mel.yaml is not enough" in other.out
    flat = explained("mel --set window=boxcar --resolve-hz 10")
    assert "with boxcar" in flat.out


def test_notes_of_the_answer() -> None:
    said = explained("--sample-rate 44100 --resolve-hz 43.07 --notes").out
    assert "      0      0.00     43.07  everything below F1\n" in said


def test_a_hop_beyond_the_window_is_said() -> None:
    said = explained("--sample-rate 8000 --resolve-hz 100 --resolve-s 1").out
    assert "between frames 7920 samples are not looked at" in " ".join(said.split())


def test_zeros_that_fill_up_n_fft_are_no_gain() -> None:
    said = explained("--sample-rate 44100 --resolve-hz 10").out
    assert "8192, the next power of two: bins 5.383 Hz apart; the zeros" in said
    found = ask(44100, 10).frequency
    assert found is not None
    assert found.resolution_hz == pytest.approx(20, rel=1e-4)
    assert found.noise_hz == pytest.approx(15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "nothing to explain: CONFIG is missing"),
        ("--resolve-hz 1", "--sample-rate is missing"),
        ("--sample-rate 128", "--sample-rate goes with --resolve-hz or --resolve-s"),
        ("mel --sample-rate 128", "--set sample_rate="),
        ("--sample-rate 128 --resolve-hz 0", "--resolve-hz 0: expected more than 0 Hz"),
        ("--sample-rate 128 --resolve-hz -1", "--resolve-hz -1: expected more than 0 Hz"),
        ("--sample-rate 128 --resolve-s nan", "--resolve-s nan: expected more than 0 s"),
        ("--sample-rate 128 --resolve-s inf", "--resolve-s inf: expected more than 0 s"),
        ("--sample-rate 128 --resolve-hz many", "Invalid value for '--resolve-hz'"),
        ("--sample-rate fast --resolve-hz 1", "Invalid value for '--sample-rate'"),
        ("--sample-rate -128 --resolve-hz 1", "--sample-rate -128: expected 1 to 10000000 Hz"),
        ("--sample-rate 128 --resolve-hz 65", "expected at most half the sample rate (64 Hz)"),
        ("--sample-rate 44100 --resolve-hz 0.01", "ask for 0.0421 Hz or more"),
        ("--sample-rate 44100 --resolve-hz 1e-320", "more than 1048576 samples"),
        ("--sample-rate 128 --resolve-s 0.001", "less than one sample at 128 Hz (0.007812 s)"),
        ("--sample-rate 128 --resolve-s 1e300", "more than 16777216 samples"),
        ("--sample-rate 128 --resolve-s 1 --set n_fft=2", "--set changes a config"),
        ("mel --set sample_rate=null --set features=[rms] --resolve-s 1", "--sample-rate is"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(arguments: str, message: str) -> None:
    done = audiofeat("explain", *arguments.split())
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert "Traceback" not in done.err


def test_what_is_advised_can_be_asked_for() -> None:
    with pytest.raises(UsageError, match=r"ask for 0\.0421 Hz or more"):
        ask(44100, 0.042)
    found = ask(44100, 0.0421).frequency
    assert found is not None
    assert found.win_length <= 2**20
