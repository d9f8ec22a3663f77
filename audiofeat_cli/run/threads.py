"""One thread for linear algebra: workers share the cores, and one thread gives one answer."""

import os

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
"""Environment variables that say so to the libraries."""


def limit_threads() -> None:
    """Limit this process too (`--jobs 0`, threads). Only before numpy is imported."""
    os.environ.update(ONE_THREAD)
