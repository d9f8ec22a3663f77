"""Is a file cut? Only what its own structure proves counts.

WAV, RF64, W64, AIFF, CAF and AU say how long their parts are; an Ogg stream ends with a page that
says so. For MPEG audio see `mpeg`; a FLAC file is judged while it is decoded. A few reads per file.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from audiofeat_cli.audio.rawfile import RawFile
from audiofeat_cli.audio.verdict import UNKNOWN, WHOLE, Verdict, cut

# Lengths that writers leave behind who could not go back to correct them: none, all ones, SoX's
# and arecord's.
_UNKNOWN_SIZES = frozenset(
    {0, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF}
)
# Writers that count their own header twice, or a padding byte that is not there, cut nothing.
_SLOPPY = 64
_MOST_CHUNKS = 4096
_LARGEST_PAGE = 65307
# What may follow the samples. Anything else behind them is junk and proves nothing.
_RIFF_TAIL = (
    b"LIST list id3  ID3  bext cue  smpl inst fact iXML _PMX JUNK junk PAD  FLLR PEAK cart plst"
    b" acid strc DISP levl axml chna umid"
)
_AIFF_TAIL = b"NAME AUTH ANNO COMT MARK INST MIDI AESD APPL COMM (c)  ID3  PEAK"
_CAF_TAIL = b"info pakt peak free uuid mark regn inst umid"
_W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
# zlib counts bits from the other end than Ogg does.
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


_Chunk = tuple[bytes, int, int]


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a container writes its chunks."""

    header: struct.Struct
    data: bytes
    tail: frozenset[bytes] = frozenset()
    align: int = 2
    counts_header: bool = False


def _names(text: bytes) -> frozenset[bytes]:
    """Names of four bytes, which may end in spaces, one space apart."""
    return frozenset(text[i : i + 4].ljust(4) for i in range(0, len(text), 5))


_RIFF = _Layout(struct.Struct("<4sI"), b"data", _names(_RIFF_TAIL))
_RIFX = _Layout(struct.Struct(">4sI"), b"data", _names(_RIFF_TAIL))
_AIFF = _Layout(struct.Struct(">4sI"), b"SSND", _names(_AIFF_TAIL))
_SVX = _Layout(struct.Struct(">4sI"), b"BODY", _names(_AIFF_TAIL))
_CAF = _Layout(struct.Struct(">4sQ"), b"data", _names(_CAF_TAIL), align=1)
_W64 = _Layout(struct.Struct("<16sQ"), _W64_DATA, align=8, counts_header=True)


def examine(raw: RawFile) -> Verdict:
    """Whether `raw` is cut, as far as its container can say before it is decoded."""
    judge = _JUDGES.get(raw.format)
    return UNKNOWN if judge is None else judge(raw)


def _wav(raw: RawFile) -> Verdict:
    if raw.head[8:12] != b"WAVE":
        return UNKNOWN
    layout = _RIFX if raw.head.startswith(b"RIFX") else _RIFF
    declared = layout.header.unpack_from(raw.head)[1]
    return _chunked(raw, layout, 12, declared + 8 if declared else 0)


def _rf64(raw: RawFile) -> Verdict:
    head = raw.head
    if head[12:16] != b"ds64" or len(head) < 36:
        return _wav(raw)
    riff, data = struct.unpack_from("<QQ", head, 20)
    return _chunked(raw, _RIFF, 12, riff + 8 if riff else 0, data=data)


def _w64(raw: RawFile) -> Verdict:
    if len(raw.head) < 40:
        return cut("its header is not complete")
    (declared,) = struct.unpack_from("<Q", raw.head, 16)
    return _chunked(raw, _W64, 40, declared)


def _aiff(raw: RawFile) -> Verdict:
    kind = raw.head[8:12]
    if kind not in {b"AIFF", b"AIFC", b"8SVX", b"16SV"}:
        return UNKNOWN
    (declared,) = struct.unpack_from(">I", raw.head, 4)
    layout = _AIFF if kind.startswith(b"AIF") else _SVX
    return _chunked(raw, layout, 12, declared + 8 if declared else 0)


def _caf(raw: RawFile) -> Verdict:
    return _chunked(raw, _CAF, 8, 0)


def _au(raw: RawFile) -> Verdict:
    if len(raw.head) < 24:
        return cut("its header is not complete")
    order = ">" if raw.head.startswith(b".snd") else "<"
    start, size = struct.unpack_from(f"{order}II", raw.head, 4)
    if size in _UNKNOWN_SIZES:
        return _uncounted(size, raw.size - start)
    return _short(raw, start, size) or WHOLE


def _chunks(raw: RawFile, layout: _Layout, start: int, end: int) -> Iterator[_Chunk]:
    """(name, where its content begins, how long it should be) of each chunk before `end`."""
    position = start
    header = layout.header
    for _ in range(_MOST_CHUNKS):
        written = raw.at(position, header.size) if position < end else b""
        if len(written) < header.size:
            return
        name, size = header.unpack(written)
        if layout.counts_header and size not in _UNKNOWN_SIZES:
            size = max(size - header.size, 0)
        position += header.size
        yield name, position, size
        position += size + -size % layout.align


def _chunked(
    raw: RawFile, layout: _Layout, start: int, declared: int, *, data: int | None = None
) -> Verdict:
    """Judge by chunks.

    Parameters
    ----------
    start : where the first chunk begins.
    declared : bytes that the file should have; 0 when it does not say. What follows is junk.
    data : length of the samples, where another chunk than their own says so.
    """
    is_known = declared not in _UNKNOWN_SIZES and declared - 8 not in _UNKNOWN_SIZES
    found = (0, 0)
    for name, body, size in _chunks(raw, layout, start, declared if is_known else raw.size):
        length = size
        if name == layout.data:
            if data is not None and size == 0xFFFFFFFF:
                length = data
            if length in _UNKNOWN_SIZES:
                return _uncounted(length, raw.size - body)
            found = (body, length)
        elif not (name in layout.tail if found[0] else name[:4].isascii() and name[:1] > b" "):
            break
        shorter = _short(raw, body, length)
        if shorter is not None:
            return shorter
    if is_known and declared > raw.size + (_SLOPPY if found[0] else 0):
        return cut(f"{raw.size:,} of {declared:,} bytes are there")
    return Verdict(truncated=False, data=found) if found[0] else UNKNOWN


def _uncounted(length: int, there: int) -> Verdict:
    """The verdict on samples whose number was never filled in."""
    is_unfinished = length == 0 and there > _SLOPPY
    reason = f"its header counts none, though {there:,} bytes follow" if is_unfinished else ""
    return Verdict(truncated=None, counted=False, reason=reason)


def _short(raw: RawFile, body: int, size: int) -> Verdict | None:
    """The verdict on a chunk that is longer than the file."""
    there = max(raw.size - body, 0)
    if size <= there:
        return None
    return cut(f"{body + there:,} of {body + size:,} bytes are there")


def _ogg(raw: RawFile) -> Verdict:
    start = max(raw.size - _LARGEST_PAGE, 0)
    tail = raw.at(start, _LARGEST_PAGE)
    page = tail.rfind(b"OggS")
    if page < 0:
        return UNKNOWN
    size = _page_size(tail, page)
    if size is None or page + size > len(tail):
        return cut("its last page is not complete")
    return WHOLE if tail[page + 5] & 4 else cut("its last page is not the end of the stream")


def _page_size(pages: bytes, start: int) -> int | None:
    """Bytes of the Ogg page at `start`; None, or more than there are, when its header is cut."""
    if start + 27 > len(pages):
        return None
    segments = pages[start + 26]
    return 27 + segments + sum(pages[start + 27 : start + 27 + segments])


def damaged_ogg(raw: RawFile) -> str:
    """Where an Ogg file is broken within, by its first page that is not as it was written, or "".

    Reads the whole file; worth it only when fewer samples came out than the file says.
    """
    position = 0
    while position < raw.size:
        page = raw.at(position, _LARGEST_PAGE)
        size = _page_size(page, 0)
        if not page.startswith(b"OggS") or size is None or not _is_intact(page[:size]):
            return f"byte {position:,} of {raw.size:,}"
        position += size
    return ""


def _is_intact(page: bytes) -> bool:
    (written,) = struct.unpack_from(">I", page[22:26].translate(_MIRRORED))
    content = (page[:22] + bytes(4) + page[26:]).translate(_MIRRORED)
    return bool(written == zlib.crc32(content, 0xFFFFFFFF) ^ 0xFFFFFFFF)


_JUDGES: dict[str, Callable[[RawFile], Verdict]] = {
    "wav": _wav,
    "rf64": _rf64,
    "w64": _w64,
    "aiff": _aiff,
    "caf": _caf,
    "au": _au,
    "ogg": _ogg,
}
