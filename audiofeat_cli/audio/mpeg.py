"""Whether MPEG audio (MP1, MP2, MP3) is cut.

Proven by fewer frames than a Xing, Info or VBRI header says, or by a last frame that is not whole.
Most files have no such header; cut between two frames, they cannot be told from whole ones.
"""

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from audiofeat_cli.audio.rawfile import RawFile
from audiofeat_cli.audio.verdict import UNKNOWN, Verdict, cut

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Bits that stay the same in all frames of a stream: sync, version, layer, sampling rate.
_SAME = 0xFFFE0C00
_SYNC = 0xFFE00000
# Bits that decide how long a frame is: those, bit rate and padding.
_LENGTH = 0xFFFEFE00
_WORD = struct.Struct(">I")
_SEARCHED = 1 << 16
_CHAIN = 3
_WALKED = 1 << 20
_APE_FOOTER = 32
_ID3V1 = 128
# kbit/s by index 1..14, for (MPEG 1, layer) and for MPEG 2 and 2.5.
_RATES = {
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLING = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


class LongFile(io.RawIOBase):
    """An MPEG file from its first frame on that claims to be longer than it is, for libsndfile.

    Of a file without a Xing header, libsndfile decodes no more than the length that it guesses from
    the first frames. After a dense beginning that is far too short; this makes it long enough.
    """

    _FACTOR = 64  # more than the highest bit rate over the lowest

    def __init__(self, file: str, start: int) -> None:
        self._file = io.FileIO(file)
        self._start = start
        self._size = self._file.seek(0, io.SEEK_END) - start
        self._position = 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, which may lie behind the end."""
        bases = {io.SEEK_CUR: self._position, io.SEEK_END: self._size * self._FACTOR}
        self._position = offset + bases.get(whence, 0)
        return self._position

    def tell(self) -> int:
        """Place of the next read."""
        return self._position

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """What the file holds here; then its end; behind that zeros, where a tag is looked for."""
        view = memoryview(buffer)
        if self._position > self._size:
            view[:] = bytes(len(view))
            count = len(view)
        else:
            self._file.seek(self._start + self._position)
            count = self._file.readinto(view)
        self._position += count
        return count

    def close(self) -> None:
        """Close the file beneath."""
        self._file.close()
        super().close()


@dataclass(frozen=True, slots=True)
class _Stream:
    """Where the frames are, and what the first of them says."""

    start: int
    end: int
    header: int
    counted: tuple[int, int] | None
    """Frames after the first and bytes with it, as a Xing, Info or VBRI header says; 0: unsaid."""


def examine(raw: RawFile) -> Verdict:
    """Whether MPEG audio is cut. Not for other files: their bytes may look like frames."""
    start = _after_tags(raw)
    if start > raw.size:
        return cut(f"{raw.size:,} of {start:,} bytes of its ID3 tag are there")
    end = _before_tags(raw)
    searched = raw.at(start, max(min(_SEARCHED, end - start), 0))
    first = _first_frame(searched, is_all=len(searched) == end - start)
    if first is None:
        return UNKNOWN
    at = start + first
    frame = raw.at(at, 512)
    (header,) = _WORD.unpack_from(frame)
    stream = _Stream(at, end, header, _said(frame, header))
    return _by_frames(raw, stream) if stream.counted is None else _by_count(raw, stream)


def _by_count(raw: RawFile, stream: _Stream) -> Verdict:
    frames, size = stream.counted or (0, 0)
    if size and stream.end - stream.start >= size:
        return Verdict(truncated=False)
    there = max(0, _walk(raw, stream)[0] - 1)
    # Some writers count their header as a frame; only the bytes can tell that from a cut.
    if there >= frames or (not size and there == frames - 1):
        return Verdict(truncated=False)
    return cut(f"{there:,} of {frames:,} frames are there ({there / frames:.0%})")


def _by_frames(raw: RawFile, stream: _Stream) -> Verdict:
    frames, missing = _walk(raw, stream)
    version, layer = stream.header >> 19 & 3, 4 - (stream.header >> 17 & 3)
    samples = frames * (384 if layer == 1 else 576 if layer == 3 and version != 3 else 1152)
    found = (stream.start, stream.end - stream.start)
    if missing:
        reason = f"its last frame lacks {missing} bytes"
        return Verdict(truncated=True, reason=reason, counted=False, samples=samples, data=found)
    return Verdict(truncated=None, counted=False, samples=samples, data=found)


def _walk(raw: RawFile, stream: _Stream) -> tuple[int, int]:
    """Whole frames from the first to the end, and the bytes that a cut last one lacks."""
    lengths = _lengths()
    same = stream.header & _SAME
    count = 0
    run = _CHAIN  # frames in a row; after junk, one alone may be chance
    position = stream.start
    while position + 4 <= stream.end:
        data = raw.at(position, min(_WALKED, stream.end - position))
        last = len(data) - 4
        at = 0
        while at <= last:
            (word,) = _WORD.unpack_from(data, at)
            length = lengths.get(word & _LENGTH, 0)
            if length and word & _SAME == same:
                at += length
                count += 1
                run += 1
            else:
                at = _next_sync(data, at + 1)
                run = 0
        position += at
        if len(data) < 4:
            break
    if run < _CHAIN:
        return count, 0
    if position > stream.end:
        return count - 1, position - stream.end
    rest = raw.at(position, stream.end - position)
    is_frame = rest != b"" and _WORD.pack(stream.header).startswith(rest[:2])
    return count, 4 - len(rest) if is_frame else 0


def _next_sync(data: bytes, position: int) -> int:
    found = data.find(b"\xff", position)
    return len(data) if found < 0 else found


def _first_frame(data: bytes, *, is_all: bool) -> int | None:
    """Place of the first frame: one that another follows, or that the file ends with."""
    lengths = _lengths()
    position = 0
    while (position := data.find(b"\xff", position)) >= 0 and position + 4 <= len(data):
        (word,) = _WORD.unpack_from(data, position)
        after = position + lengths.get(word & _LENGTH, 0)
        if after == position:
            is_frame = False
        elif after + 4 > len(data):
            is_frame = is_all
        else:
            is_frame = (_WORD.unpack_from(data, after)[0] ^ word) & _SAME == 0
        if is_frame:
            return position
        position += 1
    return None


def _said(frame: bytes, header: int) -> tuple[int, int] | None:
    """Frames and bytes of the whole stream that its first frame declares, if it does."""
    is_first = header >> 19 & 3 == 3
    is_mono = header >> 6 & 3 == 3
    side = ((17 if is_mono else 32) if is_first else (9 if is_mono else 17)) + 4
    for offset in (side, side + 2):
        if frame[offset : offset + 4] in {b"Xing", b"Info"} and len(frame) >= offset + 16:
            flags, *values = struct.unpack_from(">III", frame, offset + 4)
            frames = values.pop(0) if flags & 1 else 0
            return (frames, values[0] if flags & 2 else 0) if frames else None
    if frame[36:40] == b"VBRI" and len(frame) >= 54:
        size, frames = struct.unpack_from(">II", frame, 46)
        return (frames, size) if frames else None
    return None


def _after_tags(raw: RawFile) -> int:
    """Where the ID3v2 tags at the beginning end."""
    position = 0
    while (tag := raw.at(position, 10)).startswith(b"ID3") and len(tag) == 10:
        size = (tag[6] & 127) << 21 | (tag[7] & 127) << 14 | (tag[8] & 127) << 7 | tag[9] & 127
        position += 10 + size + (10 if tag[5] & 16 else 0)
    return position


def _before_tags(raw: RawFile) -> int:
    """Where the tags at the end begin: ID3v1, Lyrics3v2, APEv2."""
    end = raw.size
    if raw.at(max(end - _ID3V1, 0), 3) == b"TAG":
        end -= _ID3V1
    lyrics = raw.at(max(end - 15, 0), 15)
    if lyrics.endswith(b"LYRICS200") and lyrics[:6].isdigit():
        end -= int(lyrics[:6]) + 15
    ape = raw.at(max(end - _APE_FOOTER, 0), _APE_FOOTER)
    if ape.startswith(b"APETAGEX") and len(ape) == _APE_FOOTER:
        end -= int.from_bytes(ape[12:16], "little")  # a header before it is no frame either
    return max(end, 0)


@cache
def _lengths() -> Mapping[int, int]:
    """Bytes of a frame by the bits of its header that decide them."""
    lengths = {}
    for version, rates in _SAMPLING.items():
        for layer in (1, 2, 3):
            slot, slots = (4, 12) if layer == 1 else (1, 72 if layer == 3 and version != 3 else 144)
            for kilobits, bits in enumerate(_RATES[version == 3, layer], start=1):
                for index, rate in enumerate(rates):
                    for padding in (0, 1):
                        word = _SYNC | version << 19 | 4 - layer << 17 | kilobits << 12
                        lengths[word | index << 10 | padding << 9] = slot * (
                            slots * bits * 1000 // rate + padding
                        )
    return lengths
