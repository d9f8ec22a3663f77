"""What is known about the wholeness of a file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a file is cut: True and False are proven, None is not knowable (yet).

    `reason` says how much is there of how much, or what is odd. `counted` is False for a file whose
    length is nowhere written, so that what a decoder calls its length is a guess; `samples` per
    channel were then counted instead, if that could be done. `data` is (first byte, bytes) of the
    samples where their chunk was found and is whole.
    """

    truncated: bool | None
    reason: str = ""
    counted: bool = True
    samples: int = 0
    data: tuple[int, int] = (0, 0)


WHOLE = Verdict(truncated=False)
UNKNOWN = Verdict(truncated=None)


def cut(reason: str) -> Verdict:
    """A file that is proven to be cut."""
    return Verdict(truncated=True, reason=reason)
