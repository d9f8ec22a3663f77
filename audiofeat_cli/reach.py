"""How far a step looks in time, and where its outputs lie."""

from dataclasses import dataclass
from fractions import Fraction as Ratio
from typing import Literal


@dataclass(frozen=True, slots=True)
class Reach:
    """Which input items an output needs: output t reads [t*stride - left, t*stride + right).

    Attributes
    ----------
    edges : how a stream is continued beyond its ends: a mode of `numpy.pad` (zeros for
        `constant`), or `cut`: the step is given what there is and a `Span` that says where it is.
    count : outputs for n input items: `same` is n, `centered` is 1 + n // stride (librosa's rule),
        `valid` is as many as fit without padding.
    located : whether the step is also given a `Span`; always so where edges are `cut`.
    """

    stride: int | Ratio = 1
    left: int = 0
    right: int = 1
    edges: str = "constant"
    count: Literal["same", "centered", "valid"] = "same"
    located: bool = False

    def outputs(self, n: int) -> int:
        """Number of outputs of a finished stream of `n` items."""
        if self.count == "same" or n == 0:
            return n
        if self.count == "centered":
            return 1 + int(n // self.stride)
        return max(0, 1 + int((n - self.left - self.right) // self.stride))

    def position(self, t: int) -> int:
        """Input item at which output `t` stands."""
        return t * self.stride if isinstance(self.stride, int) else round(t * self.stride)


POINT = Reach()


@dataclass(frozen=True, slots=True)
class Span:
    """Where the outputs asked of a step lie in its stream and in the items it was given.

    Attributes
    ----------
    first : index of the first output wanted, counted from the start of the clip.
    count : how many outputs are wanted.
    offset : index, within the items given, at which the first output stands.
    at_start, at_end : whether what the outputs read begins with the stream's first item or before,
        and ends with its last one or beyond (where it ends just there, that may not be known yet).
    """

    first: int
    count: int
    offset: int
    at_start: bool
    at_end: bool
