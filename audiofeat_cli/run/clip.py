"""One clip, from file to rows: decode, run the plan, pool, hand to the writer."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from audiofeat_cli.audio.decode import ANALYSIS, Audio, Decoder, Request
from audiofeat_cli.audio.discover import Clip
from audiofeat_cli.compiler import plan_at_rate
from audiofeat_cli.errors import ClipError
from audiofeat_cli.plan import Plan
from audiofeat_cli.pool import Pool
from audiofeat_cli.registry import load_features
from audiofeat_cli.step import Array
from audiofeat_cli.stream import Program
from audiofeat_cli.tables import ClipFacts, FrameRows, PartWriter

BLOCK_SAMPLES = 65536
"""Samples of a root block, rounded up to whole hops."""

ROWS_AT_ONCE = 4096
"""Frames are pooled and handed on when this many are whole, or at the end of the clip."""

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

    def __init__(self, plan: Plan, clip: Clip, rate: float, writer: PartWriter) -> None:
        self.plan = plan
        self.clip = clip
        self.rate = rate
        self.writer = writer
        self.samples = 0
        self.channels = 1
        self.done = 0
        self.seconds = 0.0
        self.nonfinite: Counter[str] = Counter()
        self.pools: dict[int, Pool] = {}
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
        ready = min(*self.counts.values(), self._grid())
        if ready - self.done >= ROWS_AT_ONCE:
            self._hand_on(ready)

    def _grid(self) -> int:
        """Frames that the samples so far make for certain."""
        config = self.plan.config
        if config.center:
            return 1 + self.samples // config.hop_length
        return max(0, 1 + (self.samples - config.n_fft) // config.hop_length)

    def finish(self) -> int:
        """All samples have come: hand on the rest, null where an output has no frame."""
        frames = self._grid() if self.samples else 0
        for output, count in self.counts.items():
            if count < frames:
                width = max(1, self.plan.outputs[output].width)
                missing = np.full((width, self.channels, frames - count), np.nan, np.float32)
                self.held[output].append(missing.T)
        if frames > self.done:
            self._hand_on(frames)
        return frames

    def _hand_on(self, stop: int) -> None:
        count = stop - self.done
        blocks = []
        for output, held in self.held.items():
            joined = held[0] if len(held) == 1 else np.concatenate(held)
            self.held[output] = [joined[count:]] if len(joined) > count else []
            blocks.append(joined[:count])
            self._pool(output, joined[:count])
        self.held_bytes = sum(b.nbytes for held in self.held.values() for b in held)
        rows = FrameRows(self.clip.path, self.done, self.rate, self.channels, count, blocks)
        before = time.perf_counter()
        self.writer.add_frames(rows)
        self.seconds += time.perf_counter() - before
        self.done = stop

    def _pool(self, output: int, block: Array) -> None:
        infinite = int(np.isinf(block).sum())
        if infinite:
            self.nonfinite[self.plan.outputs[output].alias] += infinite
        if "clips" not in self.plan.tables or not self.plan.outputs[output].pooled(("mean",)):
            return
        found = Pool.of(block)
        known = self.pools.get(output)
        self.pools[output] = found if known is None else known.merge(found)

    def clip_columns(self, values: list[Any]) -> Array:
        """(channels, clips columns) of the features, in the order of the schema."""
        groups = []
        for i, output in enumerate(self.plan.outputs):
            if output.level == "clip":
                groups.append(self._clip_level(values[i], max(1, output.width)))
            else:
                groups.append(self._pooled(i, max(1, output.width)))
        return np.concatenate(groups, axis=1)

    def _clip_level(self, value: Any, width: int) -> Array:
        value = np.atleast_2d(np.asarray(value, dtype=np.float64))
        return np.broadcast_to(value, (self.channels, width))

    def _pooled(self, output: int, width: int) -> Array:
        statistics = self.plan.outputs[output].pooled(self.plan.config.pooling)
        pool = self.pools.get(output)
        if pool is None:
            empty = np.full((self.channels, width, len(statistics)), np.nan)
            empty[..., [s == "n_valid" for s in statistics]] = 0
            return empty.reshape(self.channels, -1)
        found = np.stack([pool.statistic(s) for s in statistics])
        return found.T.reshape(self.channels, -1)


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
        with self.decoder.open(clip.file) as audio:
            opened = time.perf_counter() - started
            rate = self.plan.config.sample_rate or audio.sample_rate
            rows = _Rows(self.plan, clip, rate, writer)
            source = _Timed(audio, rows)
            values = self._program(audio.sample_rate).run(source, rows)
            frames = rows.finish()
            facts = ClipFacts(
                path=clip.path,
                duration=audio.frames / audio.sample_rate,
                sample_rate=audio.sample_rate,
                channels=audio.channels,
                frames=frames,
                truncated=audio.truncated,
            )
        columns = rows.clip_columns(values)
        before = time.perf_counter()
        writer.end_clip(facts, columns)
        finished = time.perf_counter()
        stats = ClipStats(facts.duration, frames, source.seconds + opened)
        stats.write_seconds = rows.seconds + finished - before
        stats.compute_seconds = finished - started - stats.decode_seconds - stats.write_seconds
        stats.nonfinite = dict(rows.nonfinite)
        stats.upsampled = facts.sample_rate < rate
        return stats

    def _program(self, file_rate: int) -> Program:
        key = file_rate if self.plan.depends_on_file_rate else 0
        if key not in self.programs:
            while len(self.programs) >= PROGRAMS_KEPT:
                self.programs.pop(next(iter(self.programs)))
            plan = plan_at_rate(self.plan, load_features(), file_rate)
            self.programs[key] = Program(plan)
        return self.programs[key]
