"""How many frames are transformed meanwhile: by the compiled kernel and by scipy.fft."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from audiofeat_cli.kernels.fft import watched

_FFTS = frozenset({"fft", "ifft", "rfft", "irfft", "hfft", "ihfft"})
_FFTS_OF_MORE_AXES = frozenset({"fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2"})


class TransformCounter:
    """Counts transforms of one row each, while `counting`.

    To scipy.fft it is a backend that leaves all work to the next one.
    """

    __ua_domain__ = "numpy.scipy.fft"

    def __init__(self) -> None:
        self.count = 0

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Meanwhile count."""
        from scipy.fft import set_backend

        with set_backend(self), watched(self._add):
            yield

    def _add(self, transforms: int) -> None:
        self.count += transforms

    def __ua_function__(
        self, method: Callable[..., Any], given: Sequence[Any], more: Mapping[str, Any]
    ) -> Any:
        """Take note of a call of scipy.fft."""
        if method.__name__ in _FFTS | _FFTS_OF_MORE_AXES:
            several = method.__name__ in _FFTS_OF_MORE_AXES
            axes = more.get("axes" if several else "axis", given[2] if len(given) > 2 else None)
            self._add(_transforms(np.shape(given[0]), axes, several=several))
        return NotImplemented


def _transforms(shape: tuple[int, ...], axes: Any, *, several: bool) -> int:
    if axes is None:
        axes = range(len(shape)) if several else -1
    along = np.atleast_1d(list(axes) if several else axes)
    left = np.delete(np.asarray(shape, dtype=int), along)
    return int(np.prod(left))
