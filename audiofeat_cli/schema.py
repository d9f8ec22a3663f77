"""Schemas of the tables: columns, types, and what each column means."""

import json

import pyarrow as pa

from audiofeat_cli.plan import Output, Plan
from audiofeat_cli.pool import definition_of, unit_of
from audiofeat_cli.versions import library_versions

TYPES = {
    "float32": pa.float32(),
    "int32": pa.int32(),
    "bool": pa.bool_(),
    "string": pa.string(),
}


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _field(output: Output, name: str, index: int, **more: str) -> pa.Field:
    facts = {"feature": output.alias, "unit": output.unit, "definition": _summary(output)} | more
    if output.width:
        facts["index"] = str(index)
    if index < len(output.labels):
        label = output.labels[index]
        facts["note" if isinstance(label, str) else "frequency_hz"] = _text(label)
    kind = TYPES["float32" if "statistic" in more else output.dtype]
    if output.is_list:
        kind = pa.list_(kind)
        facts.pop("index")
    return pa.field(name, kind, metadata=facts)


def _summary(output: Output) -> str:
    return output.definition.partition("\n")[0]


def _plain(name: str, kind: pa.DataType, unit: str, definition: str) -> pa.Field:
    return pa.field(name, kind, metadata={"unit": unit, "definition": definition})


def _key_fields(plan: Plan) -> list[pa.Field]:
    fields = [_plain("path", pa.string(), "", "path of the file, as find would print it")]
    if plan.config.channels == "each":
        fields.append(_plain("channel", pa.int32(), "", "channel of the file, from 0"))
    return fields


def _segment_fields() -> list[pa.Field]:
    return [
        _plain("segment", pa.int32(), "", "number of the segment, from 0"),
        _plain("start", pa.float64(), "s", "start of the segment"),
        _plain("end", pa.float64(), "s", "end of the segment; its frames' centres lie before it"),
    ]


def _metadata(plan: Plan) -> dict[str, str]:
    features = {
        o.alias: {
            "feature": o.feature,
            "definition": o.definition,
            "reference": o.reference,
            "unit": o.unit,
            "plugin": o.plugin,
        }
        for o in plan.outputs
    }
    return {
        "audiofeat.config": plan.config_text,
        "audiofeat.plan": plan.hash,
        "audiofeat.versions": json.dumps(dict(library_versions())),
        "audiofeat.features": json.dumps(features),
    }


def frames_schema(plan: Plan) -> pa.Schema:
    """Schema of the frames table."""
    where = "centre" if plan.config.center else "start"
    fields = [
        *_key_fields(plan),
        _plain("frame", pa.int32(), "", "number of the frame, from 0"),
        _plain("time", pa.float64(), "s", f"{where} of the frame"),
    ]
    for i in plan.frame_outputs:
        output = plan.outputs[i]
        fields += [_field(output, name, k) for k, name in enumerate(output.columns)]
    return pa.schema(fields, metadata=_metadata(plan))


def clips_schema(plan: Plan) -> pa.Schema:
    """Schema of the clips table."""
    is_cut = plan.config.segments is not None
    part = "segment" if is_cut else "clip"
    fields = [
        *_key_fields(plan),
        *(_segment_fields() if is_cut else ()),
        _plain("duration", pa.float64(), "s", "decoded length of the file"),
        _plain("sample_rate", pa.int32(), "Hz", "sample rate of the file"),
        _plain("channels", pa.int32(), "", "number of channels of the file"),
        _plain("n_frames", pa.int32(), "", f"number of frames of the {part}"),
        _plain("truncated", pa.bool_(), "", "whether the file is cut; null where none can tell"),
    ]
    for output in plan.outputs:
        summary = _summary(output)
        if output.level == "clip":
            more = {"definition": f"of the whole clip: {summary}"} if is_cut else {}
            fields += [_field(output, name, k, **more) for k, name in enumerate(output.columns)]
            continue
        for k, name in enumerate(output.columns):
            for statistic in output.pooled(plan.config.pooling):
                more = {
                    "statistic": statistic,
                    "unit": unit_of(statistic, output.unit),
                    "definition": f"{definition_of(statistic)} over the {part}'s frames: {summary}",
                }
                fields.append(_field(output, f"{name}_{statistic}", k, **more))
    return pa.schema(fields, metadata=_metadata(plan))


def events_schema(plan: Plan) -> pa.Schema:
    """Schema of the events table."""
    kinds = {o.alias: f"{_summary(o)} Value: {o.unit}." for o in plan.outputs if o.level == "event"}
    fields = [
        *_key_fields(plan),
        _plain("kind", pa.string(), "", " ".join(f"{k}: {v}" for k, v in kinds.items())),
        _plain("time", pa.float64(), "s", "when it happens"),
        _plain("value", pa.float32(), "", "what its kind says"),
    ]
    return pa.schema(fields, metadata=_metadata(plan))
