"""A bank of recursive filters, one for each semitone, run forwards and backwards in pieces.

Backwards, a piece begins so far beyond its end that what lies further on has died away. So the
filters keep some seconds of the clip, however long it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audiofeat_cli.step import Array, analysis_samples, constant, scan
from audiofeat_cli.steps.rates import Resampled
from audiofeat_cli.steps.tuning import A4_HZ

LOWEST, HIGHEST = 24, 108
"""MIDI numbers of the bands, C1 to C8."""

RATES = ((60, 882.0), (94, 4410.0), (HIGHEST + 1, 22050.0))
"""Bands below a MIDI number are filtered at a rate, Hz."""

QUALITY_FACTOR, RIPPLE_DB, STOPPED_DB = 25.0, 1.0, 50.0
FORGOTTEN = 1e-9
"""What is left of an impulse where a backward piece begins."""

FRAMES_AT_ONCE = 16


@dataclass(frozen=True, eq=False)
class Group:
    """Bands that are filtered at one rate by filters of one order.

    Attributes
    ----------
    bands : which ones, counted from the lowest.
    filters : (sections, 6) of each.
    edge : samples by which the signal is continued at both ends.
    memory : samples in which the slowest of them forgets.
    """

    rate: float
    bands: tuple[int, ...]
    filters: tuple[Array, ...]
    edge: int
    memory: int


@constant()
def semitone_filters(*, tuning: float = 0.0) -> Sequence[Group]:
    """Elliptic band-pass filters, Q 25, 1 dB ripple, 50 dB down one bandwidth off the centre.

    Reference: librosa.filters.semitone_filterbank 0.11. Source: Mueller 2007, 3.1.
    """
    found: dict[tuple[float, int], dict[int, Array]] = {}
    low = LOWEST
    for high, rate in RATES:
        for number in range(low, high):
            sections = _band_pass(A4_HZ * 2 ** ((number + tuning - 69) / 12), rate)
            found.setdefault((rate, _edge(sections)), {})[number - LOWEST] = sections
        low = high
    return [
        Group(rate, tuple(same), tuple(same.values()), edge, max(map(_memory, same.values())))
        for (rate, edge), same in found.items()
    ]


def _band_pass(pitch: float, rate: float) -> Array:
    from scipy.signal import iirdesign

    width = pitch / QUALITY_FACTOR
    passed = np.array([pitch - width / 2, pitch + width / 2]) * 2 / rate
    stopped = np.array([pitch - width, pitch + width]) * 2 / rate
    return np.asarray(
        iirdesign(passed, stopped, RIPPLE_DB, STOPPED_DB, ftype="ellip", output="sos")
    )


def _memory(sections: Array) -> int:
    slowest = max(float(np.abs(np.roots(section[3:])).max()) for section in sections)
    return int(np.ceil(np.log(FORGOTTEN) / np.log(slowest)))


def _edge(sections: Array) -> int:
    """Samples by which scipy.signal.sosfiltfilt continues a signal at both ends."""
    unused = min(int((sections[:, 2] == 0).sum()), int((sections[:, 5] == 0).sum()))
    return 3 * (2 * len(sections) + 1 - unused)


class _Filtered:
    """(bands, samples) of one signal, forwards and backwards through each filter of a group."""

    def __init__(self, group: Group) -> None:
        from scipy.signal import sosfilt_zi

        self.group = group
        self.settled = [sosfilt_zi(sections) for sections in group.filters]
        self.states: list[Array] = []
        self.edge = group.edge
        self.recent = np.empty(0)
        self.skipped = 0
        self.forward = np.empty((len(group.filters), 0))

    def push(self, samples: Array) -> Array:
        """Take samples, give what the future no longer changes."""
        self._take(samples.astype(np.float64), beginning=self.edge + 1)
        memory, size = self.group.memory, self.forward.shape[1]
        if size < max(2 * memory, 4096 + memory):
            return self.forward[:, :0]
        done = self._backward(self.forward, None)[:, : size - memory]
        self.forward = self.forward[:, size - memory :]
        return self._whole(done)

    def finish(self) -> Array:
        """Give the rest."""
        self._take(np.empty(0), beginning=1)
        last = self.recent
        edge = min(self.edge, len(last) - 1)
        if edge < 0:
            return self.forward[:, :0]
        self._run(2 * last[-1] - last[-2 : -edge - 2 : -1] if edge else last[:0])
        rest = self._backward(self.forward, self.forward[:, -1])
        return self._whole(rest[:, : rest.shape[1] - edge])

    def _take(self, samples: Array, beginning: int) -> None:
        self.recent = np.concatenate([self.recent, samples])
        if not self.states:
            if len(self.recent) < beginning:
                return
            edge = min(self.edge, len(self.recent) - 1)
            before = 2 * self.recent[0] - self.recent[edge:0:-1]
            start = before[0] if edge else self.recent[0]
            self.states = [state * start for state in self.settled]
            self.skipped = edge
            self._run(np.concatenate([before, self.recent]))
        else:
            self._run(samples)
        self.recent = self.recent[-self.edge - 1 :]

    def _run(self, samples: Array) -> None:
        from scipy.signal import sosfilt

        if len(samples) == 0:
            return
        out = np.empty((len(self.states), len(samples)))
        for band, sections in enumerate(self.group.filters):
            out[band], self.states[band] = sosfilt(sections, samples, zi=self.states[band])
        self.forward = np.concatenate([self.forward, out], axis=1)

    def _backward(self, forward: Array, last: Array | None) -> Array:
        from scipy.signal import sosfilt

        out = np.empty_like(forward)
        for band, sections in enumerate(self.group.filters):
            start = 0 * self.settled[band] if last is None else self.settled[band] * last[band]
            out[band] = sosfilt(sections, forward[band, ::-1], zi=start)[0][::-1]
        return out

    def _whole(self, done: Array) -> Array:
        """Without what stands before the first sample."""
        skipped = min(self.skipped, done.shape[1])
        self.skipped -= skipped
        return done[:, skipped:]


class _Energies:
    """(bands, frames): sums of squares of a filtered signal; hops may fall between samples."""

    def __init__(self, rate: float, group: Group, n_fft: int, hop: int) -> None:
        self.bands = group.bands
        self.resampled = Resampled(rate, group.rate)
        self.filtered = _Filtered(group)
        self.factor = rate / group.rate
        self.hop = hop / self.factor
        self.size = round(n_fft / self.factor)
        self.squares = np.empty((len(group.filters), 0))
        self.first = 0
        self.made = 0

    def push(self, samples: Array, stop: int) -> Array:
        """Energies of the frames before `stop` that the samples make ready."""
        self._keep(self.filtered.push(self.resampled.push(samples)))
        ready = self.first + self.squares.shape[1] - self.size
        count = int(np.floor(ready / self.hop)) if ready > 0 else 0
        return self._take(min(stop, count))

    def finish(self, stop: int) -> Array:
        """The rest, zeros beyond the end."""
        rest = self.filtered.push(self.resampled.finish())
        self._keep(np.concatenate([rest, self.filtered.finish()], axis=1))
        end = round((stop - 1) * self.hop) + self.size - self.first
        missing = max(0, end - self.squares.shape[1])
        self.squares = np.pad(self.squares, ((0, 0), (0, missing)))
        return self._take(stop)

    def _keep(self, filtered: Array) -> None:
        self.squares = np.concatenate([self.squares, filtered**2], axis=1)

    def _take(self, stop: int) -> Array:
        frames = np.arange(self.made, max(stop, self.made))
        starts = np.round(frames * self.hop).astype(int) - self.first
        out = np.empty((len(self.squares), len(frames)), np.float32)
        if len(frames) == 0:
            return out
        windows = np.lib.stride_tricks.sliding_window_view(self.squares, self.size, axis=1)
        for at in range(0, len(frames), FRAMES_AT_ONCE):
            some = starts[at : at + FRAMES_AT_ONCE]
            out[:, at : at + FRAMES_AT_ONCE] = self.factor * windows[:, some].sum(axis=-1)
        self.made = stop
        drop = min(round(stop * self.hop) - self.first, self.squares.shape[1])
        self.squares = self.squares[:, drop:]
        self.first += drop
        return out


class Semitones:
    """One channel on its way through all bands."""

    def __init__(
        self, groups: Sequence[Group], rate: float, *, n_fft: int, hop: int, center: bool
    ) -> None:
        self.parts = [_Energies(rate, group, n_fft, hop) for group in groups]
        self.held = [np.empty((len(group.filters), 0), np.float32) for group in groups]
        self.n_fft, self.hop = n_fft, hop
        self.padding = np.zeros(n_fft // 2 if center else 0, np.float32)
        self.total = 0

    @property
    def _stop(self) -> int:
        return max(0, 1 + (self.total - self.n_fft) // self.hop)

    def push(self, samples: Array) -> Array:
        """(bands, frames) that (n,) samples make ready."""
        if self.total == 0:
            samples = np.concatenate([self.padding, samples])
        self.total += len(samples)
        return self._joined([part.push(samples, self._stop) for part in self.parts])

    def finish(self, frames: int) -> Array:
        """The rest of `frames` frames."""
        made = []
        for part in self.parts:
            pushed = part.push(self.padding, part.made)
            made.append(np.concatenate([pushed, part.finish(frames)], axis=1))
        return self._joined(made)

    def _joined(self, made: Sequence[Array]) -> Array:
        held = [np.concatenate(pair, axis=1) for pair in zip(self.held, made, strict=True)]
        ready = min(rows.shape[1] for rows in held)
        self.held = [rows[:, ready:] for rows in held]
        out = np.empty((1 + HIGHEST - LOWEST, ready), np.float32)
        for part, rows in zip(self.parts, held, strict=True):
            out[list(part.bands)] = rows[:, :ready]
        return out


@dataclass
class Progress:
    """All channels of a clip, and how far it has come."""

    channels: Sequence[Semitones]
    samples: int
    n_fft: int
    hop: int
    center: bool


def _rest(state: Progress) -> Array:
    frames = 1 + state.samples // state.hop
    if not state.center:
        frames = max(0, 1 + (state.samples - state.n_fft) // state.hop)
    made = [channel.finish(frames) for channel in state.channels]
    return np.stack(made, axis=1).T


@scan(analysis_samples, semitone_filters, finish=_rest)
def semitone_energies(
    state: Progress | None,
    samples: Array,
    groups: Sequence[Group],
    *,
    sample_rate: float,
    n_fft: int,
    hop_length: int,
    center: bool,
) -> tuple[Progress, Array]:
    """(frames, channels, 85) float32: energy of each band in frames of `n_fft` samples."""
    if state is None:
        channels = [
            Semitones(groups, sample_rate, n_fft=n_fft, hop=hop_length, center=center)
            for _ in range(samples.shape[1])
        ]
        state = Progress(channels, 0, n_fft, hop_length, center)
    state.samples += len(samples)
    rows = np.ascontiguousarray(samples.T, dtype=np.float32)
    made = [channel.push(row) for channel, row in zip(state.channels, rows, strict=True)]
    return state, np.stack(made, axis=1).T
