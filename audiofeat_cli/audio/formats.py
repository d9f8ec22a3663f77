"""What libsndfile reads here: each format is tried on a sound made for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np
import soundfile as sf
import soxr
from numpy.typing import NDArray

from audiofeat_cli.audio.decode import ANALYSIS, Decoder, Request
from audiofeat_cli.errors import ClipError

RATE = 48000
SECONDS = 0.2
FREQUENCY = 480.0
AMPLITUDE = 0.5

FORMATS: Mapping[str, tuple[str, Sequence[str]]] = MappingProxyType(
    {
        "WAV": ("wav", ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "ULAW", "ALAW")),
        "RF64": ("rf64", ("PCM_16",)),
        "W64": ("w64", ("PCM_16",)),
        "AIFF": ("aiff", ("PCM_16", "PCM_24")),
        "CAF": ("caf", ("PCM_16", "ALAC_16")),
        "AU": ("au", ("PCM_16",)),
        "NIST": ("nist", ("PCM_16",)),
        "FLAC": ("flac", ("PCM_16", "PCM_24")),
        "OGG": ("ogg", ("VORBIS", "OPUS")),
        "MP3": ("mp3", ("MPEG_LAYER_III",)),
    }
)
"""Ending and codecs of each container, as libsndfile calls them."""

_LOSSY = frozenset({"VORBIS", "OPUS", "MPEG_LAYER_III"})
_MOST_OFF = 0.05
"""Of the level; 8 bits and lossy codecs come within 2 %."""


Outcome = Literal["read", "broken", "absent", "untried"]


@dataclass(frozen=True, slots=True)
class Trial:
    """One format.

    Attributes
    ----------
    outcome : `absent` where libsndfile was built without it, `untried` where nothing encodes it.
    problem : in words; empty where it was read.
    """

    container: str
    codec: str
    outcome: Outcome = "read"
    problem: str = ""


def native_versions() -> Mapping[str, str]:
    """Versions of the C libraries that decode and resample."""
    return {
        "libsndfile": str(sf.__libsndfile_version__),
        "libsoxr": str(soxr.__libsoxr_version__).removeprefix("libsoxr-"),
    }


def tone() -> NDArray[np.float32]:
    """A sine that every format holds."""
    phase = 2 * np.pi * FREQUENCY * np.arange(round(RATE * SECONDS)) / RATE
    return np.asarray(AMPLITUDE * np.sin(phase), dtype=np.float32)


def write_flac(file: Path, samples: NDArray[np.float32], rate: int) -> None:
    """Write (n,) or (n, channels) samples with 24 bits."""
    sf.write(file, samples, rate, subtype="PCM_24", format="FLAC")


def try_formats(folder: Path) -> Iterator[Trial]:
    """Encode the tone in each format into `folder`, and decode it as a run would."""
    samples = tone()
    for container, (ending, codecs) in FORMATS.items():
        for codec in codecs:
            file = folder / f"{codec}.{ending}"
            if not sf.check_format(container, codec):
                yield Trial(container, codec, "absent", "is not in this libsndfile")
                continue
            try:
                sf.write(file, samples, RATE, subtype=codec, format=container)
            except sf.LibsndfileError as error:
                yield Trial(container, codec, "untried", f"cannot be encoded here: {error}")
                continue
            problem = _problem(file, len(samples), is_lossy=codec in _LOSSY)
            yield Trial(container, codec, "broken" if problem else "read", problem)


def _problem(file: Path, expected: int, *, is_lossy: bool) -> str:
    """What is wrong with what a file decodes to; empty where nothing is."""
    request = Request(None, "mono", "soxr_hq", expected, allow_truncated=False)
    try:
        with Decoder(request).open(str(file)) as audio:
            samples = np.concatenate([block for _, block in audio.blocks(frozenset({ANALYSIS}))])
    except ClipError as error:
        return error.message
    if len(samples) < expected or (len(samples) > expected and not is_lossy):
        return f"decodes to {len(samples)} samples instead of {expected}"
    middle = samples[expected // 4 : 3 * expected // 4].astype(np.float64)
    level = float(np.sqrt(2 * np.mean(middle**2)))
    if abs(level / AMPLITUDE - 1) > _MOST_OFF:
        return f"decodes to an amplitude of {level:.3f} instead of {AMPLITUDE:g}"
    return ""
