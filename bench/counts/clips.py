"""Counts of one clip."""

import tempfile
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile as sf

from audiofeat_cli.audio.discover import Clip, discover
from audiofeat_cli.explain.counting import TransformCounter
from audiofeat_cli.plan import Plan
from audiofeat_cli.run.clip import ClipExtractor
from audiofeat_cli.stream import Program
from audiofeat_cli.tables import PartWriter

from .arrays import counted

RATE = 44100
LENGTHS = (10, 60)


@dataclass(frozen=True)
class Counts:
    """What one clip of so many seconds takes."""

    seconds: int
    frames: int
    ffts: int
    nodes: int
    calls: int
    arrays: int
    array_bytes: int
    peak_bytes: int


class Calls:
    """Counts what a program's nodes are given to do."""

    def __init__(self, program: Program) -> None:
        self.count = 0
        for bound in program.bound:
            bound.call = self._counted(bound.call)
            if bound.finish is not None:
                bound.finish = self._counted(bound.finish)

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*arguments: Any) -> Any:
            self.count += 1
            return call(*arguments)

        return counting


@cache
def made(seconds: int) -> npt.NDArray[np.float32]:
    """(samples, 2): a harmonic tone struck twice a second, over a little noise."""
    t = np.arange(seconds * RATE) / RATE
    tone = sum(np.sin(2 * np.pi * 220 * k * t) / k for k in range(1, 6))
    struck = 0.3 * np.exp(-6 * np.mod(t, 0.5)) * tone
    noise = 0.01 * np.random.default_rng(0).standard_normal((2, len(t)))
    return np.asarray(np.stack([struck, 0.7 * struck], axis=1) + noise.T, np.float32)


def measure(plan: Plan, lengths: Sequence[int] = LENGTHS) -> Iterator[Counts]:
    """Counts of one clip of each length, in seconds, after one that warms everything."""
    with tempfile.TemporaryDirectory() as temporary:
        clips = []
        for seconds in lengths:
            file = Path(temporary) / f"{seconds}.wav"
            sf.write(file, made(seconds), RATE, subtype="PCM_16")
            (clip,) = discover([str(file)])
            assert isinstance(clip, Clip)
            clips.append(clip)
        extractor = ClipExtractor(plan)
        extractor.extract(clips[0], PartWriter(plan, Path(temporary) / "first", "first"))
        (program,) = extractor.programs.values()
        calls = Calls(program)
        for seconds, clip in zip(lengths, clips, strict=True):
            writer = PartWriter(plan, Path(temporary) / str(seconds), "counts")
            yield _of_one(extractor, clip, writer, calls)


def _of_one(extractor: ClipExtractor, clip: Clip, writer: PartWriter, calls: Calls) -> Counts:
    transforms, before = TransformCounter(), calls.count
    tracemalloc.start()
    try:
        with transforms.counting(), counted() as arrays:
            stats = extractor.extract(clip, writer)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return Counts(
        seconds=round(stats.audio_seconds),
        frames=stats.frames,
        ffts=transforms.count,
        nodes=len(extractor.plan.nodes),
        calls=calls.count - before,
        arrays=arrays.blocks,
        array_bytes=arrays.bytes,
        peak_bytes=peak,
    )
