"""The keys of a config that are not lists: what each accepts, its default, one line about it."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Annotated, Any

from annotated_types import Interval
from pydantic import BeforeValidator, StringConstraints, WithJsonSchema

from audiofeat_cli.config.model import Channels, PadMode, Resampler, TableName
from audiofeat_cli.config.values import Described, RefusedError
from audiofeat_cli.config.windows import WINDOW_NAMES, read_window
from audiofeat_cli.step import Precision, Unit

LONGEST_WINDOW = 2**20
LONGEST_HOP = 2**24
HIGHEST_RATE = 10_000_000

REQUIRED = inspect.Parameter.empty
"""The default of a key that has none."""

_DURATION = r"^([0-9]{1,9}(\.[0-9]{0,12})?|\.[0-9]{1,12}) *(ms|s)$"

Duration = Annotated[
    str,
    StringConstraints(pattern=_DURATION),
    Described("a length such as '46.4 ms'"),
]


def _window(value: Any) -> Any:
    try:
        return read_window(value)
    except ValueError as error:
        raise RefusedError(str(error)) from None


WindowShape = Annotated[
    Any,
    BeforeValidator(_window),
    Described("the name of a window"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "examples": list(WINDOW_NAMES)},
                {"type": "array", "minItems": 1, "prefixItems": [{"type": "string"}]},
            ]
        }
    ),
]

_Rate = Annotated[int, Interval(ge=1, le=HIGHEST_RATE), Unit("Hz")]
_Size = Annotated[int, Interval(ge=1, le=LONGEST_WINDOW)]
_Hop = Annotated[int, Interval(ge=1, le=LONGEST_HOP)]


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: its type (with bounds and unit), default, and a line for docs and editors."""

    annotation: Any
    default: Any
    summary: str


SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "sample_rate": Setting(
            _Rate | None, REQUIRED, "Hz that audio is resampled to; null keeps each file's own."
        ),
        "channels": Setting(
            Channels,
            "mono",
            "Which channels are read; mono is their average, each gives a row each.",
        ),
        "resampler": Setting(Resampler, "soxr_hq", "Quality of resampling, best first."),
        "n_fft": Setting(_Size, 2048, "Length of a frame and of its FFT, in samples."),
        "win_length": Setting(
            _Size | Duration | None,
            None,
            "Length of the window, in samples or as '46.4 ms'; null is n_fft.",
        ),
        "hop_length": Setting(
            _Hop | Duration | None,
            None,
            "From one frame to the next, in samples or as '10 ms'; null is win_length // 4.",
        ),
        "window": Setting(
            WindowShape,
            "hann",
            "Shape of the window: a name of scipy.signal.get_window, or [kaiser, 8.6].",
        ),
        "center": Setting(
            bool, default=True, summary="Whether frame t is centred on sample t * hop_length."
        ),
        "pad_mode": Setting(PadMode, "constant", "How spectra go on beyond the ends of the audio."),
        "precision": Setting(
            Precision, "float64", "Of windowing and FFT; float32 is faster and less exact."
        ),
    }
)

LISTS: Mapping[str, str] = MappingProxyType(
    {
        "features": "What to compute: names, or `- mel: {n_mels: 64}`.",
        "pooling": "Statistics over the frames of a clip, or of each of its segments.",
        "segments": "Length and hop of segments: pooled rows for each instead of for the clip.",
        "tables": "Which tables are written.",
    }
)

TOP_KEYS: tuple[str, ...] = (*SETTINGS, *LISTS)
"""Every key that stands at the top of a config, in the order it is usually written."""

DEFAULT_POOLING = ("mean", "var")
DEFAULT_TABLES: tuple[TableName, ...] = ("frames", "clips")


def seconds(duration: str) -> Fraction:
    """Exact length of a `Duration` in seconds."""
    found = re.fullmatch(_DURATION, duration)
    if found is None:
        raise ValueError(duration)
    return Fraction(found[1].rstrip(".")) / (1000 if found[3] == "ms" else 1)
