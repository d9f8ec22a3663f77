"""The registry: what parameters a feature accepts, where they arrive, and plugins."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiofeat_cli import registry
from audiofeat_cli.arrays import run_array
from audiofeat_cli.errors import UsageError
from audiofeat_cli.registry import accepted_parameters, load_features
from audiofeat_cli.step import Array, Feature, analysis_samples, chosen, feature, local, when
from tests.signals import Item, config_of, plan_of


@local(analysis_samples)
def scaled(samples: Array, *, factor: float = 2.0, offset: float = 0.0) -> Array:
    return (factor * samples + offset)[..., np.newaxis]


@local(scaled.using(factor=3.0))
def thrice(values: Array, *, power: int = 1) -> Array:
    return np.asarray(values**power)


def _handed_on(*inputs: Any, name: str, parameter: bool = False) -> Feature:
    """A feature that gives its first input, under a name of this module."""

    def bare(values: Array, *others: Array) -> Array:
        return values + sum(others)

    def choosing(values: Array, *, level: float | None = None) -> Array:
        return values

    function = choosing if parameter else bare
    function.__name__ = function.__qualname__ = name
    return feature(*inputs, unit="1", gain="none", reference="none")(function)


default = _handed_on(scaled, name="default")
used = _handed_on(scaled.using(factor=5.0), name="used")
pinned = _handed_on(scaled.pinned(factor=7.0), name="pinned")
renamed = _handed_on(scaled.renamed(factor="slope"), name="renamed")
nested = _handed_on(thrice, name="nested")
overruled = _handed_on(thrice.using(factor=4.0).renamed(offset="shift"), name="overruled")
twofold = _handed_on(
    scaled.renamed(factor="first").using(factor=1.0),
    scaled.renamed(factor="second").pinned(offset=1.0),
    name="twofold",
)
switched = _handed_on(
    when("level", scaled.pinned(factor=10.0), scaled.pinned(factor=20.0)),
    name="switched",
    parameter=True,
)
SCOPED = {f.name: f for f in (default, used, pinned, renamed, nested, overruled, twofold, switched)}


class TestScopes:
    """Which parameters a feature accepts, with which defaults, and where they arrive."""

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("default", {"factor": 2.0, "offset": 0.0}),
            ("used", {"factor": 5.0, "offset": 0.0}),
            ("pinned", {"offset": 0.0}),
            ("renamed", {"slope": 2.0, "offset": 0.0}),
            ("nested", {"power": 1, "factor": 3.0, "offset": 0.0}),
            ("overruled", {"power": 1, "factor": 4.0, "shift": 0.0}),
            ("twofold", {"first": 1.0, "second": 2.0, "offset": 0.0}),
            ("switched", {"level": None, "offset": 0.0}),
        ],
    )
    def test_accepted(self, name: str, expected: dict[str, Any]) -> None:
        accepted = accepted_parameters(SCOPED[name])
        assert {p.name: p.default for p in accepted.values()} == expected
        assert all(name == p.name for name, p in accepted.items())

    @pytest.mark.parametrize(
        ("item", "expected"),
        [
            ("default", 2),
            ({"default": {"factor": 9.0}}, 9),
            ("used", 5),
            ({"used": {"factor": 9.0, "offset": 1.0}}, 10),
            ("pinned", 7),
            ({"pinned": {"offset": 1.0}}, 8),
            ({"renamed": {"slope": 9.0}}, 9),
            ("nested", 3),
            ({"nested": {"factor": 9.0, "power": 2}}, 81),
            ("overruled", 4),
            ({"overruled": {"factor": 9.0, "shift": 2.0}}, 11),
            ("twofold", 1 + 3),
            ({"twofold": {"first": 5.0, "second": 7.0, "offset": 2.0}}, 5 + 2 + 7 + 1),
            ("switched", 20),
            ({"switched": {"level": 0.0}}, 10),
            ({"switched": {"level": None, "offset": 1.0}}, 21),
        ],
    )
    def test_values_arrive(self, item: Item, expected: float) -> None:
        plan = plan_of(config_of([item]), SCOPED)
        (values,) = run_array(plan, np.ones(4), 22050).values()
        assert (values == expected).all()

    def test_two_defaults_under_one_name_are_a_defect(self) -> None:
        clashing = _handed_on(scaled, scaled.using(factor=9.0), name="clashing")
        with pytest.raises(
            TypeError, match=r"'factor' has two defaults among its steps: 2.0 and 9"
        ):
            accepted_parameters(clashing)

    def test_a_chosen_input_adds_no_parameters(self) -> None:
        choosing = _handed_on(chosen("of"), name="choosing")
        assert accepted_parameters(choosing) == {}

    def test_settings_may_be_overridden_but_not_those_of_the_grid(self) -> None:
        accepted = accepted_parameters(load_features(plugins=False)["mel"])
        assert {"n_fft", "win_length", "window", "pad_mode", "precision"} <= set(accepted)
        assert not {"sample_rate", "hop_length", "center"} & set(accepted)


PLUGIN = """
import numpy as np
from audiofeat_cli.step import analysis_samples, feature

@feature(analysis_samples, unit="FS", gain="linear", reference="itself")
def {name}(samples, *, times: float = 2.0):
    "Samples times a number."
    return np.float32(times) * samples[..., np.newaxis]
"""


class Installer:
    """Installs a module `audiofeat_test_plugin` with one entry point."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, code: str, value: str) -> None:
        (self.folder / "audiofeat_test_plugin.py").write_text(code)
        facts = self.folder / "audiofeat_test_plugin-1.5.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text("Name: audiofeat-test-plugin\nVersion: 1.5\n")
        (facts / "entry_points.txt").write_text(f"[audiofeat.features]\nany = {value}\n")


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installer:
    monkeypatch.syspath_prepend(tmp_path)
    return Installer(tmp_path)


class TestPlugins:
    @pytest.fixture(autouse=True)
    def _fresh_registry(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.delenv("AUDIOFEAT_PLUGINS", raising=False)
        registry._load.cache_clear()
        yield
        registry._load.cache_clear()
        for name in [name for name in sys.modules if name.startswith("audiofeat_test_plugin")]:
            del sys.modules[name]

    def test_are_loaded_with_their_version(self, install: Installer) -> None:
        install(PLUGIN.format(name="loudly"), "audiofeat_test_plugin")
        known = load_features()
        assert known["loudly"].plugin == "audiofeat-test-plugin 1.5"
        plan = plan_of(config_of(["loudly", "rms"]), known)
        assert plan.plugins == ("audiofeat-test-plugin 1.5",)
        assert (run_array(plan, np.ones(4), 22050)["loudly"] == 2).all()

    def test_may_name_one_feature(self, install: Installer) -> None:
        install(PLUGIN.format(name="loudly"), "audiofeat_test_plugin:loudly")
        assert "loudly" in load_features()

    def test_version_is_part_of_the_plan(self, install: Installer) -> None:
        install(PLUGIN.format(name="loudly"), "audiofeat_test_plugin")
        known = dict(load_features())
        config = config_of(["loudly"])
        old = plan_of(config, known)
        known["loudly"] = replace(known["loudly"], plugin="audiofeat-test-plugin 1.6")
        assert plan_of(config, known).hash != old.hash

    def test_can_be_switched_off(self, install: Installer, monkeypatch: pytest.MonkeyPatch) -> None:
        install(PLUGIN.format(name="loudly"), "audiofeat_test_plugin")
        monkeypatch.setenv("AUDIOFEAT_PLUGINS", "0")
        assert "loudly" not in load_features()
        assert "loudly" in load_features(plugins=True)
        assert "loudly" not in load_features(plugins=False)

    def test_a_taken_name_is_refused(self, install: Installer) -> None:
        install(PLUGIN.format(name="mel"), "audiofeat_test_plugin")
        with pytest.raises(
            UsageError, match=r"plugin audiofeat-test-plugin 1.5: .*'mel' is alread"
        ):
            load_features()

    @pytest.mark.parametrize(
        ("code", "value", "message"),
        [
            ("import nothing_of_that_name", "audiofeat_test_plugin", "ModuleNotFoundError"),
            ("1 / 0", "audiofeat_test_plugin", "ZeroDivisionError"),
            ("", "audiofeat_test_plugin:gone", "AttributeError"),
        ],
    )
    def test_a_broken_one_tells_what_to_do(
        self, code: str, value: str, message: str, install: Installer
    ) -> None:
        install(code, value)
        with pytest.raises(UsageError) as caught:
            load_features()
        assert f"audiofeat-test-plugin 1.5: {value} cannot be loaded: {message}" in str(
            caught.value
        )
        assert "AUDIOFEAT_PLUGINS=0" in caught.value.remedy

    @pytest.mark.parametrize("code", ["", "def loudly(): pass"])
    def test_one_without_features_tells(self, code: str, install: Installer) -> None:
        install(code, "audiofeat_test_plugin" + (":loudly" if code else ""))
        with pytest.raises(UsageError, match=r"plugin audiofeat-test-plugin 1.5: .* is no feature"):
            load_features()

    def test_one_with_clashing_defaults_tells(self, install: Installer) -> None:
        code = PLUGIN.format(name="one").replace("analysis_samples, unit", "a, b, unit")
        code = code.replace(
            "\n@", "from tests.test_registry import scaled as a\nb = a.using(factor=1)\n@"
        )
        install(code, "audiofeat_test_plugin")
        with pytest.raises(UsageError, match=r"1.5: one: parameter 'factor' has two defaults"):
            load_features()


def test_registry_is_sorted_and_complete() -> None:
    known: Mapping[str, Feature] = load_features(plugins=False)
    assert list(known) == sorted(known)
    assert {"rms", "mel", "mfcc", "delta", "integrated_loudness"} <= set(known)
    assert all(name == one.name and not one.plugin for name, one in known.items())
