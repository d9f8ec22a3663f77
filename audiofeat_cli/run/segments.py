"""Which frames a pooled row stands for: those of the whole clip, or of one segment of it.

Times are exact fractions, so that segment 100000 begins where it should.
"""

import sys
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from audiofeat_cli.config.model import Config

NEVER = sys.maxsize
"""A frame that does not come."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Segments over the frames of a clip; without a length there is one, the clip.

    Attributes
    ----------
    length, hop : of segments, s.
    rate : of the analysis signal, Hz.
    frame_hop : samples from one frame to the next.
    centre : sample that the first frame's centre lies on.
    """

    length: Fraction | None
    hop: Fraction
    rate: int
    frame_hop: int
    centre: Fraction

    @classmethod
    def of(cls, config: Config, rate: int) -> "Grid":
        """The grid of a config at the rate of its analysis signal."""
        centre = Fraction(0) if config.center else Fraction(config.n_fft, 2)
        asked = config.segments
        length, hop = (None, Fraction(1)) if asked is None else (asked.length, asked.hop)
        return cls(length, hop, rate, config.hop_length, centre)

    def frame_at(self, time: Fraction) -> int:
        """The first frame whose centre does not lie before a time."""
        return max(0, ceil((time * self.rate - self.centre) / self.frame_hop))

    def first(self, segment: int) -> int:
        """The first frame of a segment."""
        if self.length is None:
            return NEVER if segment else 0
        return self.frame_at(segment * self.hop)

    def stop(self, segment: int) -> int:
        """The first frame beyond a segment, should the clip be long enough."""
        if self.length is None:
            return NEVER
        return self.frame_at(segment * self.hop + self.length)

    def limit(self, duration: Fraction) -> int:
        """Frames that can be in a segment: a segment ends with the clip at the latest."""
        return NEVER if self.length is None else self.frame_at(duration)

    def count(self, duration: Fraction) -> int:
        """Segments of a clip: those that are there from half their length, and the first always."""
        if self.length is None:
            return 1
        return max(1, 1 + floor((duration - self.length / 2) / self.hop))

    def times(self, segment: int, duration: Fraction) -> tuple[float, float]:
        """Start and end of a segment of a clip, s."""
        if self.length is None:
            return 0.0, float(duration)
        start = segment * self.hop
        return float(start), float(min(start + self.length, duration))
