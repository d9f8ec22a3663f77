"""The engine: whatever the cuts, a step gets what its declaration says."""

import itertools
import math
import tracemalloc
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import audiofeat_cli.stream as engine
from audiofeat_cli.arrays import Collected, collect
from audiofeat_cli.errors import ClipError
from audiofeat_cli.reach import Reach
from audiofeat_cli.runner import Bound
from audiofeat_cli.step import Array
from audiofeat_cli.stream import Program
from audiofeat_cli.window import Window
from tests.signals import CutSource, Item, columns, config_of, noise, plan_of
from tests.toys import TOYS

CUTS = st.lists(st.integers(1, 40), max_size=12)
EDGES = ("constant", "edge", "reflect", "symmetric")


def ramp(n: int, channels: int = 1) -> Array:
    """(n, channels): item t of channel c is t + 1000 c, so that what is given tells its place."""
    return (np.arange(n)[:, np.newaxis] + 1000 * np.arange(channels)).astype(np.float32)


def program_of(*features: Item, **settings: Any) -> Program:
    return Program(plan_of(config_of(features, **settings), TOYS, file_rate=22050))


def run(program: Program, signal: Array, cuts: Sequence[int] = ()) -> dict[str, Array]:
    signal = columns(signal)
    source = CutSource({"analysis": signal, "native": signal}, cuts)
    return collect(program, source, signal.shape[1])


def run_toy(item: Item, signal: Array, cuts: Sequence[int] = ()) -> Array:
    """The values of the only feature."""
    (values,) = run(program_of(item), signal, cuts).values()
    return values


class TestReach:
    @given(
        n=st.integers(1, 60),
        left=st.integers(0, 50),
        right=st.integers(1, 50),
        stride=st.integers(1, 30),
        edges=st.sampled_from(EDGES),
        cuts=CUTS,
    )
    def test_centred_windows_are_those_of_the_padded_signal(
        self, n: int, left: int, right: int, stride: int, edges: str, cuts: list[int]
    ) -> None:
        parameters = {"stride": stride, "left": left, "right": right, "edges": edges}
        got = run_toy({"gather": {**parameters, "count": "centered"}}, ramp(n, 2), cuts)
        padded = np.pad(ramp(n), ((left, right + stride), (0, 0)), mode=edges)  # type: ignore[call-overload]
        views = np.lib.stride_tricks.sliding_window_view(padded[:, 0], left + right)
        expected = views[::stride][: 1 + n // stride]
        np.testing.assert_array_equal(got[:, 0], expected)
        second = np.where(
            (expected == 0) & _outside(n, got, left, stride, edges), 0, expected + 1000
        )
        np.testing.assert_array_equal(got[:, 1], second)

    @given(n=st.integers(1, 80), size=st.integers(1, 50), stride=st.integers(1, 30), cuts=CUTS)
    def test_valid_windows_are_those_that_fit(
        self, n: int, size: int, stride: int, cuts: list[int]
    ) -> None:
        parameters = {"stride": stride, "right": size, "count": "valid"}
        got = run_toy({"gather": parameters}, ramp(n), cuts)
        starts = range(0, n - size + 1, stride)
        expected = np.array([np.arange(s, s + size) for s in starts]).reshape(-1, size)
        np.testing.assert_array_equal(got[:, 0], expected)

    @given(
        n=st.integers(1, 60),
        left=st.integers(1, 9),
        right=st.integers(0, 9),
        edges=st.sampled_from(EDGES),
        cuts=CUTS,
    )
    def test_one_output_for_each_item(
        self, n: int, left: int, right: int, edges: str, cuts: list[int]
    ) -> None:
        parameters = {"left": left, "right": right, "edges": edges}
        got = run_toy({"gather": parameters}, ramp(n), cuts)
        padded = np.pad(ramp(n)[:, 0], (left, right), mode=edges)  # type: ignore[call-overload]
        views = np.lib.stride_tricks.sliding_window_view(padded, left + right)
        np.testing.assert_array_equal(got[:, 0], views[:n])

    @given(
        n=st.integers(1, 60),
        left=st.integers(0, 20),
        right=st.integers(1, 20),
        stride=st.sampled_from([1, 3, 7, Fraction(5, 2), Fraction(441, 100)]),
        cuts=CUTS,
    )
    def test_cut_windows_hold_what_there_is(
        self, n: int, left: int, right: int, stride: int | Fraction, cuts: list[int]
    ) -> None:
        parameters = {"stride": stride, "left": left, "right": right}
        count = "same" if stride == 1 else "centered"
        got = run_toy({"surroundings": {**parameters, "count": count}}, ramp(n + 25), cuts)
        wanted = n + 25 if stride == 1 else 1 + int((n + 25) // stride)
        items = np.arange(n + 25)
        expected = []
        for t in range(wanted):
            at = round(t * stride)
            near = items[max(0, at - left) : at + right]
            expected.append([t, at if at < len(items) else -1, near.sum(), len(near)])
        np.testing.assert_array_equal(got[:, 0], expected)

    @given(n=st.integers(1, 60), cuts=CUTS, stride=st.fractions(1, 9, max_denominator=8))
    def test_fractional_strides_round_each_multiple(
        self, n: int, cuts: list[int], stride: Fraction
    ) -> None:
        got = run_toy({"bins": {"stride": stride}}, ramp(n), cuts)
        reach = Reach(stride, 0, int(np.ceil(float(stride))), count="valid")
        at = [round(t * stride) for t in range(reach.outputs(n) + 1)]
        expected = [np.arange(n)[a:b].sum() for a, b in itertools.pairwise(at)]
        np.testing.assert_array_equal(got[:, 0, 0], expected)

    @given(n=st.integers(1, 60), left=st.integers(0, 9), right=st.integers(1, 9), cuts=CUTS)
    def test_span_tells_the_ends(self, n: int, left: int, right: int, cuts: list[int]) -> None:
        got = run_toy({"ends": {"left": left, "right": right}}, ramp(n), cuts)
        first, last, at_start, at_end = got[:, 0].T
        np.testing.assert_array_equal(at_start, first == 0)
        assert (last[at_end == 1] == n - 1).all()
        beyond = np.arange(n) + right > n
        assert (at_end[beyond] == 1).all()

    @given(
        left=st.integers(0, 20),
        right=st.integers(1, 20),
        stride=st.sampled_from([1, 4, 30, Fraction(7, 2)]),
        edges=st.sampled_from([*EDGES, "cut"]),
        sizes=st.lists(st.integers(1, 30), min_size=5, max_size=40),
    )
    def test_outputs_come_at_once_and_no_more_is_kept_than_they_need(
        self, left: int, right: int, stride: int | Fraction, edges: str, sizes: list[int]
    ) -> None:
        window = Window(Reach(stride, left, right, edges=edges, count="centered"))
        made = total = 0
        enough = 0 if edges in ("constant", "edge", "cut") else max(left, right) + 1
        for size in sizes:
            window.feed(ramp(size))
            total += size
            stop = window.ready(ended=False)
            due = [t for t in range(total + 1) if math.ceil(t * stride) + right <= total]
            assert stop == (len(due) if total >= enough else 0)
            if stop > made:
                window.take(made, stop)
                window.drop(stop)
                made = stop
            assert window.items is not None
            assert len(window.items) <= 2 * (left + right) + stride + 2

    def test_no_item_gives_no_output(self) -> None:
        for reach in (Reach(), Reach(512, 1024, 1024, count="centered"), Reach(3, 0, 9)):
            assert reach.outputs(0) == 0
        assert Reach(512, 0, 2048, count="valid").outputs(2047) == 0


def _outside(n: int, got: Array, left: int, stride: int, edges: str) -> Array:
    """Which places of each window lie beyond the signal and so are 0 in every channel."""
    places = np.arange(len(got))[:, np.newaxis] * stride - left + np.arange(got.shape[-1])
    return (edges == "constant") & ((places < 0) | (places >= n))


class TestKinds:
    signal = np.stack([noise(1000, 0.5, seed=3), noise(1000, 0.5, seed=4)], axis=1)

    @given(cuts=CUTS)
    def test_scan_may_change_the_rate(self, cuts: list[int]) -> None:
        got = run_toy("halved", self.signal, cuts)
        sums = np.cumsum(self.signal.astype(np.float64), axis=0)[::2]
        np.testing.assert_allclose(got[..., 0], sums, rtol=1e-12)

    @given(cuts=CUTS)
    def test_scan_gives_what_it_holds_when_the_clip_ends(self, cuts: list[int]) -> None:
        got = run_toy("holds_back", self.signal, cuts)
        np.testing.assert_array_equal(got[..., 0], self.signal)

    @given(cuts=CUTS)
    def test_what_reads_such_a_scan_gets_its_end(self, cuts: list[int]) -> None:
        got = run_toy("after_held", self.signal, cuts)
        expected = np.diff(self.signal, axis=0, prepend=np.zeros((1, 2), np.float32))
        np.testing.assert_array_equal(got[..., 0], expected)

    def test_scan_without_items_has_no_end(self) -> None:
        assert run_toy("holds_back", self.signal[:0]).shape == (0, 2, 1)

    @given(cuts=CUTS)
    def test_fold_makes_one_value(self, cuts: list[int]) -> None:
        got = run_toy("mean", self.signal, cuts)
        np.testing.assert_allclose(got[:, 0], self.signal.mean(axis=0), atol=1e-8)

    @given(cuts=CUTS)
    def test_clip_step_gets_the_whole_stream(self, cuts: list[int]) -> None:
        got = run_toy("quartiles", self.signal, cuts)
        np.testing.assert_allclose(got, np.quantile(self.signal, [0.25, 0.75], axis=0).T)

    @given(cuts=CUTS)
    def test_streams_of_different_lag_are_aligned(self, cuts: list[int]) -> None:
        got = run_toy("three_streams", self.signal, cuts)
        x = np.pad(self.signal, ((20, 20), (0, 0)))
        t = 20 + np.arange(len(self.signal))
        ends = (t + 6 < 20 + len(self.signal))[:, np.newaxis]  # beyond the end of a stream is 0
        expected = x[t + 6] * ends + 10 * x[t - 7] + 100 * x[t - 1]
        np.testing.assert_allclose(got[..., 0], expected, rtol=1e-6)

    def test_roots_are_told_apart(self) -> None:
        source = CutSource({"analysis": ramp(5), "native": ramp(3, 2)}, [2])
        got = collect(program_of("mean", "native_sum"), source, 1)
        assert got["mean"] == 2
        assert got["native_sum"] == 3 + 3003

    def test_no_samples_give_no_frames(self) -> None:
        got = run(program_of("gather", "halved", "mean", "normalised"), np.zeros((0, 1)))
        assert [len(got[name]) for name in ("gather", "halved", "normalised")] == [0, 0, 0]


class TestConstants:
    def test_are_built_once_for_all_readers_and_clips(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls = _counted(monkeypatch)
        program = program_of("tapped", {"tapped": {"as": "again"}}, "late_tapped")
        for seed in range(3):
            run(program, noise(1000, 0.1, seed=seed), [30])
        assert (calls["taps"], calls["taps_twice"]) == (1, 1)
        assert calls["late_taps"] == 3, "one of each clip"
        assert calls["tapped"] == 3 * 2, "one output for both aliases, in two blocks"

    def test_differ_with_parameters(self, monkeypatch: pytest.MonkeyPatch) -> None:
        calls = _counted(monkeypatch)
        program = program_of("tapped", {"tapped": {"as": "wide", "size": 5}})
        got = run(program, np.ones(4))
        assert calls["taps"] == 2
        assert (got["tapped"] == 6).all()
        assert (got["wide"] == 10).all()


class TestPasses:
    signal = np.stack([noise(1000, 0.5, seed=5) + 0.3, noise(1000, 0.5, seed=6)], axis=1)

    @given(cuts=CUTS, keep=st.integers(0, 9000))
    def test_values_of_the_clip_come_back_into_frames(self, cuts: list[int], keep: int) -> None:
        program = program_of("without_mean", "normalised", "late_tapped", "tapped", "mean")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine, "KEEP_BYTES", keep)
            got = run(program, self.signal, cuts)
        mean = self.signal.astype(np.float64).mean(axis=0)
        centred = self.signal - mean
        np.testing.assert_allclose(got["without_mean"][..., 0], centred, rtol=1e-6)
        peak = np.abs(centred).max(axis=0)
        np.testing.assert_allclose(got["normalised"][..., 0], centred / peak, rtol=1e-6)
        np.testing.assert_allclose(got["late_tapped"][..., 0], self.signal * 6 * mean, rtol=1e-5)
        np.testing.assert_allclose(got["tapped"][..., 0], 6 * self.signal, rtol=1e-6)
        np.testing.assert_allclose(got["mean"][:, 0], mean, rtol=1e-6)

    def test_are_counted(self) -> None:
        assert program_of("tapped", "mean").plan.passes == 1
        assert program_of("without_mean").plan.passes == 2
        assert program_of("normalised").plan.passes == 3

    @pytest.mark.parametrize(("keep", "reads"), [(0, 3), (3000, 3), (2**20, 1)])
    def test_what_is_too_large_to_keep_is_read_again(
        self, keep: int, reads: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program = program_of("normalised", "without_mean", "tapped")
        kept = run(program, self.signal, [100] * 5)
        monkeypatch.setattr(engine, "KEEP_BYTES", keep)
        source = CutSource({"analysis": self.signal}, [100] * 5)
        got = collect(program, source, 2)
        assert source.reads == reads
        for name, values in kept.items():
            np.testing.assert_array_equal(got[name], values)

    def test_what_a_later_pass_keeps_is_bounded_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        program = program_of("normalised", "without_mean", "tapped")
        kept = run(program, self.signal, [100] * 5)
        # The first pass keeps 4000 bytes; the second would add as much.
        monkeypatch.setattr(engine, "KEEP_BYTES", 6000)
        source = CutSource({"analysis": self.signal}, [100] * 5)
        got = collect(program, source, 2)
        assert source.reads == 2, "the first pass, and the last one again"
        for name, values in kept.items():
            np.testing.assert_array_equal(got[name], values)

    def test_what_waits_in_the_sink_counts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Waiting(Collected):
            restarts = 0

            @property
            def held_bytes(self) -> int:  # type: ignore[override]
                return sum(block.nbytes for held in self.blocks.values() for block in held)

            def restart(self) -> None:
                super().restart()
                self.restarts += 1

        # 500 x 2 float32 are kept at the cut; two outputs of a first pass wait beside them.
        program = program_of("without_mean", "tapped", {"tapped": {"size": 2, "as": "more"}})
        for keep, restarts in ((2 * 4000, 1), (4 * 4000, 0)):
            monkeypatch.setattr(engine, "KEEP_BYTES", keep)
            sink = Waiting()
            program.run(CutSource({"analysis": self.signal}, [100] * 5), sink)
            assert sink.restarts == restarts

    def test_a_value_may_be_made_of_values_alone(self) -> None:
        got = run(program_of("doubled_peak"), self.signal, [77])
        centred = self.signal - self.signal.mean(axis=0)
        expected = 2 * np.abs(centred).max(axis=0)
        np.testing.assert_allclose(got["doubled_peak"][:, 0], expected, rtol=1e-6)

    def test_clips_do_not_mix(self) -> None:
        program = program_of("normalised", "halved", "mean")
        first = run(program, self.signal, [60])
        run(program, noise(1000, 0.3), [60])
        again = run(program, self.signal, [60])
        for name, values in first.items():
            np.testing.assert_array_equal(again[name], values)


class TestFailures:
    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("raises", "raises: ValueError: too deep: 1.5"),
            ("clip_raises", "clip_raises: KeyError: 'gone'"),
            ("fold_raises", "fold_raises: IndexError: no end"),
            ("scan_raises", "scan_raises: ZeroDivisionError: by zero"),
            ("loses_one", "loses_one: ValueError: gave (4, 1, 1) where 5 items belong"),
            ("flat", "flat: ValueError: gave (5,) where 5 items belong"),
            ("listed", "listed: ValueError: gave list where 5 items belong"),
        ],
    )
    def test_defects_name_their_step(self, name: str, message: str) -> None:
        with pytest.raises(ClipError) as caught:
            run_toy(name, ramp(5))
        assert caught.value.message == message
        assert (caught.value.stage, caught.value.kind) == ("compute", "defect")

    def test_detail_has_parameters_shapes_and_traceback(self) -> None:
        with pytest.raises(ClipError) as caught:
            run_toy({"raises": {"depth": 2.5}}, ramp(5, 2))
        detail = caught.value.detail
        assert detail.startswith("step tests.toys:raises({'depth': 2.5}) on (5, 2)\n")
        assert "in raises" in detail
        assert isinstance(caught.value.__cause__, ValueError)

    def test_a_failure_that_explains_itself_is_passed_on(self) -> None:
        with pytest.raises(ClipError, match="too odd") as caught:
            run_toy("refuses", ramp(5))
        assert caught.value.kind == "too_odd"
        assert caught.value.detail == ""

    def test_memory_has_its_own_kind(self) -> None:
        with pytest.raises(ClipError, match="out of memory in starves") as caught:
            run_toy("starves", ramp(5))
        assert caught.value.kind == "out_of_memory"

    def test_constants_fail_before_any_clip(self) -> None:
        with pytest.raises(ClipError, match="broken_constant: ArithmeticError"):
            program_of("reads_broken")

    def test_a_failed_clip_leaves_the_program_usable(self) -> None:
        program = program_of("mean", {"gather": {"left": 3}})
        bad = CutSource({"analysis": ramp(9)}, [4])
        bad.blocks = lambda roots: _breaks(bad, roots)  # type: ignore[method-assign]
        with pytest.raises(OSError, match="gone"):
            program.run(bad, Collected())
        np.testing.assert_array_equal(run(program, ramp(3))["mean"], [[1]])


class _Hours:
    """The same noise again and again, none of it kept."""

    def __init__(self, blocks: int) -> None:
        self.count = blocks
        self.block = columns(noise(22050, 1)).copy(order="F")

    def blocks(self, roots: frozenset[str]) -> Iterator[tuple[str, Array]]:
        for _ in range(self.count):
            yield from ((root, self.block) for root in sorted(roots))


class _Forgets(Collected):
    def put(self, output: int, block: Array) -> None:
        pass


@pytest.mark.parametrize(
    "features",
    [
        ["mel", "mfcc", "spectral_flux", "zero_crossing_rate", {"delta": {"of": "mfcc"}}],
        ["integrated_loudness", {"mel": {"top_db": 80.0}}],
    ],
    ids=["one pass", "read again"],
)
def test_memory_does_not_grow_with_the_clip(
    features: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "KEEP_BYTES", 500_000)
    program = Program(plan_of(config_of(features), file_rate=22050))
    peaks = []
    for seconds in (5, 20, 100):  # the first is for what is made once
        tracemalloc.start()
        program.run(_Hours(seconds), _Forgets())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 1.1 * peaks[1]
    assert peaks[2] < 12e6


def _breaks(source: CutSource, roots: frozenset[str]) -> Any:
    yield "analysis", source.signals["analysis"][:4]
    raise OSError("gone")


def _counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Calls of each step, by its name."""
    calls: Counter[str] = Counter()
    plain = Bound.invoke

    def counting(self: Bound, call: Any, *arguments: Any) -> Any:
        calls[self.node.title] += 1
        return plain(self, call, *arguments)

    monkeypatch.setattr(Bound, "invoke", counting)
    return calls
