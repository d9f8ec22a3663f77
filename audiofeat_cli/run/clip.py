"""One clip, from file to rows: decode, run the plan, pool, hand to the writer."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from audiofeat_cli.audio.decode import ANALYSIS, Audio, Decoder, Request
from audiofeat_cli.audio.discover import Clip
from audiofeat_cli.errors import ClipError
from audiofeat_cli.plan import Plan
from audiofeat_cli.rows import ClipFacts, ClipRows, FrameRows, events_of
from audiofeat_cli.run.pooling import ClipPool
from audiofeat_cli.run.segments import Grid
from audiofeat_cli.run.spill import Spill
from audiofeat_cli.step import Array
from audiofeat_cli.stream import Program
from audiofeat_cli.tables import PartWriter

BLOCK_SAMPLES = 131072
"""Samples of a root block, rounded up to whole hops."""

ROWS_AT_ONCE = 4096
"""Frames are pooled and handed on so many at a time, and the rest at the end of the clip."""

SLACK = 16
"""Samples that a resampled clip may, by far, be longer or shorter than its file says."""

PROGRAMS_KEPT = 4
"""File rates whose constants a worker remembers."""


@dataclass
class ClipStats:
    """What one clip took."""

    audio_seconds: float = 0.0
    frames: int = 0
    decode_seconds: float = 0.0
    compute_seconds: float = 0.0
    write_seconds: float = 0.0
    nonfinite: dict[str, int] = field(default_factory=dict)
    upsampled: bool = False
    antiphase: bool = False


class _Timed:
    """The engine's source: blocks of a decoded file, timed and counted."""

    def __init__(self, audio: Audio, rows: "_Rows") -> None:
        self.audio = audio
        self.rows = rows
        self.seconds = 0.0

    def blocks(self, roots: frozenset[str]) -> Iterator[tuple[str, Array]]:
        self.rows.samples = 0
        reader = self.audio.blocks(roots)
        while True:
            before = time.perf_counter()
            block = next(reader, None)
            self.seconds += time.perf_counter() - before
            if block is None:
                return
            if block[0] == ANALYSIS:
                self.rows.samples += len(block[1])
                self.rows.channels = block[1].shape[1]
            yield block


class _Rows:
    """The engine's sink: lines the outputs up into rows, pools them and hands them on."""

    def __init__(self, plan: Plan, clip: Clip, rate: int, writer: PartWriter, spill: Spill) -> None:
        self.plan = plan
        self.clip = clip
        self.rate = rate
        self.writer = writer
        self.samples = 0
        self.channels = 1
        self.done = 0
        self.seconds = 0.0
        self.nonfinite: Counter[str] = Counter()
        self.pooled = [i for i in plan.frame_outputs if plan.outputs[i].pooled(plan.config.pooling)]
        self.pool = ClipPool(plan.config.pooling, Grid.of(plan.config, rate), spill)
        self.restart()

    def restart(self) -> None:
        self.held: dict[int, list[Array]] = {i: [] for i in self.plan.frame_outputs}
        self.counts = dict.fromkeys(self.plan.frame_outputs, 0)
        self.held_bytes = 0

    def put(self, output: int, block: Array) -> None:
        expected = max(1, self.plan.outputs[output].width)
        if block.shape[2:] != (expected,):
            name = self.plan.outputs[output].feature
            message = f"{name}: gave {block.shape[2:]} values a frame, {expected} were declared"
            raise ClipError("compute", "defect", message)
        known = max(0, self.done - self.counts[output])
        self.counts[output] += len(block)
        block = block[known:]
        self.held[output].append(block)
        self.held_bytes += block.nbytes
        # Not those at the very end: whether their centres lie in the clip is not known yet.
        ready = min(*self.counts.values(), self._grid(max(0, self.samples - SLACK)))
        while ready - self.done >= ROWS_AT_ONCE:
            self._hand_on(self.done + ROWS_AT_ONCE)

    def _grid(self, samples: int) -> int:
        """Frames that so many samples make."""
        config = self.plan.config
        if config.center:
            return 1 + samples // config.hop_length
        return max(0, 1 + (samples - config.n_fft) // config.hop_length)

    def finish(self, duration: Fraction) -> int:
        """All samples have come: hand on the rest, null where an output has no frame."""
        frames = self._grid(self.samples) if self.samples else 0
        for output, count in self.counts.items():
            if count < frames:
                width = max(1, self.plan.outputs[output].width)
                missing = np.full((width, self.channels, frames - count), np.nan, np.float32)
                self.held[output].append(missing.T)
        self.pool.limit = self.pool.grid.limit(duration)
        if frames > self.done:
            self._hand_on(frames)
        if "clips" in self.plan.tables:
            self.pool.finish(duration, self._together([], 0))
        return frames

    def _hand_on(self, stop: int) -> None:
        count = stop - self.done
        blocks = {}
        for output, held in self.held.items():
            joined = held[0] if len(held) == 1 else np.concatenate(held)
            self.held[output] = [joined[count:]] if len(joined) > count else []
            blocks[output] = _for_channels(joined[:count], self.channels)
            infinite = int(np.count_nonzero(np.isinf(blocks[output])))
            if infinite:
                self.nonfinite[self.plan.outputs[output].alias] += infinite
        self.held_bytes = sum(b.nbytes for held in self.held.values() for b in held)
        if "clips" in self.plan.tables:
            self.pool.add(self._together([blocks[i] for i in self.pooled], count))
        rows = FrameRows(
            self.clip.path, self.done, self.rate, self.channels, count, list(blocks.values())
        )
        before = time.perf_counter()
        self.writer.add_frames(rows)
        self.seconds += time.perf_counter() - before
        self.done = stop

    def _together(self, blocks: Sequence[Array], count: int) -> Array:
        """(frames, channels, values of all pooled outputs)."""
        if len(blocks) == 1:
            return blocks[0]
        if blocks:
            return np.concatenate([block.T for block in blocks]).T
        values = sum(max(1, self.plan.outputs[i].width) for i in self.pooled)
        return np.empty((values, self.channels, count), np.float32).T

    def add_events(self, values: list[Any]) -> None:
        """Hand on the events of the clip, kind by kind and channel by channel."""
        for output, value in zip(self.plan.outputs, values, strict=True):
            if output.level == "event":
                for rows in events_of(self.clip.path, output.alias, value):
                    self.writer.add_events(rows)

    def clip_rows(self, facts: ClipFacts, values: list[Any], end: Fraction) -> Iterator[ClipRows]:
        """The clip's rows in the clips table, some at a time."""
        for spans, pooled in self.pool.rows(end):
            blocks = []
            left = pooled
            for i, output in enumerate(self.plan.outputs):
                if output.level == "clip":
                    block = self._clip_level(values[i], max(1, output.width), len(spans))
                else:
                    count = len(output.pooled(self.plan.config.pooling))
                    block, left = np.split(left, [max(1, output.width) * count])
                blocks.append(block)
            yield ClipRows(facts, self.channels, spans, blocks)

    def _clip_level(self, value: Any, width: int, spans: int) -> Array:
        """(width, channels, spans) of a value of the clip, or one for each of its channels."""
        value = np.atleast_2d(np.asarray(value, dtype=np.float64))
        value = np.broadcast_to(value, (self.channels, width)).T
        return np.broadcast_to(value[..., np.newaxis], (width, self.channels, spans))


def _for_channels(block: Array, channels: int) -> Array:
    """What is one value for all channels together, for each of them."""
    if block.shape[1] == channels:
        return block
    return np.broadcast_to(block, (len(block), channels, block.shape[2]))


class ClipExtractor:
    """Extracts clip after clip with one plan: constants, decoder and filters stay warm."""

    def __init__(self, plan: Plan, *, allow_truncated: bool = False) -> None:
        self.plan = plan
        hop = plan.config.hop_length
        block = hop * -(-BLOCK_SAMPLES // hop)
        config = plan.config
        self.decoder = Decoder(
            Request(config.sample_rate, config.channels, config.resampler, block, allow_truncated)
        )
        self.programs: dict[int, Program] = {}

    def extract(self, clip: Clip, writer: PartWriter) -> ClipStats:
        """Put the rows of a clip into the writer.

        Raises
        ------
        ClipError : the clip cannot be done; nothing of it is left in the writer.
        """
        try:
            return self._extract(clip, writer)
        except BaseException:
            writer.drop_clip()
            raise

    def _extract(self, clip: Clip, writer: PartWriter) -> ClipStats:
        started = time.perf_counter()
        with self.decoder.open(clip.file) as audio, Spill(writer.folder) as spill:
            opened = time.perf_counter() - started
            rate = self.plan.config.sample_rate or audio.sample_rate
            rows = _Rows(self.plan, clip, rate, writer, spill)
            source = _Timed(audio, rows)
            values = self._program(audio.sample_rate).run(source, rows)
            facts = ClipFacts(
                path=clip.path,
                duration=audio.duration,
                sample_rate=audio.sample_rate,
                channels=audio.channels,
                truncated=audio.truncated,
            )
            duration = Fraction(audio.frames, audio.sample_rate)
            frames = rows.finish(duration)
            before = time.perf_counter()
            rows.add_events(values)
            writer.end_clip(rows.clip_rows(facts, values, duration))
        finished = time.perf_counter()
        stats = ClipStats(facts.duration, frames, source.seconds + opened)
        stats.write_seconds = rows.seconds + finished - before
        stats.compute_seconds = finished - started - stats.decode_seconds - stats.write_seconds
        stats.nonfinite = dict(rows.nonfinite)
        stats.upsampled = facts.sample_rate < rate
        stats.antiphase = audio.is_antiphase
        return stats

    def _program(self, file_rate: int) -> Program:
        key = file_rate if self.plan.depends_on_file_rate else 0
        if key not in self.programs:
            while len(self.programs) >= PROGRAMS_KEPT:
                self.programs.pop(next(iter(self.programs)))
            self.programs[key] = Program(self._plan_at(file_rate))
        return self.programs[key]

    def _plan_at(self, file_rate: int) -> Plan:
        """The plan for files of this rate."""
        if not self.plan.depends_on_file_rate:
            return self.plan
        from audiofeat_cli.compiler import plan_at_rate  # with all features, which take a while
        from audiofeat_cli.registry import load_features

        return plan_at_rate(self.plan, load_features(), file_rate)
