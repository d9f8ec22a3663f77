"""Running medians, for which scipy takes some fifty times as long."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from audiofeat_cli.kernels import kernels
from audiofeat_cli.step import Array

_LARGEST_GROUP = 8
_SWAP, _CLAMP = 0, 1
"""As `run_rows` has them."""


def running_median(values: Array, size: int, source: Array, out: Array) -> None:
    """Medians of `size` neighbouring rows of (rows, columns) float32, into `out`.

    `source` names the row to read for each of the len(out) + size - 1 rows of the stream as it is
    continued beyond its ends. Of an even `size` it is the upper of the two in the middle.
    Reference: scipy.ndimage.median_filter.
    """
    program, results, slots = _program(size)
    group = len(results)
    missing = -len(out) % group
    source = np.pad(source, (0, missing), mode="edge")
    kernels("median").run_rows(values, source, program, results, slots, out)


@lru_cache(maxsize=16)
def _program(size: int) -> tuple[Array, Array, int]:
    """Comparisons that leave the medians of a group of neighbouring windows; see `run_rows`.

    What all windows of a group hold is sorted once, as far as the medians of any of them may be
    there. Then the group is halved, and what all windows of a half hold besides is sorted in.
    Source: the sharing is that of Gil and Werman 1993; the sorting network Batcher's 1968.
    """
    rank, group = size // 2, 1
    while 2 * group <= min(_LARGEST_GROUP, rank + 1, size - rank):
        group *= 2
    common = size - group + 1
    wanted = range(rank - group + 1, rank + 1)
    steps: list[tuple[int, ...]] = [
        (_SWAP, group - 1 + a, group - 1 + b, 0, 0) for a, b in _selection(common, set(wanted))
    ]
    results = [0] * group
    slots = size + group - 1

    def halve(first: int, middle: list[int]) -> None:
        """Of the windows from `first` on, as many as there are ranks in `middle`."""
        nonlocal slots
        if len(middle) == 1:
            results[first] = middle[0]
            return
        half = len(middle) // 2
        fresh = list(range(slots, slots + len(middle) - 1))
        slots += len(fresh)
        left, right = middle, middle
        for extra in range(first + half - 1, first + 2 * half - 1):
            left = insert(left, extra, fresh)
        for extra in range(first + size, first + size + half):
            right = insert(right, extra, middle)
        halve(first, left)
        halve(first + half, right)

    def insert(ranks: list[int], extra: int, into: list[int]) -> list[int]:
        for j in range(len(ranks) - 1):
            steps.append((_CLAMP, into[j], ranks[j], extra, ranks[j + 1]))
        return into[: len(ranks) - 1]

    halve(0, [group - 1 + r for r in wanted])
    program = np.array(steps, np.int64).reshape(-1, 5)
    return program, np.array(results, np.int64), slots


def _selection(n: int, wanted: set[int]) -> list[tuple[int, int]]:
    """The comparators of a sorting network that the ranks wanted depend on."""
    kept = []
    for a, b in reversed(list(_network(n))):
        if a in wanted or b in wanted:
            kept.append((a, b))
            wanted |= {a, b}
    return kept[::-1]


def _network(n: int) -> Iterator[tuple[int, int]]:
    """Batcher's merge exchange for any n. Source: Knuth, TAOCP 3, 5.2.2, algorithm M."""
    if n < 2:
        return
    top = 1 << ((n - 1).bit_length() - 1)
    p = top
    while p > 0:
        q, r, d = top, 0, p
        while True:
            for i in range(n - d):
                if i & p == r:
                    yield i, i + d
            if q == p:
                break
            d, q, r = q - p, q // 2, p
        p //= 2
