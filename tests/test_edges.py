"""What is beyond a signal's ends: what numpy.pad puts there."""

import numpy as np
import pytest

from audiofeat_cli.edges import extended
from tests import signals


@pytest.mark.parametrize("before", [0, 1, 5])
@pytest.mark.parametrize("after", [0, 1, 7])
@pytest.mark.parametrize("count", [1, 2, 9])
@pytest.mark.parametrize("mode", ["constant", "edge", "linear_ramp", "reflect", "symmetric"])
def test_is_that_of_numpy(mode: str, count: int, before: int, after: int) -> None:
    values = signals.noise(6 * count, 1).reshape(3, 2, count)
    padded = np.pad(values, [(0, 0), (0, 0), (before, after)], mode=mode)  # type: ignore[call-overload]
    found = extended(values, before, after, mode)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, padded, rtol=1e-6)
