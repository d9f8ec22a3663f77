"""Config + registry -> Plan: what is merged, named, refused and hashed."""

import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiofeat_cli.arrays import run_array
from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.config.load import load_config
from audiofeat_cli.explain.counting import TransformCounter
from audiofeat_cli.plan import Plan, resolved_config
from audiofeat_cli.reach import Reach
from audiofeat_cli.registry import load_features
from audiofeat_cli.step import Array, clip, feature, native_samples
from audiofeat_cli.steps.spectrum import power_spectrum
from audiofeat_cli.troubles import Trouble
from tests.signals import Item, config_of, noise, plan_of
from tests.toys import TOYS

ONE_SPECTRUM = ("mel", "mfcc", "chroma_stft", "spectral_centroid", "spectral_flux")


@clip(native_samples)
def native_peak(samples: Array) -> Array:
    """(channels, 1): largest sample of the file."""
    return np.asarray(np.abs(samples).max(axis=0)[:, np.newaxis])


@feature(power_spectrum, native_peak, unit="1", gain="none", reference="none", width=1025)
def spectrum_over_peak(spectrum: Array, peak: Array) -> Array:
    """Frames of the analysis, divided by a value of the file."""
    return np.asarray(spectrum / peak.max())


def steps_of(plan: Plan) -> list[str]:
    return [node.title for node in plan.nodes]


def columns_of(*features: Item, **settings: Any) -> list[tuple[str, ...]]:
    return [output.columns for output in plan_of(config_of(features, **settings)).outputs]


def plan_of_text(text: str) -> Plan:
    """The plan of a config written as YAML, at 22050 Hz."""
    loaded = load_config(
        f"sample_rate: 22050\n{text}", "test.yaml", features=load_features(plugins=False)
    )
    assert loaded.config is not None, loaded.problems
    return plan_of(loaded.config)


class TestMerging:
    def test_one_spectrum_serves_all(self) -> None:
        rows = TransformCounter()
        with rows.counting():
            found = run_array(plan_of(config_of(ONE_SPECTRUM)), noise(22050, 30), 22050)
        assert rows.count == 1292
        assert {len(values) for values in found.values()} == {1292}

    def test_other_windows_are_other_spectra(self) -> None:
        rows, wide = TransformCounter(), {"stft": {"n_fft": 4096, "as": "wide"}}
        with rows.counting():
            run_array(plan_of(config_of([*ONE_SPECTRUM, wide])), noise(22050, 3), 22050)
        assert rows.count == 2 * 130

    def test_equal_steps_are_one_node(self) -> None:
        steps = steps_of(plan_of(config_of(ONE_SPECTRUM)))
        assert steps.count("power_spectrum") == 1
        assert steps.count("mel_spectrum") == 1
        assert steps.count("spectrum") == 2, "magnitude and energy"
        assert len(set(steps)) == len(steps) - 1

    def test_numbers_are_equal_however_they_are_written(self) -> None:
        plan = plan_of_text(
            "features: [mel: {n_mels: 40}, mel: {n_mels: 40.0, fmin: 0, as: same},"
            " stft: {power: 1, as: a}, stft: {power: 1.0, as: b}]"
        )
        assert [output.node for output in plan.outputs[:2]] == [plan.outputs[0].node] * 2
        assert plan.outputs[2].node == plan.outputs[3].node
        assert steps_of(plan).count("mel_filterbank") == 1

    def test_what_only_a_check_reads_does_not_part_them(self) -> None:
        plan = plan_of(config_of([{"mel": {"allow_empty_bands": True}}, "mfcc"]))
        assert steps_of(plan).count("mel_filterbank") == 1

    def test_what_differs_is_not_merged(self) -> None:
        plan = plan_of(config_of(["mel", {"mel": {"n_mels": 40, "as": "mel40"}}]))
        assert steps_of(plan).count("mel_filterbank") == 2
        assert steps_of(plan).count("power_spectrum") == 1

    def test_every_node_stands_behind_those_it_reads(self) -> None:
        plan = plan_of(config_of(["chroma_stft", {"delta": {"of": "mfcc"}}]))
        for index, node in enumerate(plan.nodes):
            assert all(source < index for source in node.inputs)
            for source in node.inputs:
                clip_above = plan.nodes[source].kind == "clip"
                assert node.run_pass >= plan.nodes[source].run_pass + clip_above

    def test_passes(self) -> None:
        def passes(*features: Item) -> int:
            return plan_of(config_of(features)).passes

        assert passes("mel", "integrated_loudness") == 1
        assert passes({"chroma_stft": {"tuning": 0.0}}) == 1
        assert passes("chroma_stft") == 2
        assert passes({"mel": {"top_db": 80.0}}) == 2


class TestColumns:
    def test_are_numbered_as_wide_as_the_last(self) -> None:
        ((first, *_, last),) = columns_of("mel")
        assert (first, last) == ("mel_000", "mel_127")
        assert columns_of("mfcc")[0][-1] == "mfcc_12"
        assert columns_of({"mel": {"n_mels": 4}})[0] == ("mel_00", "mel_01", "mel_02", "mel_03")
        assert columns_of({"mfcc": {"n_mfcc": 100}})[0][-1] == "mfcc_99"
        assert columns_of({"mfcc": {"n_mfcc": 101}})[0][7] == "mfcc_007"
        assert columns_of("stft")[0][-1] == "stft_1024"

    def test_scalars_have_the_bare_name(self) -> None:
        found = columns_of("rms", "spectral_centroid", "integrated_loudness")
        assert found == [("rms",), ("spectral_centroid",), ("integrated_loudness",)]

    @pytest.mark.parametrize(("n_fft", "wide"), [(8190, False), (8192, True)])
    def test_more_than_4096_are_one_list(self, n_fft: int, wide: bool) -> None:
        (output,) = plan_of(config_of(["stft"], n_fft=n_fft)).outputs
        assert output.width == 1 + n_fft // 2
        assert output.is_list == wide
        assert (output.columns == ("stft",)) == wide

    def test_as_renames_them(self) -> None:
        found = columns_of("stft", {"stft": {"n_fft": 512, "as": "short"}})
        assert found[1][-1] == "short_256"

    def test_derivatives_are_named_after_what_they_derive(self) -> None:
        found = columns_of(
            "mfcc",
            {"delta": {"of": "mfcc"}},
            {"delta": {"of": "mfcc", "order": 2}},
            {"delta": {"of": "rms"}},
            {"mfcc": {"n_mels": 40, "as": "small"}},
            {"delta": {"of": "small"}},
            {"delta": {"of": "small", "order": 2, "as": "bent"}},
        )
        names = [columns[0] for columns in found]
        assert names == [
            "mfcc_00",
            "mfcc_delta_00",
            "mfcc_delta2_00",
            "rms_delta",
            "small_00",
            "small_delta_00",
            "bent_00",
        ]

    def test_a_derivative_reads_the_feature_of_that_name(self) -> None:
        plan = plan_of(config_of([{"mfcc": {"n_mels": 40}}, {"delta": {"of": "mfcc"}}]))
        mfcc, delta = plan.outputs
        assert plan.nodes[delta.node].inputs == (mfcc.node,)
        assert delta.width == mfcc.width
        assert (delta.unit, delta.gain) == ("dB/frame", "invariant")

    def test_a_derivative_of_a_derivative(self) -> None:
        plan = plan_of(config_of([{"delta": {"of": "rms", "as": "d"}}, {"delta": {"of": "d"}}]))
        assert [output.columns for output in plan.outputs] == [("d",), ("d_delta",)]
        assert plan.outputs[1].unit == "FS/frame/frame"

    def test_labels_say_what_an_index_stands_for(self) -> None:
        plan = plan_of(config_of(["stft", "chroma_stft", "mfcc", "mel"]))
        stft, chroma, mfcc, mel = (output.labels for output in plan.outputs)
        assert stft[-1] == 11025
        assert chroma[:3] == ("C", "C#", "D")
        assert mfcc == ()
        assert len(mel) == 128
        assert list(mel) == sorted(mel)


class TestTroubles:
    """Semantic problems: which request, which parameter, and words of the message."""

    @pytest.mark.parametrize(
        ("features", "settings", "expected"),
        [
            ([{"mel": {"fmax": 12000.0}}], {}, (0, "fmax", "at most sample_rate / 2 (11025 Hz)")),
            (["rms", {"mfcc": {"fmax": 12000.0}}], {}, (1, "fmax", "got 12000")),
            ([{"mel": {"fmin": 9000.0, "fmax": 8000.0}}], {}, (0, "fmin", "less than fmax (8000")),
            ([{"mel": {"fmin": 12000.0}}], {}, (0, "fmin", "less than fmax (11025 Hz)")),
            ([{"mel": {"n_mels": 1000}}], {}, (0, "n_mels", "of 1000 bands cover no FFT bin")),
            (["mel"], {"n_fft": 256}, (0, None, "n_mels: ")),
            ([{"mfcc": {"n_mfcc": 129}}], {}, (0, "n_mfcc", "at most n_mels (128), got 129")),
            ([{"mfcc": {"n_mels": 12}}], {}, (0, None, "n_mfcc: expected at most n_mels (12)")),
            ([{"mfcc": {"lifter": -1.0}}], {}, (0, "lifter", "0 (none) or more")),
            ([{"delta": {"of": "mfc"}}], {}, (0, "of", "'mfc' is neither a feature nor an `as`")),
            ([{"delta": {"of": "delta"}}], {}, (0, "of", "circle")),
            ([{"delta": {"of": "a", "as": "a"}}], {}, (0, "of", "circle")),
            ([{"delta": {"of": "integrated_loudness"}}], {}, (0, "of", "no values per frame")),
            ([{"delta": {"of": "rms", "width": 4}}], {}, (0, "width", "odd number")),
            ([{"delta": {"of": "rms", "order": 9}}], {}, (0, "order", "less than width (9)")),
            ([{"mel": {"top_db": 9.0, "scale": "linear"}}], {}, (0, "top_db", "decibels")),
            ([{"stft": {"top_db": 9.0}}], {}, (0, "top_db", "with scale 'linear'")),
            ([{"stft": {"win_length": 4096}}], {}, (0, "win_length", "at most n_fft (2048)")),
            (["mel"], {"sample_rate": None}, (0, None, "fmax: must be given where sample_rate is")),
            (["stft"], {"sample_rate": None}, (0, None, "sample_rate: null would give each bin")),
            (["mel", "mel"], {}, (1, None, "its column 'mel_000' is also one of 'mel'")),
            (
                ["mfcc", {"rms": {"as": "mfcc_03"}}],
                {},
                (1, None, "its column 'mfcc_03' is also one of 'mfcc'; give one of them another"),
            ),
        ],
    )
    def test_are_told_with_their_place(
        self,
        features: list[Item],
        settings: dict[str, Any],
        expected: tuple[int, str | None, str],
    ) -> None:
        trouble = _only_trouble(features, settings)
        assert (trouble.request, trouble.parameter) == expected[:2]
        assert expected[2] in trouble.message
        assert not trouble.warning

    @pytest.mark.parametrize("alias", ["integrated_loudness", "lufs"])
    def test_of_a_clip_level_alias(self, alias: str) -> None:
        features: list[Item] = [{"integrated_loudness": {"as": alias}}, {"delta": {"of": alias}}]
        trouble = _only_trouble(features, {})
        assert (trouble.request, trouble.parameter) == (1, "of")
        assert trouble.message == f"{alias!r} has no values per frame"

    @pytest.mark.parametrize(
        ("item", "settings"),
        [
            ({"mel": {"n_mels": 1000, "allow_empty_bands": True}}, {}),
            ({"mel": {"fmax": 4000.0}}, {"sample_rate": None}),
            ("rms", {"sample_rate": None}),
            ("chroma_stft", {"sample_rate": None}),
            ({"mel": {"n_fft": 1024}}, {"win_length": 1500}),
            ({"mel": {"top_db": 80.0}}, {}),
        ],
    )
    def test_what_works_is_let_through(self, item: Item, settings: dict[str, Any]) -> None:
        config = config_of([item], **settings)
        compiled = compile_plan(config, load_features(plugins=False))
        assert compiled.plan is not None
        assert compiled.troubles == []

    def test_all_are_told_at_once(self) -> None:
        features: list[Item] = [
            {"mel": {"fmax": 20000.0}},
            {"mfcc": {"n_mfcc": 200, "lifter": -1.0}},
            "rms",
            {"delta": {"of": "nothing"}},
            {"delta": {"of": "rms", "width": 2}},
        ]
        compiled = compile_plan(config_of(features), load_features(plugins=False))
        found = [(t.request, t.parameter) for t in compiled.troubles]
        assert found == [(0, "fmax"), (1, "n_mfcc"), (1, "lifter"), (3, "of"), (4, "width")]
        assert compiled.plan is None

    def test_a_rate_that_does_not_suit_is_found_at_the_file(self) -> None:
        config = config_of([{"mel": {"fmax": 8000.0}}], sample_rate=None)
        known = load_features(plugins=False)
        assert compile_plan(config, known).plan is not None
        (trouble,) = compile_plan(config, known, file_rate=8000).troubles
        assert "at most sample_rate / 2 (4000 Hz), got 8000" in trouble.message


def _only_trouble(features: list[Item], settings: dict[str, Any]) -> Trouble:
    compiled = compile_plan(config_of(features, **settings), load_features(plugins=False))
    assert compiled.plan is None
    (trouble,) = compiled.troubles
    return trouble


BASE: dict[str, Any] = {"n_fft": 1024, "win_length": 800, "hop_length": 200}
FEATURES: list[Item] = ["mel", "rms", {"delta": {"of": "rms"}}]


class TestHash:
    base = plan_of(config_of(FEATURES, **BASE))

    @pytest.mark.parametrize(
        "change",
        [
            {"sample_rate": 16000},
            {"sample_rate": None, "features": ["rms"]},
            {"channels": "left"},
            {"resampler": "soxr_vhq"},
            {"n_fft": 2048},
            {"win_length": 801},
            {"hop_length": 201},
            {"window": "hamming"},
            {"window": ("kaiser", 8.6)},
            {"center": False},
            {"pad_mode": "reflect"},
            {"precision": "float32"},
            {"pooling": ("mean",)},
            {"pooling": ("var", "mean")},
            {"tables": ("clips",)},
            {"features": ["mel", "rms"]},
            {"features": ["rms", "mel", {"delta": {"of": "rms"}}]},
            {"features": [{"mel": {"n_mels": 64}}, *FEATURES[1:]]},
            {"features": [{"mel": {"htk": True}}, *FEATURES[1:]]},
            {"features": [{"mel": {"scale": "ln"}}, *FEATURES[1:]]},
            {"features": [{"mel": {"as": "other"}}, *FEATURES[1:]]},
            {"features": ["mel", "rms", {"delta": {"of": "rms", "width": 5}}]},
            {"features": ["mel", "rms", {"delta": {"of": "rms", "as": "d"}}]},
        ],
        ids=str,
    )
    def test_changes_with_all_that_changes_tables(self, change: dict[str, Any]) -> None:
        settings = {**BASE, **change}
        features = settings.pop("features", FEATURES)
        assert plan_of(config_of(features, **settings)).hash != self.base.hash

    @pytest.mark.parametrize(
        "change", [{"center": False}, {"n_fft": 512}, {"hop_length": 128}], ids=str
    )
    def test_knows_the_grid_that_no_step_reads(self, change: dict[str, Any]) -> None:
        grid = {"n_fft": 1024, "hop_length": 256}
        plain = plan_of(config_of(["integrated_loudness"], **grid))
        changed = plan_of(config_of(["integrated_loudness"], **{**grid, **change}))
        assert plain.nodes == changed.nodes
        assert plain.hash != changed.hash

    @pytest.mark.parametrize(
        "features",
        [
            [{"mel": {"n_mels": 128}}, "rms", {"delta": {"of": "rms"}}],
            [{"mel": {"fmin": 0.0, "fmax": None, "norm": "slaney"}}, *FEATURES[1:]],
            ["mel", "rms", {"delta": {"of": "rms", "width": 9, "order": 1}}],
            [{"mel": {"allow_empty_bands": True}}, *FEATURES[1:]],
        ],
    )
    def test_is_blind_to_how_it_is_said(self, features: list[Item]) -> None:
        assert plan_of(config_of(features, **BASE)).hash == self.base.hash

    def test_is_blind_to_names_and_notes(self) -> None:
        config = config_of(FEATURES, **BASE, name="other", notes=("rounded",))
        assert plan_of(config).hash == self.base.hash
        assert resolved_config(plan_of(config)) == resolved_config(self.base)

    def test_knows_the_version_of_a_step(self) -> None:
        tapped = TOYS["tapped"]
        newer = replace(tapped, step=replace(tapped.step, version=2))
        config = config_of(["tapped"])
        old, new = plan_of(config, TOYS), plan_of(config, {"tapped": newer})
        assert old.hash != new.hash

    def test_is_the_same_in_another_process(self) -> None:
        code = (
            "from tests.test_plan import BASE, FEATURES, config_of, plan_of\n"
            "print(plan_of(config_of(FEATURES, **BASE)).hash)"
        )
        seed = "7" if os.environ.get("PYTHONHASHSEED") != "7" else "8"
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == self.base.hash

    def test_of_a_run_does_not_depend_on_a_file(self) -> None:
        config = config_of(["integrated_loudness", "rms"])
        assert plan_of(config).hash == plan_of(config).hash
        assert plan_of(config).hash != plan_of(config, file_rate=8000).hash


class TestPlan:
    plan = plan_of(config_of([*ONE_SPECTRUM, "integrated_loudness", {"delta": {"of": "mfcc"}}]))

    def test_pickles(self) -> None:
        copy = pickle.loads(pickle.dumps(self.plan))
        assert copy == self.plan
        assert copy.hash == self.plan.hash
        signal = noise(22050, 0.3)
        ours, theirs = run_array(self.plan, signal, 22050), run_array(copy, signal, 22050)
        assert all(np.array_equal(ours[n], theirs[n], equal_nan=True) for n in ours)

    def test_resolved_config_spells_out_the_defaults(self) -> None:
        told = json.loads(self.plan.config_text)
        assert told["sample_rate"] == 22050
        (mel,) = [entry["mel"] for entry in told["features"] if "mel" in entry]
        assert (mel["n_mels"], mel["scale"], mel["as"]) == (128, "db", "mel")
        assert (mel["n_fft"], mel["window"]) == (2048, "hann")
        assert "name" not in told

    def test_roots(self) -> None:
        assert self.plan.roots == {"analysis", "native"}
        assert self.plan.depends_on_file_rate
        mel = plan_of(config_of(["mel"]))
        assert mel.roots == {"analysis"}
        assert not mel.depends_on_file_rate
        assert plan_of(config_of(["rms"], sample_rate=None)).depends_on_file_rate
        assert plan_of(config_of(["integrated_loudness"])).roots == {"analysis", "native"}

    def test_native_features_follow_the_same_grid_in_seconds(self) -> None:
        known = {"native_level": native_level}
        config = config_of(["native_level"], sample_rate=16000, hop_length=256)
        node = plan_of(config, known, file_rate=44100).nodes[-1]
        assert dict(node.parameters) == {"hop_length": Fraction(3528, 5), "sample_rate": 44100}
        node = plan_of(config, known, file_rate=32000).nodes[-1]
        hop = dict(node.parameters)["hop_length"]
        assert (hop, type(hop)) == (512, int)
        assert dict(plan_of(config, known).nodes[-1].parameters)["sample_rate"] is None

    def test_a_window_fills_an_n_fft_of_its_own(self) -> None:
        plan = plan_of(config_of([{"stft": {"n_fft": 512}}], win_length=1200))
        (node,) = [node for node in plan.nodes if node.title == "window_shape"]
        assert dict(node.parameters) == {"n_fft": 512, "win_length": 512, "window": "hann"}


@feature(
    native_samples,
    reach=lambda *, hop_length: Reach(hop_length, 0, 1, count="centered"),
    unit="FS",
    gain="linear",
    reference="none",
)
def native_level(samples: Array, *, sample_rate: float) -> Array:
    """Something per frame of the native signal."""
    return samples


def test_what_reads_both_signals_is_on_the_grid_of_the_analysis() -> None:
    registry = {"spectrum_over_peak": spectrum_over_peak}
    config = config_of(("spectrum_over_peak",), sample_rate=22050)
    plan = plan_of(config, registry, file_rate=44100)
    node = next(n for n in plan.nodes if n.title == "power_spectrum")
    assert dict(node.parameters)["hop_length"] == config.hop_length
    assert plan.roots == {"analysis", "native"}


def test_of_may_name_what_another_delta_is_called() -> None:
    found = columns_of("mfcc", {"delta": {"of": "mfcc"}}, {"delta": {"of": "mfcc_delta"}})
    assert [columns[0] for columns in found] == ["mfcc_00", "mfcc_delta_00", "mfcc_delta_delta_00"]


def test_columns_of_the_clips_table_do_not_clash_either() -> None:
    features: list[Item] = [{"integrated_loudness": {"as": "rms_mean"}}, "rms"]
    (trouble,) = compile_plan(config_of(features), load_features()).troubles
    assert "'rms_mean'" in trouble.message
    assert compile_plan(config_of(features, pooling=("var",)), load_features()).plan is not None


@pytest.mark.parametrize(
    ("feature_name", "settings"),
    [
        ("integrated_loudness", {"tables": ("frames",)}),
        ("rms", {"tables": ("clips",), "pooling": ()}),
    ],
)
def test_a_feature_that_no_table_holds_is_refused(
    feature_name: str, settings: dict[str, Any]
) -> None:
    (trouble,) = compile_plan(config_of([feature_name], **settings), load_features()).troubles
    assert "table" in trouble.message


@pytest.mark.parametrize("window", [("dpss", 5000.0), ("chebwin", 1e6)])
def test_a_window_that_cannot_be_made_is_refused(window: tuple[str, float]) -> None:
    compiled = compile_plan(config_of(["mel"], window=window), load_features(plugins=False))
    assert compiled.plan is None
    assert any("does not work with 2048 samples" in t.message for t in compiled.troubles)
