"""`--plot`: waveform, spectrogram, mel and chroma of one file on one time axis.

The only module that knows matplotlib. The numbers are the product's: its `stft`, `mel` and
`chroma_stft` features, of the mono mix at the file's own rate.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from audiofeat_cli.arrays import collect
from audiofeat_cli.audio.decode import Audio, Decoder, Request
from audiofeat_cli.audio.facts import declared_frames
from audiofeat_cli.audio.names import escape_path
from audiofeat_cli.config.model import FeatureRequest
from audiofeat_cli.console import one_line
from audiofeat_cli.errors import UsageError
from audiofeat_cli.features.harmony.chroma_stft import chroma_stft
from audiofeat_cli.features.timbre.mel import mel
from audiofeat_cli.features.timbre.stft import stft
from audiofeat_cli.inspect.envelope import Envelope
from audiofeat_cli.inspect.hearing import Grid, grid_for, program_of
from audiofeat_cli.inspect.output import is_output
from audiofeat_cli.inspect.report import is_many
from audiofeat_cli.inspect.sound import cut_excerpts, decoded, is_long, quiet_decoders
from audiofeat_cli.step import Array

FORMATS = (".png", ".svg", ".pdf")
FRAMES = 3000
"""About so many columns, whatever the length."""

RANGE_DB = 80.0
_BLOCK = 1 << 16
_INCHES = (12.0, 9.0)
_TICKS_APART = 0.09
_MINUTES_FROM = 120.0
_TICKS_HZ = (500, 1000, 2000, 4000, 8000, 16000, 32000, 64000)


def check_plot(files: Sequence[str], target: Path) -> None:
    """Refuse what cannot be drawn, before anything is decoded.

    Raises
    ------
    UsageError : more than one file, no audio file, a format that is not known, no such folder, or
        matplotlib is missing.
    """
    if is_many(files):
        raise UsageError("--plot draws one file at a time", "call it once for each file")
    if is_output(Path(files[0])):
        raise UsageError("--plot draws audio files, not tables")
    if target.suffix.lower() not in FORMATS:
        raise UsageError(f"--plot {target}: expected a name that ends in {', '.join(FORMATS)}")
    if not target.parent.is_dir():
        raise UsageError(f"--plot {target}: no such folder: {target.parent}")
    if find_spec("matplotlib") is None:
        raise UsageError(
            "--plot needs matplotlib, which is not installed", "pip install 'audiofeat-cli[plot]'"
        )


@dataclass(frozen=True, slots=True)
class Drawable:
    """The numbers of a figure.

    Attributes
    ----------
    outline : (2, channels, pieces) lowest and highest samples.
    levels : by feature: (frames, values).
    mel_hz, notes : what the values of mel, and of chroma, stand for.
    """

    title: str
    seconds: float
    grid: Grid
    outline: Array
    levels: Mapping[str, Array]
    mel_hz: Array
    notes: tuple[str, ...]


def draw(file: str, target: Path, *, full: bool = False) -> None:
    """Draw a file that can be decoded, into another file.

    Raises
    ------
    ClipError : it cannot be decoded.
    """
    save(figure_of(measure(file, full=full)), target)


def measure(file: str, *, full: bool = False) -> Drawable:
    """Compute what is drawn; excerpts stand for a long file unless `full`."""
    decoder = Decoder(Request(None, "each", "soxr_hq", _BLOCK, allow_truncated=True))
    with quiet_decoders(), decoder.open(file) as audio:
        expected = audio.declared_frames or declared_frames(file)
        in_pieces = not full and is_long(audio, expected)
        grid = grid_for(audio.sample_rate, expected, in_pieces=in_pieces)
        if not in_pieces:
            hop = max(grid.n_fft // 4, expected // FRAMES)
            grid = Grid(audio.sample_rate, grid.n_fft, hop, center=True)
        source = _Mixed(audio, expected, grid, in_pieces=in_pieces)
        program = program_of(grid, _REQUESTS, _FEATURES)
        found = collect(program, source, 1)
        frames = expected if in_pieces else audio.frames
    labels = {output.alias: output.labels for output in program.plan.outputs}
    name = one_line(escape_path(file))
    kind = f"{audio.format}, {audio.sample_rate} Hz, {audio.channels} ch"
    return Drawable(
        title=f"{name}  ({kind}{', excerpts' if in_pieces else ''})",
        seconds=frames / audio.sample_rate,
        grid=grid,
        outline=source.envelope.outline(),
        levels={name: values[:, 0] for name, values in found.items()},
        mel_hz=np.asarray(labels["mel"], dtype=np.float64),
        notes=tuple(map(str, labels["chroma_stft"])),
    )


_FEATURES = {"stft": stft, "mel": mel, "chroma_stft": chroma_stft}
_REQUESTS = (
    FeatureRequest("stft", "stft", (("power", 2.0), ("scale", "db"))),
    FeatureRequest("mel", "mel", (("allow_empty_bands", True),)),
    FeatureRequest("chroma_stft", "chroma_stft"),
)


class _Mixed:
    """The engine's source: the mono mix of a file, or of its excerpts."""

    def __init__(self, audio: Audio, expected: int, grid: Grid, *, in_pieces: bool) -> None:
        pieces = cut_excerpts(audio, expected, grid.n_fft) if in_pieces else None
        samples = pieces.length * len(pieces.starts) if pieces else expected
        self.envelope = Envelope(audio.channels, samples, FRAMES)
        self._read = pieces.blocks if pieces else lambda: decoded(audio)
        self._is_first = True

    def blocks(self, roots: frozenset[str]) -> Iterator[tuple[str, Array]]:
        """See `stream.Source`."""
        for block in self._read():
            if self._is_first:
                self.envelope.add(block)
            mixed = np.asfortranarray(block.mean(axis=1, keepdims=True))
            for root in sorted(roots):
                yield root, mixed
        self._is_first = False


def figure_of(drawable: Drawable) -> Any:
    """A matplotlib figure of four rows."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, layout="constrained")
    grid = figure.add_gridspec(4, 2, width_ratios=(1, 0.012), height_ratios=(1, 1.6, 1.6, 1))
    axes = [figure.add_subplot(grid[0, 0])]
    axes += [figure.add_subplot(grid[row, 0], sharex=axes[0]) for row in (1, 2, 3)]
    bars = [figure.add_subplot(grid[row, 1]) for row in (1, 2, 3)]
    _draw_waveform(axes[0], drawable)
    spectrum, mels = (_below_loudest(drawable.levels[name]) for name in ("stft", "mel"))
    images = [
        _draw_image(axes[1], spectrum, drawable, floor=-RANGE_DB, ceiling=0),
        _draw_image(axes[2], mels, drawable, floor=-RANGE_DB, ceiling=0),
        _draw_image(axes[3], drawable.levels["chroma_stft"], drawable, floor=0, ceiling=1),
    ]
    _label_hertz(axes[1], np.linspace(0, drawable.grid.sample_rate / 2, spectrum.shape[1]), 5)
    _label_hertz(axes[2], drawable.mel_hz, None)
    naturals = [i for i, note in enumerate(drawable.notes) if len(note) == 1]
    axes[3].set_yticks(naturals, [drawable.notes[i] for i in naturals])
    for axis, label in zip(axes, ("waveform", "STFT", "mel", "chroma"), strict=True):
        axis.set_ylabel(label)
        axis.tick_params(labelbottom=axis is axes[3])
    for bar, image, label in zip(bars, images, ("dB", "dB", "share of max"), strict=True):
        figure.colorbar(image, cax=bar).set_label(label)
    axes[0].set_xlim(0, max(drawable.seconds, 1e-9))
    axes[0].set_title(drawable.title, loc="left", fontsize="medium", parse_math=False)
    _label_time(axes[3], drawable.seconds)
    return figure


def save(figure: Any, target: Path) -> None:
    """Write a figure; the ending of the name says in which format."""
    figure.savefig(target, dpi=110)


def _draw_waveform(axis: Any, drawable: Drawable) -> None:
    low, high = drawable.outline
    times = np.linspace(0, drawable.seconds, low.shape[1])
    names = ("left", "right") if len(low) == 2 else [str(c) for c in range(len(low))]
    for channel, name in enumerate(names):
        strength = 1.0 if len(low) == 1 else 0.6
        axis.fill_between(
            times,
            low[channel],
            high[channel],
            step="mid",
            alpha=strength,
            linewidth=0.3,
            label=name,
        )
    axis.axhline(0, color="black", linewidth=0.4)
    axis.margins(y=0.05)
    if 1 < len(low) <= 8:
        axis.legend(loc="upper right", fontsize="small", ncols=len(low))


def _below_loudest(levels: Array) -> Array:
    return np.asarray(levels - levels.max(initial=-np.inf))


def _draw_image(
    axis: Any, values: Array, drawable: Drawable, *, floor: float, ceiling: float
) -> Any:
    """(frames, values) over the time of the file; y counts the values."""
    grid = drawable.grid
    hop = grid.hop / grid.sample_rate
    first = -hop / 2 if grid.center else 0.0
    last = first + hop * len(values) if grid.center else drawable.seconds
    return axis.imshow(
        values.T,
        origin="lower",
        aspect="auto",
        interpolation="nearest" if len(values) < FRAMES // 2 else "antialiased",
        extent=(first, last, -0.5, values.shape[1] - 0.5),
        vmin=floor,
        vmax=ceiling,
        cmap="magma",
    )


def _label_hertz(axis: Any, frequencies: Array, count: int | None) -> None:
    """Ticks at round frequencies on an axis that counts values."""
    top = float(frequencies[-1])
    wanted = [f for f in _TICKS_HZ if f <= top]
    if count is not None:
        step = next((s for s in (500, 1000, 2000, 5000, 10000, 20000) if top / s <= count), 50000)
        wanted = list(range(0, int(top) + 1, step))
    places = np.interp(wanted, frequencies, np.arange(len(frequencies)))
    shown = [f"{f / 1000:g} kHz" if f >= 1000 else f"{f:g} Hz" for f in wanted]
    keep: list[int] = []
    for i, frequency in enumerate(wanted):
        apart = places[i] - places[keep[-1]] if keep else np.inf
        if frequency >= frequencies[0] and apart >= _TICKS_APART * len(frequencies):
            keep.append(i)
    axis.set_yticks([places[i] for i in keep], [shown[i] for i in keep])


def _label_time(axis: Any, seconds: float) -> None:
    """Seconds, or minutes and hours of a long file."""
    if seconds < _MINUTES_FROM:
        axis.set_xlabel("time, s")
        return
    fewest = seconds / 12
    step = next((s for s in (15, 30, 60, 120, 300, 600, 1800, 3600, 7200) if s >= fewest), 14400)
    marks = range(0, int(seconds) + 1, step)
    axis.set_xticks(list(marks), [f"{m // 3600}:{m // 60 % 60:02d}:{m % 60:02d}" for m in marks])
    axis.set_xlabel("time, h:min:s")
