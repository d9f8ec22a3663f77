"""Spectra of overlapping frames: window, real FFT, and the turn to bins first, in one sweep.

One lane of a vector is one frame, so the transform needs no shuffles, and what it gives for a bin
is a run of neighbouring frames, as the engine wants it.  M = n_fft / 2 complex values (the even and
the odd samples of a frame) are transformed in two stages of R1 and R2 values, M = R1 R2, small
enough for registers and the nearest cache (Gentleman and Sande 1966, the "four-step" FFT; Bailey
1990); then the halves are told apart (Numerical Recipes, section 12.3).  Each value is computed
from its own frame alone, by the same operations whatever the number of frames.
"""

import ctypes
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Kind = Literal["power", "complex"]

VECTOR_BYTES = 64
SHORT, LONG = 16, 64
"""Most values of the first stage, if that will do, and of any stage."""

LARGEST = 2 * LONG * LONG
PRIMES = (2, 3, 5, 7)

_watcher: ContextVar[Callable[[int], object] | None] = ContextVar("watcher", default=None)


@contextmanager
def watched(told: Callable[[int], object]) -> Iterator[None]:
    """Meanwhile tell how many frames are transformed, call by call."""
    token = _watcher.set(told)
    try:
        yield
    finally:
        _watcher.reset(token)


class Stages(NamedTuple):
    """How many values each stage transforms."""

    first: int
    second: int


def stages(n_fft: int) -> Stages | None:
    """How a transform is split, None where it is not for this kernel."""
    if n_fft % 2 or not 4 <= n_fft <= LARGEST or max(_factors(n_fft)) > PRIMES[-1]:
        return None
    half = n_fft // 2
    sizes = [r for r in range(1, LONG + 1) if half % r == 0 and half // r <= LONG]
    short = [r for r in sizes if r <= SHORT]
    first = max(short) if short else min(sizes, default=0)
    return Stages(first, half // first) if first else None


def _factors(number: int) -> list[int]:
    found = []
    factor = 2
    while number > 1:
        while number % factor == 0:
            found.append(factor)
            number //= factor
        factor += 1
    return found or [1]


@dataclass(frozen=True, slots=True)
class FrameTransform:
    """The spectra of frames of one size. Made by `frame_transform`."""

    kind: Kind
    n_fft: int
    dtype: np.dtype[Any]
    split: Stages
    code: Any
    twiddles: Array
    halves: Array

    @property
    def lanes(self) -> int:
        """Frames transformed at a time."""
        return VECTOR_BYTES // self.dtype.itemsize

    def __call__(self, samples: Array, window: Array, hop_length: int) -> Array:
        """(samples, channels) float32 -> (frames, channels, 1 + n_fft // 2).

        Energies, float32, or the transform itself, complex64.  Time is contiguous in what comes and
        goes.
        """
        columns = samples.T
        if columns.dtype != np.float32 or columns.strides[-1] != columns.itemsize:
            columns = np.ascontiguousarray(columns, np.float32)
        channels, length = columns.shape
        count = 1 + (length - self.n_fft) // hop_length
        told = _watcher.get()
        if told is not None:
            told(count * channels)
        weights = window.astype(self.dtype, copy=False)
        if count >= self.lanes:
            return self._of(columns, count, weights, hop_length).T
        wider = np.zeros((channels, self.n_fft + (self.lanes - 1) * hop_length), np.float32)
        some = min(length, wider.shape[1])
        wider[:, :some] = columns[:, :some]
        found = self._of(wider, self.lanes, weights, hop_length)
        return np.ascontiguousarray(found[..., :count]).T

    def _of(self, columns: Array, count: int, window: Array, hop_length: int) -> Array:
        channels = len(columns)
        made = np.complex64 if self.kind == "complex" else np.float32
        out = np.empty((1 + self.n_fft // 2, channels, count), made)
        work = _aligned(self.split.first * _row(self.split) * self.lanes, self.dtype)
        tables = [_address(a) for a in (window, self.twiddles, self.halves, work)]
        stride = channels * count
        for channel in range(channels):
            start, to = _address(columns[channel]), _address(out[:, channel])
            self.code.call(start, count, hop_length, *tables, to, stride)
        return out


def _row(split: Stages) -> int:
    """Vectors from one row of the workspace to the next: rows must not share places of a cache."""
    return 2 * split.second + 2


def _address(values: Array) -> int:
    """Of the first value. `values.ctypes` takes three times as long."""
    return int(values.__array_interface__["data"][0])


def _aligned(size: int, dtype: np.dtype[Any]) -> Array:
    raw = np.empty(size + VECTOR_BYTES // dtype.itemsize, dtype)
    skipped = -_address(raw) % VECTOR_BYTES // dtype.itemsize
    return raw[skipped : skipped + size]


@lru_cache(maxsize=32)
def frame_transform(kind: Kind, n_fft: int, precision: str) -> FrameTransform | None:
    """The transform of frames of `n_fft` samples, in `precision`; None where there is none.

    There is none for an odd or a large `n_fft` or one with factors over 7, where LLVM cannot make
    code, nor on Windows, where code that needs much stack calls for help that it does not get here.
    """
    split = stages(n_fft)
    dtype = np.dtype(precision)
    if split is None or sys.platform == "win32":
        return None
    try:
        from audiofeat_cli.kernels.machine import code

        def text() -> str:
            from audiofeat_cli.kernels.butterflies import text_of

            return text_of(
                kind,
                first=split.first,
                second=split.second,
                row=_row(split),
                lanes=VECTOR_BYTES // dtype.itemsize,
                is_double=dtype == np.float64,
            )

        pointer, number = ctypes.c_void_p, ctypes.c_int64
        made = code(
            "spectra",
            f"{kind} {split} {dtype} {_row(split)} {_generator()}",
            text,
            *(pointer, number, number, pointer, pointer, pointer, pointer, pointer, number),
        )
    except (ImportError, OSError, RuntimeError):
        return None
    first, second = np.arange(split.first), np.arange(split.second)[:, np.newaxis]
    twiddles = _roots(first * second, n_fft // 2, dtype)
    halves = _roots(np.arange(n_fft // 4 + 1), n_fft, dtype)
    return FrameTransform(kind, n_fft, dtype, split, made, twiddles, halves)


def _generator() -> str:
    """What tells one state of the generator from another, without loading it."""
    text = Path(__file__).with_name("butterflies.py").read_bytes()
    return blake2b(text, digest_size=16).hexdigest()


def _roots(powers: Array, order: int, dtype: np.dtype[Any]) -> Array:
    """(..., 2) real and imaginary parts of exp(-2 pi i powers / order)."""
    turns = np.exp(-2j * np.pi * (powers % order) / order)
    return np.stack([turns.real, turns.imag], axis=-1).astype(dtype)
