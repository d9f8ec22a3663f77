"""Machine code that is one piece and needs no linker: from an object file of LLVM's to memory.

What the kernels need is small: no calls, no variables, some tables of constants that the code finds
by their distance. Such an object becomes an image that runs wherever it is put, so that a process
that has it on disk need not load LLVM (40 MB and a tenth of a second). Only objects of Linux on
x86-64 are read; for others LLVM stays at work. Source: System V ABI, chapter 4; its AMD64
supplement, section 4.4.
"""

import ctypes
import mmap
import struct
from dataclasses import dataclass
from typing import Final, NamedTuple

HEAD: Final = b"\x7fELF\x02\x01\x01"
X86_64: Final = 62
PROGBITS, SYMTAB, RELA = 1, 2, 4
WRITE, ALLOCATED = 1, 2
DISTANCES: Final = frozenset({2, 4})
"""R_X86_64_PC32 and R_X86_64_PLT32: symbol + addend - place, in 32 bits."""

UNWINDING: Final = b".eh_frame"


class _Section(NamedTuple):
    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    entry_size: int


_SECTION: Final = struct.Struct("<IIQQQQIIQQ")
_SYMBOL: Final = struct.Struct("<IBBHQQ")
_RELOCATION: Final = struct.Struct("<QQq")
_ENTRY: Final = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Mapped:
    """An image in memory that can be run, and where its function is."""

    memory: mmap.mmap
    address: int


def image_of(made: bytes, function: str) -> bytes | None:
    """An image of an object file, or None where it has what an image cannot have."""
    if not made.startswith(HEAD) or struct.unpack_from("<H", made, 18)[0] != X86_64:
        return None
    sections = _sections(made)
    names = sections[struct.unpack_from("<H", made, 62)[0]]
    kept = [
        s for s in sections if s.flags & ALLOCATED and s.size and _name(made, names, s) != UNWINDING
    ]
    if any(s.kind != PROGBITS or s.flags & WRITE for s in kept):
        return None
    body = bytearray()
    places: dict[int, int] = {}
    for section in kept:
        body += bytes(-len(body) % max(1, section.align))
        places[sections.index(section)] = len(body)
        body += made[section.offset : section.offset + section.size]
    for relocations in (s for s in sections if s.kind == RELA and s.info in places):
        if not _relocate(made, body, places, relocations, sections[relocations.link]):
            return None
    entry = _find(made, sections, places, function)
    return None if entry is None else _ENTRY.pack(entry) + body


def _sections(made: bytes) -> list[_Section]:
    (start,) = struct.unpack_from("<Q", made, 40)
    size, count = struct.unpack_from("<HH", made, 58)
    return [_Section(*_SECTION.unpack_from(made, start + k * size)) for k in range(count)]


def _name(made: bytes, names: _Section, section: _Section) -> bytes:
    return _text(made, names.offset + section.name)


def _text(made: bytes, start: int) -> bytes:
    return made[start : made.index(b"\0", start)]


def _relocate(
    made: bytes, body: bytearray, places: dict[int, int], relocations: _Section, symbols: _Section
) -> bool:
    """Put in the distances that a section asks for; whether that is all it asks for."""
    base = places[relocations.info]
    for at in range(relocations.offset, relocations.offset + relocations.size, _RELOCATION.size):
        offset, info, addend = _RELOCATION.unpack_from(made, at)
        symbol = _SYMBOL.unpack_from(made, symbols.offset + (info >> 32) * _SYMBOL.size)
        home, value = symbol[3], symbol[4]
        if info & 0xFFFFFFFF not in DISTANCES or home not in places:
            return False
        distance = places[home] + value + addend - (base + offset)
        struct.pack_into("<i", body, base + offset, distance)
    return True


def _find(
    made: bytes, sections: list[_Section], places: dict[int, int], function: str
) -> int | None:
    """Where a function begins in the image."""
    for table in (s for s in sections if s.kind == SYMTAB):
        texts = sections[table.link]
        for at in range(table.offset, table.offset + table.size, _SYMBOL.size):
            name, _, _, home, value, _ = _SYMBOL.unpack_from(made, at)
            if _text(made, texts.offset + name) == function.encode() and home in places:
                return places[home] + int(value)
    return None


def mapped(image: bytes) -> Mapped:
    """Put an image into memory of its own, which can be run but no longer written.

    Raises
    ------
    OSError : the system does not let us.
    """
    (entry,) = _ENTRY.unpack_from(image)
    body = image[_ENTRY.size :]
    memory = mmap.mmap(-1, len(body))
    memory.write(body)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    if protect(address, len(body), mmap.PROT_READ | mmap.PROT_EXEC):
        raise OSError(ctypes.get_errno(), "memory cannot be made executable")
    return Mapped(memory, address + entry)
