"""What an audio file says of itself: container, format, length, tags."""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import soundfile as sf

from audiofeat_cli.audio.decode import Audio

_TAGS = (
    *("title", "artist", "album", "tracknumber", "date", "genre"),
    *("comment", "copyright", "license", "software"),
)
_LONGEST_TAG = 1000
_LOSSLESS = re.compile(r"(?:PCM|ALAC)_[SU]?(\d+)|FLOAT|DOUBLE")
_LOSSY = re.compile(r"MPEG_|VORBIS|OPUS|ULAW|ALAW|GSM|G72|VOX|NMS|\w*ADPCM|DPCM_|DWVW")


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file says of itself, and what came out of it.

    Attributes
    ----------
    bits : per sample as stored; None where that has no meaning (MP3, Ogg Vorbis).
    lossless : whether the samples are those that were encoded; None for a rare format.
    frames : samples per channel; `duration` in s. Decoded ones, or what the file says where it was
        not decoded whole.
    size : bytes.
    bit_rate : bits per second, all of the file; None for an empty one.
    truncated : None where it cannot be known.
    tags : title, artist and the like, as far as libsndfile reads them.
    """

    format: str
    subtype: str
    bits: int | None
    lossless: bool | None
    sample_rate: int
    channels: int
    frames: int
    duration: float
    size: int
    bit_rate: int | None
    truncated: bool | None
    tags: Mapping[str, str]


def file_facts(audio: Audio, *, frames: int | None = None) -> FileFacts:
    """Facts of a file whose `blocks` have run through; else `frames` are what it says it has."""
    count = audio.frames if frames is None else frames
    duration = count / audio.sample_rate
    size = os.stat(audio.file).st_size  # noqa: PTH116 - names that are not UTF-8
    return FileFacts(
        format=audio.format,
        subtype=audio.subtype,
        bits=stored_bits(audio.subtype),
        lossless=is_lossless(audio.subtype),
        sample_rate=audio.sample_rate,
        channels=audio.channels,
        frames=count,
        duration=duration,
        size=size,
        bit_rate=round(size * 8 / duration) if duration else None,
        truncated=audio.truncated,
        tags=read_tags(audio.file),
    )


def stored_bits(subtype: str) -> int | None:
    """Bits of a sample as libsndfile names its encoding; None for one that keeps no samples."""
    found = _LOSSLESS.fullmatch(subtype)
    if found is None:
        return None
    return int(found[1]) if found[1] else {"FLOAT": 32, "DOUBLE": 64}[subtype]


def is_lossless(subtype: str) -> bool | None:
    """Whether an encoding keeps every sample; None where that is not known."""
    if _LOSSLESS.fullmatch(subtype):
        return True
    return False if _LOSSY.match(subtype) else None


def read_tags(file: str) -> dict[str, str]:
    """Title, artist and the like; nothing where there are none, or the file cannot be opened."""
    try:
        with sf.SoundFile(file if sys.platform == "win32" else os.fsencode(file)) as handle:
            found = handle.copy_metadata()
    except (sf.LibsndfileError, OSError):
        return {}
    return {name: found[name][:_LONGEST_TAG] for name in _TAGS if found.get(name)}


def declared_frames(file: str) -> int:
    """Samples per channel that libsndfile expects, a guess for some files; 0 where it has none."""
    try:
        with sf.SoundFile(file if sys.platform == "win32" else os.fsencode(file)) as handle:
            count = int(handle.frames)
    except (sf.LibsndfileError, OSError):
        return 0
    return count if count < 1 << 62 else 0
