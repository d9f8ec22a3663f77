"""Statistics of parts, merged, are those of the whole: numpy and scipy say so in float64."""

import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from audiofeat_cli.pool import PERCENTS, STATISTICS, Demand, Pool, definition_of, percentiles
from audiofeat_cli.pool import unit_of as unit
from audiofeat_cli.step import Array


def _changes(values: Array) -> Array:
    return np.abs(np.diff(values, axis=0))


WHOLE: Mapping[str, Callable[[Array], Array]] = {
    "mean": lambda x: np.nanmean(x, axis=0),
    "var": lambda x: np.nanvar(x, axis=0),
    "std": lambda x: np.nanstd(x, axis=0),
    "min": lambda x: np.nanmin(x, axis=0),
    "max": lambda x: np.nanmax(x, axis=0),
    "skew": lambda x: scipy.stats.skew(x, nan_policy="omit"),
    "kurtosis": lambda x: scipy.stats.kurtosis(x, nan_policy="omit"),
    "dmean": lambda x: np.nanmean(_changes(x), axis=0),
    "dvar": lambda x: np.nanvar(_changes(x), axis=0),
    "n_valid": lambda x: np.isfinite(x).sum(axis=0).astype(np.float64),
}
STREAMED = tuple(WHOLE)

Values = st.one_of(
    st.floats(-1000, 1000, width=32),
    st.sampled_from([np.float32(v) for v in (np.nan, np.inf, -np.inf, 0.1)]),
)
FRAMES = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 40), st.integers(1, 3), st.integers(1, 4)),
    elements=Values,
)
CUTS = st.lists(st.integers(0, 40), max_size=6)


def pooled(values: Array, cuts: Sequence[int], statistics: Sequence[str] = STREAMED) -> Pool:
    """Statistics of (frames, channels, values), block by block, laid out as the engine does."""
    demand = Demand.of(statistics)
    blocks = np.split(values, sorted(cuts))
    return Pool.merged([Pool.of(np.asfortranarray(block), demand) for block in blocks])


def expected(values: Array, name: str) -> Array:
    """(values, channels) by numpy or scipy over the finite frames of each."""
    finite = np.where(np.isfinite(values), values.astype(np.float64), np.nan)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of empty slices and constant ones, which are null
        return np.asarray(WHOLE[name](finite), dtype=np.float64).T


def test_every_statistic_is_tested() -> None:
    assert {*WHOLE, *PERCENTS} == set(STATISTICS)
    assert len(set(STATISTICS)) == len(STATISTICS)


@pytest.mark.parametrize("name", STREAMED)
@given(values=FRAMES, cuts=CUTS)
def test_merged_parts_are_the_whole(name: str, values: Array, cuts: list[int]) -> None:
    got = pooled(values, cuts).statistic(name)
    assert got.dtype == np.float64
    want = expected(values, name)
    if name in {"skew", "kurtosis"}:
        # Of values that differ by less than their rounding, neither side's is more right.
        spread = expected(values, "std") > 1e-5 * np.abs(expected(values, "mean"))
        got, want = got[spread], want[spread]
    # Deviations under the rounding of 1000 squared are nothing.
    np.testing.assert_allclose(got, want, rtol=1e-7, atol=1e-6)


@pytest.mark.parametrize("name", STREAMED)
def test_a_large_offset_does_not_drown_the_rest(name: str) -> None:
    rng = np.random.default_rng(0)
    values = (10_000 + rng.standard_normal((5000, 2, 3))).astype(np.float32)
    got = pooled(values, [1, 700, 701, 3000]).statistic(name)
    np.testing.assert_allclose(got, expected(values, name), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", STREAMED)
def test_long_tails(name: str) -> None:
    rng = np.random.default_rng(3)
    values = rng.lognormal(-3, 2.0, (4000, 1, 2)).astype(np.float32)
    values[rng.random(values.shape) < 0.3] = np.nan
    got = pooled(values, [13, 14, 15, 900, 3999]).statistic(name)
    np.testing.assert_allclose(got, expected(values, name), rtol=1e-10)


@pytest.mark.parametrize("first", [1e4, -1e8, 1e20])
def test_a_first_value_far_from_the_others_costs_few_digits(first: float) -> None:
    values = np.random.default_rng(4).standard_normal((4000, 1, 2)).astype(np.float32)
    values[0] = first
    for name in ("mean", "var", "std"):
        got = pooled(values, [2500]).statistic(name)
        np.testing.assert_allclose(got, expected(values, name), rtol=1e-11, err_msg=name)


@pytest.mark.parametrize("level", [0.1, 1e-30, -3e38, 12345.678, 0.0])
def test_what_does_not_change_has_no_variance_at_all(level: float) -> None:
    values = np.full((5000, 1, 1), level, np.float32)
    values[[3, 44, 45, 4999]] = np.nan
    pool = pooled(values, [0, 1, 4, 45, 46, 999, 4000])
    assert pool.statistic("mean") == values[0]
    for name in ("var", "std", "dmean", "dvar"):
        assert pool.statistic(name) == 0, name
    for name in ("skew", "kurtosis"):
        assert np.isnan(pool.statistic(name)), name


def test_parts_are_merged_pairwise_or_at_once() -> None:
    rng = np.random.default_rng(1)
    demand = Demand.of(STREAMED)
    values = rng.standard_normal((543, 1, 2)).astype(np.float32)
    a, b, c = (Pool.of(part, demand) for part in np.split(values, [3, 503]))
    at_once = Pool.merged([a, b, c])
    for other in (Pool.merged([Pool.merged([a, b]), c]), Pool.merged([a, Pool.merged([b, c])])):
        for name in STREAMED:
            np.testing.assert_allclose(
                other.statistic(name), at_once.statistic(name), rtol=1e-12, err_msg=name
            )


def test_no_value_at_all_is_null_but_counted() -> None:
    nothing = np.full((6, 1, 2), np.nan, np.float32)
    for pool in (pooled(nothing, []), pooled(nothing, [2, 4]), pooled(nothing[:0], [])):
        for name in STREAMED:
            found = pool.statistic(name)
            assert found.shape == (2, 1)
            assert (found == 0).all() if name == "n_valid" else np.isnan(found).all(), name


@pytest.mark.parametrize("name", STREAMED)
def test_parts_without_frames_change_nothing(name: str) -> None:
    values = np.sin(np.arange(12, dtype=np.float32)).reshape(6, 1, 2)
    plain = pooled(values, []).statistic(name)
    np.testing.assert_array_equal(pooled(values, [0, 0, 6]).statistic(name), plain)


def test_one_frame_has_neither_variance_nor_difference() -> None:
    pool = pooled(np.full((1, 1, 1), 7, np.float32), [])
    assert pool.statistic("mean") == pool.statistic("min") == pool.statistic("max") == 7
    assert pool.statistic("var") == 0
    assert np.isnan([pool.statistic(name) for name in ("dmean", "dvar", "skew")]).all()


def test_a_difference_needs_two_neighbours() -> None:
    values = np.array([1, np.nan, 4, 6, np.nan, np.nan, 0, 5], np.float32).reshape(-1, 1, 1)
    for cut in range(9):
        pool = pooled(values, [cut])
        assert pool.statistic("dmean") == (2 + 5) / 2
        assert pool.statistic("dvar") == 1.5**2


@pytest.mark.parametrize("statistics", [("mean",), ("mean", "var"), ("dmean",), ("n_valid",), ()])
def test_only_what_is_asked_for_is_gathered(statistics: tuple[str, ...]) -> None:
    values = np.random.default_rng(2).standard_normal((50, 1, 2)).astype(np.float32)
    some, all_of_them = pooled(values, [20], statistics), pooled(values, [20])
    assert len(some.values.powers) == ("var" in statistics)
    assert (some.changes is not None) == ("dmean" in statistics)
    assert some.least is None
    for name in statistics:
        np.testing.assert_array_equal(some.statistic(name), all_of_them.statistic(name))


def test_many_columns_are_those_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns are worked on some at a time; that is not to be seen."""
    values = np.random.default_rng(5).standard_normal((300, 2, 7)).astype(np.float32)
    values[::9, :, 3:] = np.nan
    whole = pooled(values, [100])
    monkeypatch.setattr("audiofeat_cli.pool.CHUNK", 500)
    for name in STREAMED:
        np.testing.assert_array_equal(
            pooled(values, [100]).statistic(name), whole.statistic(name), err_msg=name
        )


def test_other_layouts_and_types_are_right_too() -> None:
    rng = np.random.default_rng(6)
    for values in (
        np.ascontiguousarray(rng.standard_normal((40, 2, 3))),
        rng.integers(-(2**31), 2**31 - 1, (40, 2, 3), dtype=np.int32),
    ):
        pool = Pool.of(values, Demand.of(STREAMED))
        for name in STREAMED:
            np.testing.assert_allclose(pool.statistic(name), expected(values, name), rtol=1e-12)


def test_booleans_pool_to_their_share() -> None:
    voiced = np.array([True, False, True, True]).reshape(-1, 1, 1)
    pool = pooled(voiced, [1])
    assert pool.statistic("mean") == 0.75
    assert pool.statistic("max") == 1
    assert pool.statistic("dmean") == pytest.approx(2 / 3)
    assert percentiles(voiced[:, 0].T, [10, 50]).tolist() == [[pytest.approx(0.3)], [1]]


@given(
    values=hnp.arrays(
        np.float32, st.tuples(st.integers(1, 4), st.integers(1, 60)), elements=Values
    ),
    percents=st.lists(st.integers(1, 99), min_size=1, max_size=5),
)
def test_percentiles_are_those_of_numpy(values: Array, percents: list[int]) -> None:
    finite = np.where(np.isfinite(values), values.astype(np.float64), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of columns without a value
        want = np.nanpercentile(finite, percents, axis=-1)
    np.testing.assert_array_equal(percentiles(values, percents), want)


def test_percentiles_of_nothing() -> None:
    assert np.isnan(percentiles(np.empty((3, 0), np.float32), [50])).all()
    assert percentiles(np.empty((0, 5), np.float32), [5, 50]).shape == (2, 0)


@pytest.mark.parametrize(
    ("statistic", "of_hertz"),
    [
        ("mean", "Hz"), ("std", "Hz"), ("min", "Hz"), ("max", "Hz"), ("median", "Hz"),
        ("p05", "Hz"), ("dmean", "Hz"), ("var", "(Hz)^2"), ("dvar", "(Hz)^2"), ("skew", "1"),
        ("kurtosis", "1"), ("n_valid", "frames"),
    ],
)  # fmt: skip
def test_units(statistic: str, of_hertz: str) -> None:
    assert unit(statistic, "Hz") == of_hertz


def test_each_says_what_it_is() -> None:
    assert definition_of("p05") == "percentile 5"
    assert definition_of("kurtosis") == "excess kurtosis"
    assert all(definition_of(name) for name in STATISTICS)
