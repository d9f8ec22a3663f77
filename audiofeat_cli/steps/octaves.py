"""Constant-Q bins of a signal that comes in pieces: octave after octave at half the rate.

Each decimator is a stream of its own, so any pieces give what one piece gives.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audiofeat_cli.step import Array
from audiofeat_cli.steps.rates import Resampled
from audiofeat_cli.steps.spectrum import transforms
from audiofeat_cli.steps.wavelets import Bank, Bins

FFT_SAMPLES = 2**17
"""Samples transformed at a time: few enough to stay in cache."""


class _Frames:
    """Magnitudes of one part of a bank, frame after frame, centred on multiples of the hop."""

    def __init__(self, part: Bins, first: int, precision: str) -> None:
        self.part = part
        self.precision = precision
        self.left = part.n_fft // 2
        self.total = 0
        start = first * part.hop - self.left
        self.at = start  # place of the first sample kept
        self.kept = np.zeros(max(0, -start), np.float32)

    def push(self, samples: Array) -> None:
        """Take samples."""
        self.total += len(samples)
        skipped = max(0, self.at - (self.total - len(samples)))  # before the first frame
        self.kept = np.concatenate([self.kept, samples[skipped:]])

    @property
    def ready(self) -> int:
        """Frames that can be made, from the clip's first on."""
        part = self.part
        return (self.total - part.n_fft + self.left) // part.hop + 1

    def take(self, start: int, stop: int) -> Array:
        """(bins, stop - start) float32: frames [start, stop); zeros go before and after."""
        part = self.part
        low = start * part.hop - self.left
        self.kept = self.kept[max(0, low - self.at) :]
        self.at = low
        size = (stop - 1 - start) * part.hop + part.n_fft
        if size > len(self.kept):
            self.kept = np.pad(self.kept, (0, size - len(self.kept)))
        return self._magnitudes(self.kept[:size])

    def _magnitudes(self, samples: Array) -> Array:
        part = self.part
        step = max(1, FFT_SAMPLES // part.n_fft)
        count = 1 + (len(samples) - part.n_fft) // part.hop
        spectra = np.empty((part.high - part.low, count), part.basis.dtype)
        window = np.ones(part.n_fft) if part.window is None else part.window
        for start in range(0, count, step):
            stop = min(start + step, count)
            piece = samples[start * part.hop : (stop - 1) * part.hop + part.n_fft, np.newaxis]
            found = transforms(piece, window, part.hop, self.precision)[:, 0].T[
                part.low : part.high
            ]
            spectra[:, start:stop] = np.abs(found) if spectra.dtype.kind == "f" else found
        return np.asarray(np.abs(part.basis @ spectra) * part.scale)


class _Channel:
    """One channel on its way through a bank."""

    def __init__(self, bank: Bank, first: int, precision: str) -> None:
        self.bank = bank
        pairs = zip(bank.factors, bank.gains, strict=True)
        self.decimators = [
            Resampled(factor, 1, divisor=np.sqrt(1 / factor), gain=gain) for factor, gain in pairs
        ]
        self.frames = [_Frames(part, first, precision) for part in bank.parts]
        self.made = first

    def push(self, samples: Array, stop: int) -> Array:
        """(bins, frames): the frames before `stop` that (n,) samples make ready."""
        self._feed(0, samples)
        for depth, decimator in enumerate(self.decimators):
            samples = decimator.push(samples)
            self._feed(depth + 1, samples)
        return self._take(min(stop, *(frames.ready for frames in self.frames)))

    def finish(self, stop: int) -> Array:
        """(bins, frames): the frames that are left before `stop`."""
        rest = np.empty(0, np.float32)
        for depth, decimator in enumerate(self.decimators):
            pushed = decimator.push(rest) if len(rest) else rest
            rest = np.concatenate([pushed, decimator.finish()])
            self._feed(depth + 1, rest)
        return self._take(stop)

    def _feed(self, depth: int, samples: Array) -> None:
        for frames in self.frames:
            if frames.part.depth == depth:
                frames.push(samples)

    def _take(self, stop: int) -> Array:
        count = max(0, stop - self.made)
        out = np.empty((self.bank.n_bins, count), np.float32)
        if count:
            for frames in self.frames:
                first = frames.part.first
                found = frames.take(self.made, stop)
                out[first : first + len(found)] = found
            self.made = stop
        return out


@dataclass(frozen=True, slots=True)
class Grid:
    """The frames of a config: where its rows stand, and how many there are."""

    hop: int
    n_fft: int
    center: bool

    @property
    def first(self) -> int:
        """Frame of the first row; frame t is centred on sample t * hop."""
        return 0 if self.center else round(self.n_fft / 2 / self.hop)

    def rows(self, samples: int) -> int:
        """Rows of a clip of so many samples."""
        if self.center:
            return 1 + samples // self.hop
        return max(0, 1 + (samples - self.n_fft) // self.hop)


class Cascade:
    """All channels of a clip on their way through one bank, or through a bank each."""

    def __init__(self, banks: Sequence[Bank], channels: int, grid: Grid, precision: str) -> None:
        each = [banks[min(c, len(banks) - 1)] for c in range(channels)]
        self.channels = [_Channel(bank, grid.first, precision) for bank in each]
        self.grid = grid
        self.total = 0

    def push(self, samples: Array) -> Array:
        """(samples, channels) -> (frames, channels, bins) float32, what is ready."""
        self.total += len(samples)
        rows = np.ascontiguousarray(samples.T, dtype=np.float32)
        stop = self._stop
        made = [c.push(row, stop) for c, row in zip(self.channels, rows, strict=True)]
        return np.stack(made, axis=1).T

    def finish(self) -> Array:
        """(frames, channels, bins): the rest."""
        made = [channel.finish(self._stop) for channel in self.channels]
        return np.stack(made, axis=1).T

    @property
    def _stop(self) -> int:
        return self.grid.first + self.grid.rows(self.total)
