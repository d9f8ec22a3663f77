"""Features that give several values, each in a named column, and columns of names."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile as sf

from audiofeat_cli.arrays import run_array
from audiofeat_cli.audio.discover import Clip
from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.plan import Plan, resolved_config
from audiofeat_cli.registry import load_features
from audiofeat_cli.run.clip import ClipExtractor
from audiofeat_cli.step import Array, analysis_samples, feature
from audiofeat_cli.tables import PartWriter
from tests.signals import Item, clicks, config_of, extract_array, plan_of, silence, sine
from tests.toys import TOYS

SIGNAL = np.concatenate([sine(22050, 0.5, 100.0, 0.9), silence(22050, 0.5)])
KNOWN = {**TOYS, "delta": load_features(plugins=False)["delta"]}


def made(*features: Item, **settings: object) -> Plan:
    return plan_of(config_of(features, **settings), KNOWN)


def tables(plan: Plan, folder: Path, signal: Array = SIGNAL) -> dict[str, pa.Table]:
    file = folder / "a.wav"
    sf.write(file, signal, 22050, subtype="FLOAT")
    writer = PartWriter(plan, folder, "x")
    clip = Clip("a.wav", str(file), file.stat().st_size, 0, "a.wav")
    ClipExtractor(plan).extract(clip, writer)
    return {part.table: pq.read_table(folder / part.table / part.name) for part in writer.close()}


class TestPlan:
    def test_columns_are_name_and_output(self) -> None:
        assert [o.columns for o in made("trio").outputs] == [
            ("trio_first",),
            ("trio_positive",),
            ("trio_side",),
        ]

    def test_another_name_goes_before_the_outputs(self) -> None:
        names = [o.alias for o in made({"trio": {"as": "three"}}).outputs]
        assert names == ["three_first", "three_positive", "three_side"]

    def test_an_output_without_a_name_has_that_of_the_feature(self) -> None:
        plan = made("couple", {"couple": {"as": "other"}})
        names = [name for output in plan.outputs for name in output.columns]
        assert names == ["couple", "couple_square", "other", "other_square"]
        definitions = [o.definition.partition("\n")[0] for o in plan.outputs[:2]]
        assert definitions == ["The first sample of each hop, and its square.", "Its square."]

    @pytest.mark.parametrize(("of", "power"), [("couple", 1), ("couple_square", 2), ("other", 1)])
    def test_both_can_be_read_by_another_feature(self, of: str, power: int) -> None:
        listed: list[Item] = [
            "couple",
            {"couple": {"as": "other"}},
            {"delta": {"of": of, "width": 3}},
        ]
        found = extract_array(listed, SIGNAL, registry=KNOWN)
        slope = np.gradient(found["couple"][:, 0, 0] ** power)[1:-1]
        np.testing.assert_allclose(found[f"{of}_delta"][1:-1, 0, 0], slope, atol=1e-6)

    def test_the_config_has_the_feature_once(self) -> None:
        assert resolved_config(made("trio", "verdict"))["features"] == [
            {"trio": {"as": "trio"}},
            {"verdict": {"as": "verdict"}},
        ]

    def test_the_step_runs_once(self) -> None:
        assert [n.title for n in made("trio").nodes].count("trio") == 1

    def test_each_has_its_unit_and_words(self) -> None:
        first, positive, _ = made("trio").outputs
        assert (first.unit, first.definition) == ("FS", TOYS["trio"].definition)
        assert positive.definition == "Whether the first is over 0."

    def test_an_output_can_be_read_by_another_feature(self) -> None:
        found = extract_array(
            ["trio", {"delta": {"of": "trio_first", "width": 3}}], SIGNAL, registry=KNOWN
        )
        slope = np.gradient(found["trio_first"][:, 0, 0])[1:-1]
        np.testing.assert_allclose(found["trio_first_delta"][1:-1, 0, 0], slope, atol=1e-6)

    @pytest.mark.parametrize(
        ("of", "said"),
        [
            ("trio", "several values; list it, and name one of trio_first, trio_positive"),
            ("trio_side", "holds names, not numbers"),
            ("verdict_largest", "has no values per frame"),
            ("trio_last", "neither a feature nor an `as` of another"),
        ],
    )
    def test_what_cannot_be_read_is_refused(self, of: str, said: str) -> None:
        config = config_of(["trio", "verdict", {"delta": {"of": of}}])
        troubles = compile_plan(config, KNOWN).troubles
        assert any(said in trouble.message for trouble in troubles)

    def test_a_feature_has_a_unit_or_outputs(self) -> None:
        with pytest.raises(TypeError, match="unit"):

            @feature(analysis_samples, reference="none")
            def nothing(samples: Array) -> Array:
                """Says nothing of its values."""
                return samples


class TestTables:
    def test_frames(self, tmp_path: Path) -> None:
        frames = tables(made("trio"), tmp_path)["frames"]
        assert frames["trio_side"].type == pa.string()
        assert frames["trio_positive"].type == pa.bool_()
        first = frames["trio_first"].to_numpy()
        words = [None if v == 0 else "up" if v > 0 else "down" for v in first]
        assert frames["trio_side"].to_pylist() == words
        assert {"up", "down", None} <= set(words)

    def test_clips(self, tmp_path: Path) -> None:
        clips = tables(made("trio", "verdict"), tmp_path)["clips"]
        assert [n for n in clips.column_names if n.startswith(("trio", "verdict"))] == [
            "trio_first_mean",
            "trio_first_var",
            "trio_positive_mean",
            "trio_positive_var",
            "verdict_largest",
            "verdict_word",
        ]
        assert clips["verdict_word"].to_pylist() == ["loud"]

    def test_units_and_types_are_in_the_metadata(self, tmp_path: Path) -> None:
        schema = tables(made("trio"), tmp_path)["clips"].schema
        facts = schema.field("trio_positive_mean").metadata
        assert facts[b"unit"] == b"1"
        assert facts[b"definition"] == b"mean over the clip's frames: Whether the first is over 0."

    def test_no_statistics_of_names(self, tmp_path: Path) -> None:
        plan = made("trio", pooling=("mean", "n_valid"))
        found = [n for n in tables(plan, tmp_path)["clips"].column_names if "side" in n]
        assert found == []


def test_a_clip_too_short_for_a_value_has_none_of_them() -> None:
    found = extract_array(["verdict"], np.zeros((0, 1), np.float32), registry=KNOWN)
    assert np.isnan(found["verdict_largest"]).all()
    assert np.isnan(found["verdict_word"]).all()


def test_in_memory_names_are_text() -> None:
    found = run_array(made("trio", "verdict"), SIGNAL, 22050)
    assert found["verdict_word"].tolist() == [["loud"]]
    assert found["trio_side"].shape == (44, 1, 1)
    assert found["trio_side"][-1, 0, 0] is None


class TestEvents:
    def test_have_a_table_of_their_own(self, tmp_path: Path) -> None:
        plan = made("jumps", {"jumps": {"as": "again"}})
        assert plan.tables == ("frames", "clips", "events")
        events = tables(plan, tmp_path, clicks(22050, 0.35))["events"]
        assert events.column_names == ["path", "kind", "time", "value"]
        assert events["kind"].to_pylist() == ["jumps"] * 4 + ["again"] * 4
        np.testing.assert_allclose(events["time"][:4].to_numpy(), [0, 0.1, 0.2, 0.3])
        np.testing.assert_allclose(events["value"].to_numpy(), 0.9, rtol=1e-6)
        assert (
            b"jumps: Where a sample is over 0.5"
            in (events.schema.field("kind").metadata[b"definition"])
        )

    def test_of_each_channel(self, tmp_path: Path) -> None:
        signal = np.stack([silence(22050, 0.35), clicks(22050, 0.35)], axis=1)
        events = tables(made("jumps", channels="each"), tmp_path, signal)["events"]
        assert events["channel"].to_pylist() == [1] * 4

    def test_no_event_no_part_and_the_clip_has_its_rows(self, tmp_path: Path) -> None:
        found = tables(made("jumps"), tmp_path, silence(22050, 0.35))
        assert set(found) == {"clips"}
        assert found["clips"].num_rows == 1

    def test_leave_no_column_in_clips(self, tmp_path: Path) -> None:
        clips = tables(made("jumps", "trio"), tmp_path)["clips"]
        assert not [name for name in clips.column_names if name.startswith("jumps")]

    def test_in_memory(self) -> None:
        signal = np.stack([clicks(22050, 0.15), silence(22050, 0.15)], axis=1)
        found = run_array(made("jumps", channels="each"), signal, 22050)["jumps"]
        np.testing.assert_allclose(found, [[0, 0, 0.9], [0, 0.1, 0.9]], rtol=1e-6)

    def test_without_any_item(self) -> None:
        found = extract_array(["jumps"], np.zeros((0, 1), np.float32), registry=KNOWN)
        assert found["jumps"].shape == (0, 3)


def test_a_value_of_a_feature_that_is_not_listed_says_what_to_list() -> None:
    config = config_of([{"delta": {"of": "trio_first"}}])
    (trouble,) = compile_plan(config, KNOWN).troubles
    assert trouble.message == "'trio_first' is a value of trio; list trio among the features, too"


def test_reading_the_defaults_of_a_feature_that_is_listed_otherwise_warns() -> None:
    config = config_of([{"gather": {"right": 2, "as": "wide"}}, {"delta": {"of": "gather"}}])
    (trouble,) = compile_plan(config, KNOWN).troubles
    assert trouble.warning
    assert "not the 'wide' of the list" in trouble.message
