"""Statistics of parts, merged, are those of the whole: numpy says so in float64."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from audiofeat_cli.pool import STATISTICS, Pool, unit_of
from audiofeat_cli.step import Array

WHOLE: Mapping[str, Callable[..., Array]] = {
    "mean": np.nanmean,
    "var": np.nanvar,
    "std": np.nanstd,
    "min": np.nanmin,
    "max": np.nanmax,
    "n_valid": lambda values, axis: np.isfinite(values).sum(axis=axis),
}


def pooled(values: Array, cuts: list[int]) -> Pool:
    """Statistics of (frames, channels, values), block by block."""
    blocks = [block for block in np.split(values, sorted(cuts)) if len(block)]
    pool = Pool.of(blocks[0])
    for block in blocks[1:]:
        pool = pool.merge(Pool.of(block))
    return pool


def expected(values: Array, name: str) -> Array:
    """(values, channels) by numpy over the finite frames of each."""
    finite = np.where(np.isfinite(values), values.astype(np.float64), np.nan)
    counted = np.isfinite(values).any(axis=0)
    finite[:, ~counted] = 0  # numpy warns of empty slices
    whole = np.asarray(WHOLE[name](finite, axis=0), dtype=np.float64)
    return np.where(counted, whole, 0 if name == "n_valid" else np.nan).T


def test_every_statistic_is_tested() -> None:
    assert set(WHOLE) == set(STATISTICS)


@pytest.mark.parametrize("name", STATISTICS)
@given(
    values=hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 40), st.integers(1, 3), st.integers(1, 4)),
        elements=st.one_of(
            st.floats(-1000, 1000, width=32),
            st.sampled_from([np.float32(np.nan), np.float32(np.inf), np.float32(-np.inf)]),
        ),
    ),
    cuts=st.lists(st.integers(0, 40), max_size=6),
)
def test_merged_parts_are_the_whole(name: str, values: Array, cuts: list[int]) -> None:
    got = pooled(values, cuts).statistic(name)
    assert got.dtype == np.float64
    # Deviations under the rounding of 1000 squared are nothing.
    np.testing.assert_allclose(got, expected(values, name), rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("name", STATISTICS)
def test_a_large_offset_does_not_drown_the_variance(name: str) -> None:
    rng = np.random.default_rng(0)
    values = (10_000 + rng.standard_normal((5000, 2, 3))).astype(np.float32)
    got = pooled(values, [1, 700, 701, 3000]).statistic(name)
    np.testing.assert_allclose(got, expected(values, name), rtol=1e-10)


def test_order_of_parts_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    parts = [Pool.of(rng.standard_normal((n, 1, 2)).astype(np.float32)) for n in (3, 500, 40)]
    one = parts[0].merge(parts[1]).merge(parts[2])
    other = parts[2].merge(parts[0].merge(parts[1]))
    for name in STATISTICS:
        np.testing.assert_allclose(one.statistic(name), other.statistic(name), rtol=1e-12)


def test_no_value_at_all_is_null_but_counted() -> None:
    nothing = np.full((6, 1, 2), np.nan, np.float32)
    for pool in (Pool.of(nothing), pooled(nothing, [2, 4])):
        for name in STATISTICS:
            found = pool.statistic(name)
            assert (found == 0).all() if name == "n_valid" else np.isnan(found).all()


def test_parts_without_values_change_nothing() -> None:
    values = np.arange(12, dtype=np.float32).reshape(6, 1, 2)
    nothing = Pool.of(np.full((6, 1, 2), np.nan, np.float32))
    plain = Pool.of(values)
    for merged in (plain.merge(nothing), nothing.merge(plain)):
        for name in STATISTICS:
            np.testing.assert_array_equal(merged.statistic(name), plain.statistic(name))


def test_one_frame_has_no_variance() -> None:
    pool = Pool.of(np.full((1, 1, 1), 7, np.float32))
    assert pool.statistic("mean") == 7
    assert pool.statistic("var") == 0


def test_booleans_pool_to_their_share() -> None:
    voiced = np.array([True, False, True, True]).reshape(-1, 1, 1)
    assert pooled(voiced, [1]).statistic("mean") == 0.75


def test_units() -> None:
    assert unit_of("mean", "Hz") == "Hz"
    assert unit_of("var", "Hz") == "(Hz)^2"
    assert unit_of("n_valid", "Hz") == "frames"
