"""Which window and hop tell apart what somebody wants to be told apart."""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from audiofeat_cli.config.settings import HIGHEST_RATE, LONGEST_HOP, LONGEST_WINDOW
from audiofeat_cli.errors import UsageError
from audiofeat_cli.explain.notes import NoteBin, half_width, noise_bandwidth, note_bins
from audiofeat_cli.explain.spectra import window_name
from audiofeat_cli.planning import Planned
from audiofeat_cli.step import Window
from audiofeat_cli.steps.spectrum import window_shape


@dataclass(frozen=True, slots=True)
class Frequency:
    """The shortest window with bins so close.

    Attributes
    ----------
    bin_hz : rate / win_length, at most what was asked for.
    n_fft : the next power of two; zeros fill it up.
    fft_bin_hz : rate / n_fft.
    noise_hz : equivalent noise bandwidth of the window; None of one that sums to 0.
    resolution_hz : width of a tone's peak at half its height (-6 dB).
    separating_samples : length of the same window whose peak is as narrow as what was asked for, so
        that two tones of equal level show as two.
    """

    asked_hz: float
    win_length: int
    win_ms: float
    bin_hz: float
    n_fft: int
    fft_bin_hz: float
    window: str
    noise_hz: float | None
    resolution_hz: float
    separating_samples: int
    note_bins: tuple[NoteBin, ...]


@dataclass(frozen=True, slots=True)
class Time:
    """The longest hop with frames so close."""

    asked_s: float
    hop_length: int
    hop_ms: float
    frames_per_second: float


@dataclass(frozen=True, slots=True)
class Present:
    """What a config has now, at the same sample rate, and whether that is enough."""

    config: str
    win_length: int
    bin_hz: float
    hop_length: int
    hop_ms: float
    is_enough: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """Window and hop for a resolution in frequency, in time, or in both."""

    sample_rate: int
    frequency: Frequency | None
    time: Time | None
    present: Present | None

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for `--json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody wants to be told apart, in Hz, in s or in both."""

    sample_rate: int | None
    resolve_hz: float | None
    resolve_s: float | None

    @property
    def is_asked(self) -> bool:
        """Whether there is one."""
        return self.resolve_hz is not None or self.resolve_s is not None

    def check(self, *, has_config: bool, has_changes: bool = False) -> None:
        """Refuse what cannot be, and what says too little.

        Raises
        ------
        UsageError : with the option, what was expected and what was given.
        """
        for option, value, unit in (("hz", self.resolve_hz, "Hz"), ("s", self.resolve_s, "s")):
            if value is not None and not (math.isfinite(value) and value > 0):
                raise UsageError(f"--resolve-{option} {value:g}: expected more than 0 {unit}")
        rate = self.sample_rate
        if rate is not None and not 1 <= rate <= HIGHEST_RATE:
            raise UsageError(f"--sample-rate {rate}: expected 1 to {HIGHEST_RATE} Hz")
        if rate is not None and not self.is_asked:
            raise UsageError(
                "--sample-rate goes with --resolve-hz or --resolve-s",
                "to explain a config at another rate: --set sample_rate=..." if has_config else "",
            )
        if not has_config and not self.is_asked:
            raise UsageError(
                "nothing to explain: CONFIG is missing (a YAML file, or a preset such as mel)",
                "or ask for a window and hop: --sample-rate 22050 --resolve-hz 10 --resolve-s 0.1",
            )
        if not has_config and has_changes:
            raise UsageError("--set changes a config, and none is given")
        if not has_config and rate is None:
            raise UsageError("--sample-rate is missing: what window is right depends on it")


def answer(question: Question, planned: Planned | None = None) -> Answer:
    """The window with so many Hz between bins, the hop with so many s between frames.

    Parameters
    ----------
    planned : a config that is compared with the answer; its window and, unless the question has
        one, its sample rate are taken.

    Raises
    ------
    UsageError : no window or hop can be like that.
    """
    config = None if planned is None else planned.plan.config
    rate = question.sample_rate or (None if config is None else config.sample_rate)
    if rate is None:
        raise UsageError("--sample-rate is missing: the config keeps each file's own")
    window: Window = "hann" if config is None else config.window
    asked_hz, asked_s = question.resolve_hz, question.resolve_s
    frequency = None if asked_hz is None else _frequency(rate, asked_hz, window)
    time = None if asked_s is None else _time(rate, asked_s)
    present = None if planned is None else _present(planned, rate, frequency, time)
    return Answer(rate, frequency, time, present)


def _exact(value: float) -> Fraction:
    """The number as it was written: 0.1 is a tenth."""
    return Fraction(str(value))


def _frequency(rate: int, asked: float, window: Window) -> Frequency:
    if asked > rate / 2:
        raise UsageError(
            f"--resolve-hz {asked:g}: expected at most half the sample rate ({rate / 2:g} Hz)"
        )
    length = math.ceil(rate / _exact(asked))
    if length > LONGEST_WINDOW:
        raise UsageError(
            f"--resolve-hz {asked:g}: at {rate} Hz that takes a window of more than "
            f"{LONGEST_WINDOW} samples, the longest there is",
            f"ask for {_rounded_up(rate / LONGEST_WINDOW):g} Hz or more",
        )
    shape = window_shape(n_fft=length, win_length=length, window=window)
    n_fft = 1 << (length - 1).bit_length()
    noise = noise_bandwidth(shape)
    width = half_width(shape)
    return Frequency(
        asked_hz=asked,
        win_length=length,
        win_ms=1000 * length / rate,
        bin_hz=rate / length,
        n_fft=n_fft,
        fft_bin_hz=rate / n_fft,
        window=window_name(window),
        noise_hz=None if noise is None else noise * rate / length,
        resolution_hz=width * rate,
        separating_samples=math.ceil(round(width * length * rate / asked, 3)),
        note_bins=tuple(note_bins(rate, n_fft)),
    )


def _rounded_up(value: float) -> float:
    """Three digits, not below the value."""
    scale = 10 ** (2 - math.floor(math.log10(value)))
    return float(math.ceil(value * scale) / scale)


def _time(rate: int, asked: float) -> Time:
    hop = math.floor(_exact(asked) * rate)
    if hop < 1:
        raise UsageError(
            f"--resolve-s {asked:g}: less than one sample at {rate} Hz ({1 / rate:.4g} s)"
        )
    if hop > LONGEST_HOP:
        raise UsageError(
            f"--resolve-s {asked:g}: is more than {LONGEST_HOP} samples at {rate} Hz, "
            "the longest hop there is"
        )
    return Time(asked, hop, 1000 * hop / rate, rate / hop)


def _present(
    planned: Planned, rate: int, frequency: Frequency | None, time: Time | None
) -> Present:
    config = planned.plan.config
    fine = frequency is None or config.win_length >= frequency.win_length
    often = time is None or config.hop_length <= time.hop_length
    return Present(
        config=planned.source,
        win_length=config.win_length,
        bin_hz=rate / config.win_length,
        hop_length=config.hop_length,
        hop_ms=1000 * config.hop_length / rate,
        is_enough=fine and often,
    )


def yaml_lines(found: Answer) -> Iterator[str]:
    """The answer as lines of a config."""
    yield f"sample_rate: {found.sample_rate}"
    if found.frequency is not None:
        yield f"n_fft: {found.frequency.n_fft}"
        yield f"win_length: {found.frequency.win_length}"
    if found.time is not None:
        yield f"hop_length: {found.time.hop_length}"
