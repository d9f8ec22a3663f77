"""Running medians: a program of comparisons, run on many columns at once."""

import numpy as np
import numpy.typing as npt
from numba import njit

LANES = 128
"""Columns at a time: few enough for the rows of a program to stay in the nearest cache."""


@njit(
    "void(f4[:,:], i8[::1], i8[:,::1], i8[::1], i8, f4[:,:])",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def run_rows(
    values: npt.NDArray[np.float32],
    source: npt.NDArray[np.int64],
    program: npt.NDArray[np.int64],
    results: npt.NDArray[np.int64],
    slots: int,
    out: npt.NDArray[np.float32],
) -> None:
    """Run a program on each group of rows of (rows, columns), into `out`.

    Parameters
    ----------
    source : the row to read in place of each row of a stream continued beyond its ends.
    program : (steps, 5): what to do, and with which rows of the workspace. 0 swaps two so that the
        smaller is in the first; 1 puts into the first max(second, min(third, fourth)).
    results : the row of the workspace in which each output of a group is left.
    slots : rows of the workspace; the first ones are those of the stream.
    """
    rows, columns = out.shape
    group = len(results)
    groups = (rows + group - 1) // group
    read = len(source) - (groups - 1) * group
    work = np.empty((slots, LANES), np.float32)
    for first in range(0, columns, LANES):
        lanes = min(LANES, columns - first)
        work[:, lanes:] = 0
        for number in range(groups):
            start = number * group
            for s in range(read):
                row = values[source[start + s]]
                for k in range(lanes):
                    work[s, k] = row[first + k]
            for p in range(len(program)):
                if program[p, 0] == 0:
                    a, b = work[program[p, 1]], work[program[p, 2]]
                    for k in range(LANES):
                        x, y = a[k], b[k]
                        a[k] = x if x < y else y
                        b[k] = y if x < y else x
                else:
                    d, low = work[program[p, 1]], work[program[p, 2]]
                    e, high = work[program[p, 3]], work[program[p, 4]]
                    for k in range(LANES):
                        x, y = e[k], high[k]
                        x = x if x < y else y
                        y = low[k]
                        d[k] = x if x > y else y
            for j in range(min(group, rows - start)):
                row = out[start + j]
                done = work[results[j]]
                for k in range(lanes):
                    row[first + k] = done[k]
