"""docs/tables.md: every column that is no feature, and all metadata, stand there."""

import json
import re

from audiofeat_cli.config.load import load_config
from audiofeat_cli.plan import Plan
from audiofeat_cli.registry import load_features
from audiofeat_cli.run.history import History
from audiofeat_cli.run.views import summarize
from audiofeat_cli.schema import clips_schema, frames_schema
from tests.commands import ROOT
from tests.signals import plan_of

PAGE = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
CODE = set(re.findall(r"`([^`]+)`", re.sub(r"^```.*?^```", "", PAGE, flags=re.M | re.S)))
HEAD = "sample_rate: 22050\nchannels: each\nsegments: {length: 1 s}\n"


def plan(features: str) -> Plan:
    config = load_config(f"{HEAD}features: {features}", "x", features=load_features()).config
    assert config is not None
    return plan_of(config)


PLAN = plan("[mel, chroma_stft, integrated_loudness]")


def test_every_key_column_is_explained_with_its_type() -> None:
    for schema in (frames_schema(PLAN), clips_schema(PLAN)):
        for field in schema:
            if b"feature" in field.metadata:
                continue
            row = (
                rf"^\|[^|]*`{field.name}`[^|]*\| {str(field.type).replace('double', 'float64')} \|"
            )
            assert re.search(row, PAGE, re.MULTILINE), f"{field.name}: {field.type}"


def test_all_metadata_is_explained() -> None:
    for schema in (frames_schema(PLAN), clips_schema(PLAN)):
        assert {key.decode() for key in schema.metadata} <= CODE
        for field in schema:
            assert {key.decode() for key in field.metadata} <= CODE


def test_names_of_columns_are_as_shown() -> None:
    asked = plan("[mfcc, rms, {delta: {of: mfcc}}, {delta: {of: mfcc, order: 2}}]")
    names = {*frames_schema(asked).names, *clips_schema(asked).names}
    shown = {"rms", "mfcc_12", "mfcc_delta_00", "mfcc_delta2_00", "rms_mean", "mfcc_00_var"}
    assert shown <= names
    assert shown <= CODE


def test_run_json_is_explained() -> None:
    header = {"config": {}, "plan": "", "versions": {}}
    found = summarize(History(), header)
    assert {*found, *found["counts"]} <= CODE, json.dumps(found)
