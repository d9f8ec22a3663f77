"""Forms batches out of the clips that are found, while more are being found."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from audiofeat_cli.audio.discover import Clip
from audiofeat_cli.audio.names import extension
from audiofeat_cli.run.jobs import BatchJob, Settings

MAX_CLIPS: Final = 1024
MAX_WEIGHT: Final = 256 * 2**20
FIRST_WEIGHT: Final = 16 * 2**20
LEAST_WEIGHT: Final = 16 * 2**20
"""Near the end, batches get smaller, so that all workers end together, but not below this."""

CLIP_WEIGHT: Final = 2**16
"""What a clip costs however short it is, in bytes."""

AHEAD: Final = 50_000
"""Clips that are looked for in advance, so that the time left can be told; some 20 MB of them."""

LOOK: Final = 256
"""Clips looked for at a time while workers are busy."""

_COMPRESSION = {"flac": 2, "caf": 2, "mp3": 8, "ogg": 8, "oga": 8, "opus": 8}


def weight(clip: Clip) -> int:
    """Bytes that it might be if it were not compressed: a guess at the work."""
    return CLIP_WEIGHT + clip.size * _COMPRESSION.get(extension(clip.below), 1)


class Batches:
    """Iterate over batches: small ones first, so that the first parts come early.

    Parameters
    ----------
    clips : where they come from; taken from as needed.
    workers : how many batches are in work at a time.
    names : numbers that the batches are named by.
    found : told of each clip taken, and its weight.
    """

    def __init__(
        self,
        clips: Iterator[Clip],
        settings: Settings,
        *,
        workers: int,
        names: Iterator[int],
        found: Callable[[Clip, int], object],
    ) -> None:
        self._clips = clips
        self._settings = settings
        self._workers = max(1, workers)
        self._found = found
        self._names = names
        self._waiting: deque[tuple[Clip, int]] = deque()
        self._weight = 0
        self.exhausted = False

    def look_ahead(self) -> bool:
        """Look for some more clips; whether there is a point in looking for more yet."""
        if len(self._waiting) < AHEAD:
            self._take(LOOK)
        return not self.exhausted and len(self._waiting) < AHEAD

    def _take(self, most: int) -> None:
        for _ in range(most):
            clip = next(self._clips, None)
            if clip is None:
                self.exhausted = True
                return
            heavy = weight(clip)
            self._found(clip, heavy)
            self._waiting.append((clip, heavy))
            self._weight += heavy

    def __iter__(self) -> Iterator[BatchJob]:
        for step, number in enumerate(self._names):
            limit = min(MAX_WEIGHT, FIRST_WEIGHT << min(8, step // self._workers))
            while not self.exhausted and not self._enough(limit):
                self._take(LOOK)
            if not self._waiting:
                return
            if self.exhausted:
                share = self._weight // (2 * self._workers)
                limit = min(limit, max(share, LEAST_WEIGHT))
            yield BatchJob(f"{number:06d}", tuple(self._cut(limit)), self._settings)

    def _enough(self, limit: int) -> bool:
        """Whether a batch of `limit` can be cut with as much again left for the other workers."""
        return self._weight >= 2 * limit or len(self._waiting) >= 2 * MAX_CLIPS

    def _cut(self, limit: int) -> Iterator[Clip]:
        taken = 0
        for _ in range(min(MAX_CLIPS, len(self._waiting))):
            heavy = self._waiting[0][1]
            if taken and taken + heavy > limit:
                return
            taken += heavy
            self._weight -= heavy
            yield self._waiting.popleft()[0]
