"""What the engine computes for a look at a file, in the one pass in which it is also metered."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from audiofeat_cli.arrays import collect
from audiofeat_cli.audio.blocks import Samples
from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.config.model import Config, FeatureRequest
from audiofeat_cli.features.level.integrated_loudness import integrated_loudness
from audiofeat_cli.features.timbre.mel import mel
from audiofeat_cli.inspect.bandwidth import band_power, band_starts
from audiofeat_cli.inspect.envelope import Envelope
from audiofeat_cli.inspect.levels import LevelMeter
from audiofeat_cli.inspect.stereo import StereoMeter
from audiofeat_cli.step import Array, Feature
from audiofeat_cli.steps.loudness import LOWEST_RATE
from audiofeat_cli.stream import Program

N_MELS = 96
_FRAME_SECONDS = 0.0464
"""2048 samples at 44.1 kHz."""

_SMALLEST_FFT = 64
_FEWEST_FRAMES = 800
_MOST_FRAMES = 1 << 14
"""Frames of a long file are spread over it rather than made for all of it."""

_FEATURES: Mapping[str, Feature] = {
    "mel": mel,
    "band_power": band_power,
    "integrated_loudness": integrated_loudness,
}


@dataclass(frozen=True, slots=True)
class Grid:
    """Frames of a look: `n_fft` samples at every `hop`, from (or, centred, around) the first."""

    sample_rate: int
    n_fft: int
    hop: int
    center: bool = False


def grid_for(sample_rate: int, samples: int, *, in_pieces: bool = False) -> Grid:
    """A grid with enough frames for a picture, and not many more.

    Parameters
    ----------
    samples : per channel, as expected; 0 where nobody knows.
    in_pieces : frames must not reach from one piece into the next, so they do not overlap.
    """
    n_fft = max(_SMALLEST_FFT, 1 << round(np.log2(max(1.0, _FRAME_SECONDS * sample_rate))))
    if in_pieces or samples == 0:
        return Grid(sample_rate, n_fft, n_fft)
    while n_fft > _SMALLEST_FFT and 4 * n_fft > samples:
        n_fft //= 2
    hop = max(n_fft // 16, min(n_fft, samples // _FEWEST_FRAMES), samples // _MOST_FRAMES)
    return Grid(sample_rate, n_fft, hop)


class Source:
    """The engine's source: the file's own channels, metered as they go by the first time.

    Parameters
    ----------
    pieces : reads the samples from the beginning, as (samples, channels) blocks.
    expected : samples per channel that will come; 0 where nobody knows.
    in_pieces : what comes next does not follow on what came before.
    """

    def __init__(
        self,
        pieces: Callable[[], Iterator[Samples]],
        sample_rate: int,
        channels: int,
        expected: int,
        *,
        in_pieces: bool,
    ) -> None:
        self.levels = LevelMeter(sample_rate, channels)
        self.envelope = Envelope(channels, expected)
        self.stereo = StereoMeter() if channels == 2 else None
        self._pieces = pieces
        self._in_pieces = in_pieces
        self._is_metered = False

    def blocks(self, roots: frozenset[str]) -> Iterator[tuple[str, Array]]:
        """See `stream.Source`."""
        for block in self._pieces():
            if not self._is_metered:
                self._meter(block)
            for root in sorted(roots):
                yield root, block
        self._is_metered = True

    def _meter(self, block: Samples) -> None:
        self.levels.add(block)
        self.envelope.add(block)
        if self.stereo is not None:
            self.stereo.add(block)
        if self._in_pieces:
            self.levels.cut()


@dataclass(frozen=True, slots=True)
class Heard:
    """What the engine found.

    Attributes
    ----------
    mel_power : (frames, bands), mean over channels; (0, bands) for a clip shorter than a frame.
    mel_hz : (bands,) their centres.
    band_powers : (frames, channels, bands) of `band_power`.
    values : clip-level results by alias; NaN is None.
    """

    grid: Grid
    mel_power: Array
    mel_hz: Array
    band_powers: Array
    values: Mapping[str, float | None]


def hear(source: Source, grid: Grid, channels: int) -> Heard:
    """Run the engine over a source, once."""
    program = program_of(grid, tuple(_requests(grid)), _FEATURES)
    found = collect(program, source, channels)
    centres = np.asarray(program.plan.outputs[0].labels, dtype=np.float64)
    values = {name: _number(found[name]) for name in found if name not in ("mel", "band_power")}
    nothing = np.zeros((len(found["mel"]), channels, 0), np.float32)
    powers = found.get("band_power", nothing)
    return Heard(grid, found["mel"].mean(axis=1), centres, powers, values)


def _number(value: Array) -> float | None:
    number = float(np.ravel(value)[0])
    return None if np.isnan(number) else number


def _requests(grid: Grid) -> Iterator[FeatureRequest]:
    given = (("allow_empty_bands", True), ("n_mels", N_MELS), ("scale", "linear"))
    yield FeatureRequest("mel", "mel", given)
    if band_starts(grid.sample_rate, grid.n_fft):
        yield FeatureRequest("band_power", "band_power")
    if grid.sample_rate >= LOWEST_RATE:
        yield FeatureRequest("integrated_loudness", "integrated_loudness")


def program_of(
    grid: Grid, requests: tuple[FeatureRequest, ...], features: Mapping[str, Feature]
) -> Program:
    """The engine for features of a file at its own rate."""
    config = Config(
        name="inspect",
        sample_rate=grid.sample_rate,
        channels="each",
        resampler="soxr_hq",
        n_fft=grid.n_fft,
        win_length=grid.n_fft,
        hop_length=grid.hop,
        window="hann",
        center=grid.center,
        pad_mode="constant",
        precision="float64",
        features=requests,
        pooling=(),
        segments=None,
        tables=("frames", "clips"),
    )
    compiled = compile_plan(config, features, file_rate=grid.sample_rate)
    assert compiled.plan is not None, compiled.troubles
    return Program(compiled.plan)
