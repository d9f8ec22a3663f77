"""One thread for linear algebra: workers share the cores, and one thread gives one answer."""

from contextlib import AbstractContextManager

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


def one_thread() -> AbstractContextManager[object]:
    """Say so to the libraries of this process (`--jobs 0`, threads), for a while."""
    import numpy  # noqa: F401 - what is not loaded yet cannot be told
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(limits=1)
    return limits
