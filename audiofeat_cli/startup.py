"""What a process does while it starts: that of a command or a worker, never another program's."""

import ctypes
import gc
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SELDOM = ("numpy.f2py", "numpy.ma", "numpy.polynomial", "numpy.testing")
"""What scipy's import loads because it takes all that numpy has: two fifths of its time."""

ONE_THREAD = {
    name: "1"
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMBA_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
    )
}
"""Environment variables that say so to the libraries of a process that is yet to start."""

KEPT_BLOCK_BYTES = 2**25
"""Arrays up to this size are kept when freed: what one block of audio makes. The most there is."""

KEPT_BYTES = 2**28
"""Free memory that is kept at the most."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Of glibc's malloc.h."""


@contextmanager
def starting() -> Iterator[None]:
    """Look for no garbage meanwhile, nor ever again in what is there at the end: imports stay.

    The collector would go through all that was imported so far, again and again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def want_one_thread() -> None:
    """Say so to what this process and its children load from now on, unless the user has spoken.

    OpenBLAS starts its threads when it is loaded, which costs most where there are many cores.
    """
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)


def put_off(names: tuple[str, ...] = SELDOM) -> None:
    """Load these modules when somebody imports or uses them, not with all else of their package."""
    for name in names:
        spec = None if name in sys.modules else importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            continue
        spec.loader = importlib.util.LazyLoader(spec.loader)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        parent, _, child = name.rpartition(".")
        setattr(sys.modules[parent], child, module)


def keep_memory() -> None:
    """Keep freed arrays for the next ones, where the C library is glibc.

    It would give each array over some size back to the system and get it again, zeroed page by
    page: a quarter of the time of a log-mel clip. Both limits have to be told; one alone is slower.
    """
    with suppress(AttributeError, OSError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, KEPT_BLOCK_BYTES)
        mallopt(_M_TRIM_THRESHOLD, KEPT_BYTES)


def work_here() -> None:
    """What a process does before it extracts: load little, and keep its memory."""
    put_off()
    keep_memory()
