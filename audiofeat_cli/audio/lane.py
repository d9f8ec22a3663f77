"""The way of one root signal from decoded samples to blocks."""

from collections.abc import Iterator

import numpy as np

from audiofeat_cli.audio.blocks import Blocks, Channels, Samples, channels_of, mix, put
from audiofeat_cli.audio.mixdown import MixMeter
from audiofeat_cli.audio.resample import Resampler

Block = tuple[str, Samples]


class Lane:
    """Choose channels, resample where asked, and cut into blocks.

    Parameters
    ----------
    root : name that the blocks carry.
    choice : channels to take.
    available : channels of the file.
    block : samples per block.
    resampler : ready for a new signal; None keeps the rate.

    Attributes
    ----------
    meter : of what a mono mix loses; None where nothing is mixed.
    """

    def __init__(
        self,
        root: str,
        choice: Channels,
        available: int,
        *,
        block: int,
        resampler: Resampler | None = None,
    ) -> None:
        self.resampler = resampler
        self.meter = MixMeter(available) if choice == "mono" and available > 1 else None
        self._root = root
        self._choice = choice
        self._channels = channels_of(choice, available)
        self._blocks = Blocks(self._channels, block)
        self._mixed = np.empty((self._channels, 0), np.float32)

    def push(self, samples: Samples, scale: float) -> Iterator[Block]:
        """Take (n, channels), of which `scale` makes full scale 1; give the blocks it fills."""
        if self.resampler is not None:
            if self._mixed.shape[1] < len(samples):
                self._mixed = np.empty((self._channels, len(samples)), np.float32)
            mixed = self._mixed[:, : len(samples)]
            self._mix(samples, scale, mixed)
            yield from self._put(self.resampler.push(mixed))
            return
        done = 0
        while done < len(samples):
            room = self._blocks.room(len(samples) - done)
            self._mix(samples[done : done + room.shape[1]], scale, room)
            done += room.shape[1]
            yield from self._named(self._blocks.count(room.shape[1]))

    def finish(self) -> Iterator[Block]:
        """What is left at the end of the signal."""
        if self.resampler is not None:
            yield from self._put(self.resampler.finish())
        yield from self._named(self._blocks.rest())

    def _mix(self, samples: Samples, scale: float, out: Samples) -> None:
        mix(samples, self._choice, scale, out)
        if self.meter is not None:
            self.meter.add(samples, scale, out[0])

    def _put(self, rows: list[Samples]) -> Iterator[Block]:
        for block in put(self._blocks, rows):
            yield self._root, block

    def _named(self, block: Samples | None) -> Iterator[Block]:
        if block is not None:
            yield self._root, block
