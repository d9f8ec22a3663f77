"""What holds for every registered feature. None is named here: a new one is picked up as it is.

A feature is looked at with its defaults, and with each set of parameters that its reference tries.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import audiofeat_cli.stream as engine
from audiofeat_cli.arrays import collect
from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.plan import Output, Plan
from audiofeat_cli.registry import accepted_parameters, load_features
from audiofeat_cli.step import Array, Feature, Gain
from audiofeat_cli.stream import Program
from tests.cases import STEREO, Case, Tolerance, assert_close, reference_of, referenced
from tests.signals import CutSource, columns, config_of, noise, plan_of, scene, silence, under, wide

FEATURES: Mapping[str, Feature] = load_features(plugins=False)
NAMES = sorted(FEATURES.keys() & set(referenced()))  # test_reference finds those without
HALF = 0.5
LAWS: Mapping[str, Callable[[Array], Array]] = {
    "invariant": lambda values: values,
    "linear": lambda values: HALF * values,
    "power": lambda values: HALF**2 * values,
    "decibel": lambda values: values + 20 * np.log10(HALF),
}


@dataclass(frozen=True)
class Variant:
    """A feature with parameters that are known to work."""

    feature: str
    parameters: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        told = ",".join(f"{name}={value}" for name, value in self.parameters)
        return f"{self.feature}({told})"

    @property
    def tolerance(self) -> Tolerance:
        """How close another way to compute it has to come: as close as the reference."""
        own = {case.tolerance for case in self.cases}
        common = reference_of(self.feature).tolerance
        return own.pop() or common if len(own) == 1 else common

    @property
    def cases(self) -> Sequence[Case]:
        """Those of the reference that have these parameters."""
        found = reference_of(self.feature).cases
        return [case for case in found if tuple(case.parameters.items()) == self.parameters]

    def plan(self, file_rate: int | None = None, **settings: Any) -> Plan:
        """Of this feature alone."""
        item = {self.feature: {**dict(self.parameters), "as": "it"}}
        config = config_of([item], **settings)
        return plan_of(config, FEATURES, file_rate=file_rate or config.sample_rate)

    def troubles(self, **settings: Any) -> Sequence[str]:
        """Why the settings cannot work with it."""
        config = config_of([{self.feature: dict(self.parameters)}], **settings)
        found = compile_plan(config, FEATURES, file_rate=config.sample_rate).troubles
        return [trouble.message for trouble in found if not trouble.warning]


def least(name: str) -> Variant:
    """The feature with only the parameters that it cannot do without."""
    needed = [p.name for p in accepted_parameters(FEATURES[name]).values() if p.is_required]
    example = reference_of(name).cases[0].parameters
    return Variant(name, tuple((k, v) for k, v in example.items() if k in needed))


def variants(name: str) -> Sequence[Variant]:
    """The feature as it comes and as its reference tries it."""
    tried = [Variant(name, tuple(case.parameters.items())) for case in reference_of(name).cases]
    return list(dict.fromkeys([least(name), *tried]))


def has_law(variant: Variant) -> bool:
    """Whether one of its values follows a gain law."""
    bound = any(case.level_bound for case in variant.cases)
    return not bound and any(output.gain in LAWS for output in variant.plan().outputs)


def shifts(variant: Variant) -> bool:
    """Whether a clip that begins later has the same rows later."""
    bound = any(case.start_bound for case in variant.cases)
    return not bound and FEATURES[variant.feature].level == "frame"


def params(found: Iterable[Variant]) -> list[Any]:
    """For pytest's parametrize."""
    return [pytest.param(variant, id=str(variant)) for variant in found]


ALONE = params(least(name) for name in NAMES)
SHIFTABLE = params(least(name) for name in NAMES if shifts(least(name)))
VARIANTS = params(variant for name in NAMES for variant in variants(name))
LAWFUL = params(v for name in NAMES for v in variants(name) if has_law(v))
REPLAYED = params(v for name in NAMES for v in variants(name) if v.plan().passes > 1)


@lru_cache(maxsize=64)
def program_of(variant: Variant, settings: tuple[tuple[str, Any], ...] = ()) -> Program:
    return Program(variant.plan(**dict(settings)))


def run(program: Program, signal: Array, cuts: Sequence[int] = ()) -> Array:
    """(frames, channels, width), or (1, channels, width) of a clip-level feature."""
    signal = columns(signal)
    source = CutSource({"analysis": signal, "native": signal}, cuts)
    values = under(collect(program, source, signal.shape[1]), "it")
    if program.plan.outputs[0].level == "event":
        return events_in_one(values, signal.shape[1])
    return values[np.newaxis] if values.ndim == 2 else values


def events_in_one(events: Array, channels: int) -> Array:
    """(1, channels, 1) mean of time times value of each channel's events; NaN without any."""
    found = [events[events[:, 0] == channel] for channel in range(channels)]
    means = [np.mean(each[:, 1] * each[:, 2]) if len(each) else np.nan for each in found]
    return np.array(means)[np.newaxis, :, np.newaxis]


def compute(variant: Variant, signal: Array, cuts: Sequence[int] = (), **settings: Any) -> Array:
    """Values at 22050/2048/512, or as the settings say."""
    program = program_of(variant, tuple(settings.items()))
    if signal.ndim == 1 and reference_of(variant.feature).defined_on == STEREO:
        return run(program, wide(signal), cuts)[:, :1]
    return run(program, signal, cuts)


def outputs_of(variant: Variant) -> Sequence[Output]:
    return program_of(variant).plan.outputs


def level_of(variant: Variant) -> str:
    return FEATURES[variant.feature].level


def own_window(variant: Variant) -> int | None:
    """The `n_fft` of a feature that has another than the config's; None where it has not."""
    known = accepted_parameters(FEATURES[variant.feature]).get("n_fft")
    return known.default if known and isinstance(known.default, int) else None


def reads_native(variant: Variant) -> bool:
    return any(node.root == "native" for node in program_of(variant).plan.nodes)


def by_output(variant: Variant, values: Array) -> Sequence[Array]:
    """(frames, channels, values) of each output on its own."""
    widths = [max(1, output.width) for output in outputs_of(variant)]
    return np.split(values, np.cumsum(widths)[:-1], axis=-1)


def silence_word(values: Array, close: Tolerance) -> str:
    """What the values of a silent clip are: null, 0 or floor."""
    if np.isnan(values).any():
        assert np.isnan(values).all()
        return "null"
    slack = close.worst * (1 if close.absolute else np.abs(values).max())
    assert np.ptp(values, axis=0).max() <= slack, "not the same in all frames"
    return "0" if np.abs(values).max() <= slack else "floor"


def silence_words(name: str) -> set[str]:
    """What the docstring says of silence: some of null, 0, floor."""
    told = re.search(r"\bSilence: ([^.;]+)", FEATURES[name].definition)
    assert told is not None, "its docstring has no sentence `Silence: ...`"
    return set(re.findall(r"\bnull\b|\b0\b|\bfloor\b", told[1]))


class TestDeclared:
    @pytest.mark.parametrize("name", NAMES)
    def test_docstring(self, name: str) -> None:
        told = FEATURES[name].definition
        assert re.match(r"[^\n]+\.\n", told), "first a line that says what it is"
        assert re.search(r"\.\. math::[ \n]+\S", told)
        assert re.search(r"\bSource: \S", told)
        assert silence_words(name)

    @pytest.mark.parametrize("variant", VARIANTS)
    def test_unit_gain_and_reference(self, variant: Variant) -> None:
        for output in outputs_of(variant):
            assert output.unit
            assert output.gain in get_args(Gain)
            assert output.reference
            assert bool(output.categories) == (output.dtype == "string")

    @pytest.mark.parametrize("name", NAMES)
    def test_parameters_have_types(self, name: str) -> None:
        for parameter in accepted_parameters(FEATURES[name]).values():
            assert parameter.annotation not in (None, Any)

    @pytest.mark.parametrize("variant", VARIANTS)
    def test_shape_dtype_and_columns(self, variant: Variant) -> None:
        outputs = outputs_of(variant)
        values = compute(variant, noise(22050, 0.3))
        frames = 1 + len(noise(22050, 0.3)) // 512 if level_of(variant) == "frame" else 1
        assert values.shape == (frames, 1, sum(max(1, output.width) for output in outputs))
        names = [name for output in outputs for name in output.columns]
        columns_of = [o for o in outputs if o.level != "event"]  # events have a table of their own
        assert len(names) == sum(1 if o.is_list else max(1, o.width) for o in columns_of)
        assert len(set(names)) == len(names)
        assert all(name.startswith("it") for name in names)
        assert all(len(output.labels) in (0, output.width) for output in outputs)
        if level_of(variant) == "frame" and {output.dtype for output in outputs} == {"float32"}:
            assert values.dtype == np.float32


class TestValues:
    @pytest.mark.parametrize("variant", VARIANTS)
    def test_silence_is_what_the_docstring_says(self, variant: Variant) -> None:
        values = compute(variant, silence(22050, 1))
        assert not np.isinf(values).any()
        parts = by_output(variant, values)
        found = {silence_word(part, variant.tolerance) for part in parts}
        assert found <= silence_words(variant.feature)

    @pytest.mark.parametrize("variant", VARIANTS)
    def test_is_finite_where_it_is_defined(self, variant: Variant) -> None:
        values = compute(variant, reference_of(variant.feature).defining(22050))
        first_is_null = "frame 0" in FEATURES[variant.feature].definition
        assert np.isfinite(values[1:] if first_is_null else values).all()
        assert not np.isinf(values).any()
        assert np.isnan(values[0]).all() == first_is_null

    @pytest.mark.parametrize("kind", [silence, noise, scene])
    @pytest.mark.parametrize("variant", VARIANTS)
    def test_nothing_is_infinite(self, variant: Variant, kind: Any) -> None:
        loud = np.float32(10) * kind(22050, 0.3)
        assert not np.isinf(compute(variant, loud)).any()

    @pytest.mark.parametrize("variant", LAWFUL)
    def test_gain_law(self, variant: Variant) -> None:
        signal = noise(22050, 1)
        plain, halved = compute(variant, signal), compute(variant, HALF * signal)
        rounding = Tolerance(1e-5, 1e-5, "rounding", period=variant.tolerance.period)
        parts = by_output(variant, plain), by_output(variant, halved)
        for output, before, after in zip(outputs_of(variant), *parts, strict=True):
            if output.gain in LAWS:
                assert_close(after, LAWS[output.gain](before), rounding)

    @pytest.mark.parametrize("variant", ALONE)
    def test_two_runs_give_the_same_bits(self, variant: Variant) -> None:
        signal = scene(22050, 1)
        once, again = (run(Program(variant.plan()), signal, [5000, 8000]) for _ in range(2))
        assert once.tobytes() == again.tobytes()


class TestTime:
    @pytest.mark.parametrize("variant", SHIFTABLE)
    def test_shift_by_a_hop_shifts_the_rows(self, variant: Variant) -> None:
        hop = 512
        quiet = np.zeros(16 * hop, np.float32)  # more than a window and than a derivative's width
        signal = np.concatenate([quiet, scene(22050, 1)])
        later = np.concatenate([quiet[:hop], signal])
        rows, shifted = compute(variant, signal), compute(variant, later)
        assert len(shifted) == len(rows) + 1
        assert_close(shifted[2:], rows[1:], variant.tolerance)

    @pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 96000, 192000])
    @pytest.mark.parametrize("variant", ALONE)
    def test_short_clips(self, variant: Variant, rate: int) -> None:
        n_fft = 2 ** round(np.log2(0.1 * rate))
        self._check_lengths(variant, rate, n_fft, center=True)

    @pytest.mark.parametrize("center", [True, False])
    @pytest.mark.parametrize("variant", VARIANTS)
    def test_short_clips_of_variants(self, variant: Variant, center: bool) -> None:
        self._check_lengths(variant, 22050, 2048, center=center)

    def _check_lengths(self, variant: Variant, rate: int, n_fft: int, *, center: bool) -> None:
        hop = n_fft // 4
        grid: dict[str, Any] = {
            "sample_rate": rate,
            "n_fft": n_fft,
            "hop_length": hop,
            "center": center,
        }
        impossible = variant.troubles(**grid)
        if impossible:
            pytest.skip(f"refused, as it should: {impossible[0]}")
        lengths = (1, 2, hop - 1, hop, n_fft - 1, n_fft, n_fft + 1, round(0.4 * rate))
        given = dict(variant.parameters)
        own = given.get("n_fft", given.get("frame_length", own_window(variant) or n_fft))
        for length in lengths:
            values = compute(variant, noise(rate, 0.4)[:length], **grid)
            frames = 1 + length // hop if center else max(0, 1 + (length - own) // hop)
            assert len(values) == (frames if level_of(variant) == "frame" else 1), length
            assert not np.isinf(values).any(), length

    @pytest.mark.parametrize("channels", [1, 2, 3, 5, 8])
    @pytest.mark.parametrize("variant", ALONE)
    def test_channels_are_computed_each_for_itself(self, variant: Variant, channels: int) -> None:
        parts = [scene(22050, 0.5) + noise(22050, 0.5, 0.02, seed=c) for c in range(channels)]
        together = compute(variant, np.stack(parts, axis=1), channels="each")
        assert together.shape[1] == channels
        if reads_native(variant):
            np.testing.assert_array_equal(together, np.repeat(together[:, :1], channels, axis=1))
            return
        for channel, part in enumerate(parts):
            alone = compute(variant, part, channels="each")
            assert_close(together[:, channel], alone[:, 0], variant.tolerance)


class TestBlocks:
    """Where the engine cuts is nobody's business."""

    @pytest.mark.parametrize("name", NAMES)
    @given(data=st.data())
    @settings(max_examples=25)
    def test_cuts_change_nothing(self, name: str, data: st.DataObject) -> None:
        case = data.draw(
            st.sampled_from([c for c in reference_of(name).cases if c.published is None])
        )
        sizes = data.draw(st.lists(st.integers(1, 3000), max_size=9))
        variant = Variant(name, tuple(case.parameters.items()))
        grid = {**case.settings}
        signal = scene(grid.get("sample_rate", 22050), 0.5)
        whole = compute(variant, signal, **grid)
        assert_close(compute(variant, signal, sizes, **grid), whole, variant.tolerance)

    @pytest.mark.parametrize("keep", [0, 50_000])
    @pytest.mark.parametrize("variant", REPLAYED)
    def test_reading_again_gives_the_same_bits(
        self, variant: Variant, keep: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program = program_of(variant)
        signal, sizes = scene(22050, 1), [4096] * 4
        kept = run(program, signal, sizes)
        assert kept.size > 0
        monkeypatch.setattr(engine, "KEEP_BYTES", keep)
        assert run(program, signal, sizes).tobytes() == kept.tobytes()
