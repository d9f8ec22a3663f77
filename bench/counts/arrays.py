"""Counts what NumPy allocates for arrays, by a memory handler that asks the C library."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

SET_HANDLER = 304
"""PyDataMem_SetHandler's place in NumPy's C API, which is fixed."""

SIZE, POINTER = ctypes.c_size_t, ctypes.c_void_p
MALLOC = ctypes.CFUNCTYPE(POINTER, POINTER, SIZE)
TWO_SIZES = ctypes.CFUNCTYPE(POINTER, POINTER, SIZE, SIZE)
REALLOC = ctypes.CFUNCTYPE(POINTER, POINTER, POINTER, SIZE)
FREE = ctypes.CFUNCTYPE(None, POINTER, POINTER, SIZE)


class Handler(ctypes.Structure):
    """PyDataMem_Handler of NumPy (NEP 49)."""

    _fields_ = (
        ("name", ctypes.c_char * 127),
        ("version", ctypes.c_uint8),
        ("context", POINTER),
        ("malloc", MALLOC),
        ("calloc", TWO_SIZES),
        ("realloc", REALLOC),
        ("free", FREE),
    )


@dataclass
class Allocated:
    """Blocks asked for, and their bytes."""

    blocks: int = 0
    bytes: int = 0

    def add(self, size: int) -> None:
        """One more block."""
        self.blocks += 1
        self.bytes += size


class _Counter:
    """The handler. It must live as long as any array that it made."""

    def __init__(self) -> None:
        self.seen = Allocated()
        library = ctypes.CDLL(None)
        library.malloc.restype = library.calloc.restype = library.realloc.restype = POINTER
        library.malloc.argtypes, library.calloc.argtypes = [SIZE], [SIZE, SIZE]
        library.realloc.argtypes, library.free.argtypes = [POINTER, SIZE], [POINTER]

        def malloc(_: Any, size: int) -> Any:
            self.seen.add(size)
            return library.malloc(size)

        def calloc(_: Any, count: int, size: int) -> Any:
            self.seen.add(count * size)
            return library.calloc(count, size)

        def realloc(_: Any, block: Any, size: int) -> Any:
            self.seen.add(size)
            return library.realloc(block, size)

        def free(_: Any, block: Any, _size: int) -> None:
            library.free(block)

        calls = MALLOC(malloc), TWO_SIZES(calloc), REALLOC(realloc), FREE(free)
        self.handler = Handler(b"counted", 1, None, *calls)
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = ctypes.py_object, [POINTER, ctypes.c_char_p, POINTER]
        self.capsule = new(ctypes.addressof(self.handler), b"mem_handler", None)

    def put(self, handler: Any) -> Any:
        """Make NumPy use a handler; gives back the one before."""
        get = ctypes.pythonapi.PyCapsule_GetPointer
        get.restype, get.argtypes = POINTER, [ctypes.py_object, ctypes.c_char_p]
        place = get(np._core._multiarray_umath._ARRAY_API, None)  # type: ignore[attr-defined]
        table = ctypes.cast(place, ctypes.POINTER(POINTER))
        setter = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(table[SET_HANDLER])
        return setter(handler)


@cache
def _counter() -> _Counter:
    return _Counter()


@contextmanager
def counted() -> Iterator[Allocated]:
    """Count while the block runs."""
    counter = _counter()
    counter.seen = Allocated()
    before = counter.put(counter.capsule)
    try:
        yield counter.seen
    finally:
        counter.put(before)
