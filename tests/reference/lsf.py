"""numpy.roots of the two polynomials made of the reference of lpc."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import GRIDS, SPEECH, TELEPHONE, Case, Settings, Tolerance, over
from tests.reference import lpc

TOLERANCE = Tolerance(3e-7, 3e-7, "rounded to float32")
CASES = (
    *over(GRIDS),
    *(Case({}, {}, name) for name in ("noise", "clicks", "silence", SPEECH, TELEPHONE)),
    *(Case({"order": order}, {}, SPEECH) for order in (1, 2, 3, 8, 13)),
    Case({"order": 10, "n_fft": 601}, {"center": False}),
)


def expected(samples: Array, settings: Settings, *, order: int = 16) -> Array:
    filters = lpc.expected(samples, settings, order=order)
    return np.array([_frequencies(a) for a in filters])


def _frequencies(a: Array) -> Array:
    if np.isnan(a).any():
        return np.full(len(a) - 1, np.nan)
    long = np.append(a, 0)
    roots = np.concatenate([np.roots(long + long[::-1]), np.roots(long - long[::-1])])
    angles = np.sort(np.angle(roots))
    return angles[(angles > 1e-7) & (angles < np.pi - 1e-7)]
