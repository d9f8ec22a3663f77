"""A config once it is known to be right: plain, frozen, picklable.

Workers import this; they need neither PyYAML nor pydantic for it.
"""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal

from audiofeat_cli.step import Precision, Window

Channels = Literal["mono", "left", "right", "mid", "side", "each"]
Resampler = Literal["soxr_vhq", "soxr_hq", "soxr_mq", "soxr_lq", "soxr_qq"]
PadMode = Literal["constant", "edge", "reflect", "symmetric"]
TableName = Literal["frames", "clips"]


@dataclass(frozen=True, slots=True)
class FeatureRequest:
    """One entry of `features`.

    Attributes
    ----------
    feature : registered name.
    alias : first part of its columns: `as`, or the feature's name.
    parameters : those that were given, of the declared types, sorted by name.
    """

    feature: str
    alias: str
    parameters: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Segments:
    """Length and hop, in s, of the segments that pooled rows stand for."""

    length_s: float
    hop_s: float

    @property
    def length(self) -> Fraction:
        """The length, exactly as it was written."""
        return Fraction(repr(self.length_s))

    @property
    def hop(self) -> Fraction:
        """The hop, exactly as it was written."""
        return Fraction(repr(self.hop_s))


@dataclass(frozen=True, slots=True)
class Config:
    """What a run does. Lengths are in samples, whatever the YAML said.

    Attributes
    ----------
    name : of the file without its suffix; no part of equality.
    sample_rate : Hz; None keeps each file's own.
    notes : what was rounded, and warnings; no part of equality.
    """

    name: str = field(compare=False)
    sample_rate: int | None
    channels: Channels
    resampler: Resampler
    n_fft: int
    win_length: int
    hop_length: int
    window: Window
    center: bool
    pad_mode: PadMode
    precision: Precision
    features: tuple[FeatureRequest, ...]
    pooling: tuple[str, ...]
    segments: Segments | None
    tables: tuple[TableName, ...]
    notes: tuple[str, ...] = field(default=(), compare=False)


def with_rate(config: Config, rate: int) -> Config:
    """The config of a file at `rate` Hz, where `sample_rate` is null."""
    return replace(config, sample_rate=rate)
