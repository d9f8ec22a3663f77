"""One thread for linear algebra: workers share the cores, and one thread gives one answer."""

from contextlib import AbstractContextManager


def one_thread() -> AbstractContextManager[object]:
    """Say so to the libraries of this process (`--jobs 0`, threads), for a while."""
    import numpy  # noqa: F401 - what is not loaded yet cannot be told
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(limits=1)
    return limits
