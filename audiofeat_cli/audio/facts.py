"""What an audio file is, in numbers: its format, and the levels of each of its channels."""

import os
import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from audiofeat_cli.audio.blocks import Samples
from audiofeat_cli.audio.decode import Audio

PIECES_PER_SECOND = 10
"""Levels are kept for pieces of 100 ms."""

SILENCE_DBFS = -60.0
"""A piece is silent when its RMS is below this."""

CLIPPED_RUN = 3
FULL_SCALE = 32767 / 32768
"""A sample is clipped in a run of at least so many at full scale (as 16 bits have it)."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file says of itself, and what came out of it.

    Attributes
    ----------
    size : bytes.
    bits : per sample as stored; None where that has no meaning (MP3, Ogg Vorbis).
    frames : samples per channel that were decoded; `duration` in s.
    truncated : None where it cannot be known.
    """

    format: str
    subtype: str
    bits: int | None
    sample_rate: int
    channels: int
    frames: int
    duration: float
    size: int
    truncated: bool | None


@dataclass(frozen=True, slots=True)
class ChannelLevels:
    """Levels of one channel. 0 dBFS is an amplitude, and an RMS, of 1; None is digital silence.

    Attributes
    ----------
    dc : mean of the samples.
    clipped, silent : shares from 0 to 1 of the samples, and of the time.
    """

    peak_dbfs: float | None
    rms_dbfs: float | None
    dc: float
    clipped: float
    silent: float


def file_facts(audio: Audio) -> FileFacts:
    """Facts of a file whose `blocks` have run through."""
    whole = re.fullmatch(r"(?:PCM_|ALAC_)[SU]?(\d+)", audio.subtype)
    bits = int(whole[1]) if whole else {"FLOAT": 32, "DOUBLE": 64}.get(audio.subtype)
    return FileFacts(
        format=audio.format,
        subtype=audio.subtype,
        bits=bits,
        sample_rate=audio.sample_rate,
        channels=audio.channels,
        frames=audio.frames,
        duration=audio.duration,
        size=os.stat(audio.file).st_size,  # noqa: PTH116 - names that are not UTF-8
        truncated=audio.truncated,
    )


def decibels(amplitude: float) -> float | None:
    """20 log10 of it; None for 0."""
    return float(20 * np.log10(amplitude)) if amplitude > 0 else None


class LevelMeter:
    """Levels of a signal that comes in blocks of (samples, channels)."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self.samples = 0
        self._piece = max(1, sample_rate // PIECES_PER_SECOND)
        self._rest = np.zeros((0, channels), np.float32)
        self._sum = np.zeros(channels)
        self._clipped = np.zeros(channels)
        self._run = np.zeros(channels, np.int64)
        self._peaks: list[Numbers] = []
        self._squares: list[Numbers] = []

    def add(self, block: Samples) -> None:
        """Take the next block."""
        self.samples += len(block)
        self._sum += block.sum(axis=0, dtype=np.float64)
        for channel in range(block.shape[1]):
            self._count_clipped(channel, np.abs(block[:, channel]) >= FULL_SCALE)
        joined = np.concatenate([self._rest, block])
        whole = len(joined) // self._piece * self._piece
        self._rest = joined[whole:]
        if whole:
            self._add_pieces(joined[:whole].reshape(-1, self._piece, joined.shape[1]))

    def _add_pieces(self, pieces: Samples) -> None:
        self._peaks.append(np.abs(pieces).max(axis=1).astype(np.float64))
        self._squares.append(np.square(pieces, dtype=np.float64).mean(axis=1))

    def _count_clipped(self, channel: int, full: NDArray[np.bool_]) -> None:
        """Add up runs of full scale; one that reaches the end of a block goes on in the next."""
        if not full.any():
            self._end_run(channel)
            return
        edges = np.flatnonzero(np.diff(np.concatenate([[False], full, [False]]).astype(np.int8)))
        starts, ends = edges[::2], edges[1::2]
        lengths = ends - starts
        if starts[0] == 0:
            lengths[0] += self._run[channel]
        else:
            self._end_run(channel)
        self._run[channel] = lengths[-1] if ends[-1] == len(full) else 0
        finished = lengths[:-1] if ends[-1] == len(full) else lengths
        self._clipped[channel] += finished[finished >= CLIPPED_RUN].sum()

    def _end_run(self, channel: int) -> None:
        if self._run[channel] >= CLIPPED_RUN:
            self._clipped[channel] += self._run[channel]
        self._run[channel] = 0

    def levels(self) -> list[ChannelLevels]:
        """The levels of each channel; the signal is over."""
        for channel in range(len(self._run)):
            self._end_run(channel)
        peaks, squares, lengths = self._all_pieces()
        energy = lengths @ squares
        silent = lengths @ (np.sqrt(squares) < 10 ** (SILENCE_DBFS / 20))
        return [
            ChannelLevels(
                peak_dbfs=decibels(float(peaks[:, c].max())),
                rms_dbfs=decibels(float(np.sqrt(energy[c] / self.samples))),
                dc=float(self._sum[c] / self.samples),
                clipped=float(self._clipped[c] / self.samples),
                silent=float(silent[c] / self.samples),
            )
            for c in range(len(self._run))
        ]

    def strip(self, width: int) -> list[float | None]:
        """Peak, in dBFS over all channels, of each of up to `width` equal stretches of time."""
        peaks = self._all_pieces()[0].max(axis=1)
        edges = np.linspace(0, len(peaks), min(width, len(peaks)) + 1).astype(int)
        return [decibels(float(peaks[a:b].max())) for a, b in pairwise(edges)]

    def _all_pieces(self) -> tuple[Numbers, Numbers, Numbers]:
        """(pieces, channels) peaks and mean squares, (pieces,) lengths; the last may be shorter."""
        peaks, squares = list(self._peaks), list(self._squares)
        count = sum(map(len, peaks))
        lengths = [float(self._piece)] * count
        if len(self._rest):
            peaks.append(np.abs(self._rest).max(axis=0, keepdims=True).astype(np.float64))
            squares.append(np.square(self._rest, dtype=np.float64).mean(axis=0, keepdims=True))
            lengths.append(float(len(self._rest)))
        return np.concatenate(peaks), np.concatenate(squares), np.asarray(lengths)
