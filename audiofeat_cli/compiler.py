"""Config + registry -> Plan.

Equal nodes are merged, so one STFT serves every feature that reads it.  A plan is cut into passes
where a value of the whole clip (tuning, a maximum) feeds back into frames: a node's pass is the
first in which all it needs is known.
"""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from audiofeat_cli.config.model import Config, FeatureRequest
from audiofeat_cli.errors import ClipError
from audiofeat_cli.plan import Node, Output, Plan, call_with, canonical_json, plan_hash
from audiofeat_cli.registry import Scope, accepted_parameters, branches, resolve
from audiofeat_cli.step import (
    SOURCE_FACTS,
    Chosen,
    Feature,
    Input,
    Named,
    Problem,
    Root,
    Step,
    When,
)
from audiofeat_cli.steps.pick import pick
from audiofeat_cli.troubles import Trouble, duplicates, homeless, unfit, unknown

_MISSING = inspect.Parameter.empty
_LENGTHS = frozenset({"n_fft", "win_length"})


@dataclass
class Compiled:
    """Result of `compile_plan`: the plan (None when there are errors) and all troubles."""

    plan: Plan | None
    troubles: list[Trouble] = field(default_factory=list)


def _declared(item: Any, values: Mapping[str, Any]) -> Any:
    return call_with(item, values) if callable(item) else item


def roots_of(step: Step) -> frozenset[Root]:
    """The signals that a step reads in the end; none for what is made of parameters alone."""
    found: set[Root] = {step.root} if step.root else set()
    for item in step.inputs:
        for branch in branches(item):
            found |= roots_of(resolve(branch, Scope())[0])
    return frozenset(found)


class _Request:
    """One feature being compiled: what was given, and the values its declarations see."""

    def __init__(self, index: int, request: FeatureRequest, feature: Feature) -> None:
        self.index = index
        self.request = request
        self.feature = feature
        self.given = dict(request.parameters)
        if "n_fft" in self.given and "win_length" not in self.given:
            self.given["win_length"] = self.given["n_fft"]
        self.accepted = accepted_parameters(feature)

    def effective(self, name: str) -> Any:
        """The value of an accepted parameter, default included."""
        return self.given.get(name, self.accepted[name].default)


class _Compiler:
    def __init__(
        self, config: Config, features: Mapping[str, Feature], file_rate: int | None
    ) -> None:
        self.config = config
        self.features = features
        self.file_rate = file_rate
        self.nodes: dict[tuple[Any, ...], int] = {}
        self.listed: list[Node] = []
        self.outputs: dict[int, tuple[Output, ...]] = {}
        self.troubles: list[Trouble] = []
        self.pending: list[int] = []
        self.analysis = self._settings(config.sample_rate or file_rate, native=False)
        self.native = self._settings(file_rate, native=True)

    def _settings(self, rate: int | None, *, native: bool) -> dict[str, Any]:
        c = self.config
        hop: int | Fraction = c.hop_length
        if native and rate and c.sample_rate:
            exact = Fraction(c.hop_length * rate, c.sample_rate)
            hop = exact if exact.denominator > 1 else int(exact)
        return {
            "sample_rate": rate,
            "hop_length": hop,
            "n_fft": self._lasting(c.n_fft) if native else c.n_fft,
            "win_length": self._lasting(c.win_length) if native else c.win_length,
            "window": c.window,
            "center": c.center,
            "pad_mode": c.pad_mode,
            "precision": c.precision,
        }

    def _lasting(self, samples: int) -> int:
        """The samples of a file that last as long as so many of the analysis signal."""
        if not (self.file_rate and self.config.sample_rate):
            return samples
        return max(1, round(Fraction(samples * self.file_rate, self.config.sample_rate)))

    def request(self, index: int) -> tuple[Output, ...]:
        """Compile the request, once; nothing when it has errors."""
        if index in self.outputs:
            return self.outputs[index]
        request = self.config.features[index]
        if index in self.pending:
            self._trouble(index, "of", "features refer to each other in a circle")
            return ()
        self.pending.append(index)
        before = len([t for t in self.troubles if not t.warning])
        outputs = self._compile(_Request(index, request, self.features[request.feature]))
        self.pending.pop()
        if len([t for t in self.troubles if not t.warning]) > before:
            return ()
        self.outputs[index] = outputs
        return outputs

    def _trouble(self, index: int, name: str | None, text: str, *, warning: bool = False) -> None:
        trouble = Trouble(index, name, text, warning)
        if trouble not in self.troubles:
            self.troubles.append(trouble)

    def _compile(self, asked: _Request) -> tuple[Output, ...]:
        values: dict[str, Any] = {}
        node = self._node(asked, asked.feature.step, Scope(), values, native=False)
        if node is None:
            return ()
        feature = asked.feature
        source = self._source(asked)
        if source is not None:
            values |= _facts_of(source)
        alias = self._alias(asked.request)
        whole = Output(
            feature=feature.name,
            alias=alias,
            request=alias,
            node=node,
            level=feature.level,
            dtype=feature.dtype,
            width=_declared(feature.width, values),
            unit=_declared(feature.unit, values),
            gain=_declared(feature.gain, values),
            labels=tuple(call_with(feature.labels, values)) if feature.labels else (),
            definition=feature.definition,
            reference=feature.reference,
            plugin=feature.plugin,
            parameters=tuple(sorted((n, self._shown(asked, n)) for n in asked.accepted)),
        )
        if not feature.outputs:
            return (whole,)
        return tuple(self._named(whole, named, i) for i, named in enumerate(feature.outputs))

    def _named(self, whole: Output, named: Named, item: int) -> Output:
        """One of the values of a feature that gives several."""
        return replace(
            whole,
            alias=named.column(whole.alias),
            node=self._add(pick, {"item": item}, (whole.node,)),
            dtype=named.dtype,
            unit=named.unit,
            gain=named.gain,
            definition=named.summary or whole.definition,
            categories=named.categories,
        )

    def _alias(self, request: FeatureRequest) -> str:
        """First part of its columns: `as`, its name, or that of what it reads with a suffix."""
        feature = self.features[request.feature]
        if feature.suffix is None or request.alias != request.feature:
            return request.alias
        given = dict(request.parameters)
        accepted = accepted_parameters(feature)
        values = {name: given.get(name, p.default) for name, p in accepted.items()}
        source = next(i.parameter for i in feature.step.inputs if isinstance(i, Chosen))
        return f"{values[source]}_{call_with(feature.suffix, values)}"

    def _shown(self, asked: _Request, name: str) -> Any:
        value = asked.effective(name)
        return self.analysis.get(name) if value is _MISSING else value

    def _source(self, asked: _Request) -> Output | None:
        for item in asked.feature.step.inputs:
            if isinstance(item, Chosen):
                return self._chosen(asked, item)
        return None

    def _chosen(self, asked: _Request, item: Chosen) -> Output | None:
        name = asked.effective(item.parameter)
        index = next(
            (i for i, r in enumerate(self.config.features) if name in self._names(r)), None
        )
        if index is None and name not in self.features:
            self._trouble(asked.index, item.parameter, unknown(name, self.features))
            return None
        if index is not None:
            outputs = self.request(index)
        else:
            self._warn_of_another(asked, item.parameter, name)
            request = FeatureRequest(name, name, ())
            outputs = self._compile(_Request(asked.index, request, self.features[name]))
        if not outputs:
            return None
        found = next((o for o in outputs if name in {o.alias, o.feature}), outputs[0])
        reason = unfit(name, outputs, found)
        if reason:
            self._trouble(asked.index, item.parameter, reason)
            return None
        return found

    def _warn_of_another(self, asked: _Request, parameter: str, name: str) -> None:
        """Tell of one in the list that may have been meant instead of the feature's defaults."""
        other = next((r.alias for r in self.config.features if r.feature == name), None)
        if other is not None:
            text = f"reads {name} with its defaults, not the {other!r} of the list"
            self._trouble(asked.index, parameter, text, warning=True)

    def _names(self, request: FeatureRequest) -> set[str]:
        """What another feature may call it, or one of its values."""
        alias = self._alias(request)
        named = {each.column(alias) for each in self.features[request.feature].outputs}
        return {request.alias, alias} | named

    def _input(
        self, asked: _Request, item: Input, scope: Scope, values: dict[str, Any], *, native: bool
    ) -> int | None:
        if isinstance(item, Chosen):
            source = self._chosen(asked, item)
            return None if source is None else source.node
        if isinstance(item, When):
            outer = scope.outer(item.parameter)
            given = scope.value(item.parameter, asked.given)
            if given is _MISSING and outer is not None:
                given = asked.accepted[outer].default
            item = item.null if given is None else item.given
        step, inner = resolve(item, scope)
        return self._node(asked, step, inner, values, native=native)

    def _node(
        self, asked: _Request, step: Step, scope: Scope, values: dict[str, Any], *, native: bool
    ) -> int | None:
        # What reads both signals runs on the grid of the analysis; a constant goes with its reader.
        roots = roots_of(step)
        native = roots == {"native"} if roots else native
        settings = self.native if native else self.analysis
        parameters: dict[str, Any] = {}
        for name, parameter in step.parameters.items():
            value = scope.value(name, asked.given)
            if value is _MISSING:
                value = settings[name] if parameter.is_setting else parameter.default
            elif native and name in _LENGTHS and value is not None:
                value = self._lasting(value)  # given in samples of the analysis signal
            parameters[name] = value
        values.update({k: v for k, v in parameters.items() if k not in values})
        self._check(asked, step, scope, parameters)
        inputs = [self._input(asked, item, scope, values, native=native) for item in step.inputs]
        if any(node is None for node in inputs):
            return None
        return self._add(step, parameters, tuple(node for node in inputs if node is not None))

    def _check(
        self, asked: _Request, step: Step, scope: Scope, parameters: Mapping[str, Any]
    ) -> None:
        if step.check is None:
            return
        if any(isinstance(item, Chosen) for item in step.inputs):
            source = self._source(asked)
            if source is None:
                return
            parameters = {**parameters, **_facts_of(source)}
        problems: Iterable[Problem] = call_with(step.check, parameters)
        for problem in problems:
            name = scope.outer(problem.parameter)
            shown = name if name in asked.given else None
            text = problem.message if shown else f"{problem.parameter}: {problem.message}"
            self._trouble(asked.index, shown, text, warning=problem.warning)

    def _add(self, step: Step, parameters: Mapping[str, Any], inputs: tuple[int, ...]) -> int:
        canonical = tuple(sorted((k, v) for k, v in parameters.items() if k not in step.advisory))
        key = (step.name, step.version, canonical_json(canonical), inputs)
        if key not in self.nodes:
            run_pass = max((self._ready(i) for i in inputs), default=0)
            # What is made of values alone waits for no stream: it is built, like a constant.
            waits = not inputs or any(self.listed[i].is_stream for i in inputs)
            kind = step.kind if waits else "constant"
            self.nodes[key] = len(self.listed)
            self.listed.append(
                Node(step.name, kind, step.version, canonical, inputs, step.root, run_pass)
            )
        return self.nodes[key]

    def _ready(self, index: int) -> int:
        node = self.listed[index]
        return node.run_pass + 1 if node.kind == "clip" else node.run_pass


def _facts_of(source: Output) -> dict[str, Any]:
    """What declarations may ask of the feature that another reads."""
    facts = (source.width, source.unit, source.gain, source.labels)
    return dict(zip(SOURCE_FACTS, facts, strict=True))


def plan_at_rate(plan: Plan, features: Mapping[str, Feature], file_rate: int) -> Plan:
    """The plan with what depends on the file's rate filled in.

    Raises
    ------
    ClipError : the config cannot work at this rate.
    """
    if not plan.depends_on_file_rate:
        return plan
    compiled = compile_plan(plan.config, features, file_rate=file_rate)
    if compiled.plan is None:
        aliases = [request.alias for request in plan.config.features]
        errors = [t for t in compiled.troubles if not t.warning]
        reasons = "; ".join(f"{aliases[t.request]}: {t.message}" for t in errors)
        raise ClipError("compute", "impossible_at_rate", f"at {file_rate} Hz: {reasons}")
    return compiled.plan


def compile_plan(
    config: Config, features: Mapping[str, Feature], *, file_rate: int | None = None
) -> Compiled:
    """Make the plan of a config.

    Parameters
    ----------
    file_rate : the rate of the file, for what depends on it (the native signal, or all of it where
        the config's `sample_rate` is null). None makes the run's plan, whose hash decides resume.
    """
    compiler = _Compiler(config, features, file_rate)
    outputs = [(i, o) for i in range(len(config.features)) for o in compiler.request(i)]
    troubles = [
        *compiler.troubles,
        *duplicates(outputs, config.pooling),
        *homeless(outputs, config),
    ]
    if any(not t.warning for t in troubles):
        return Compiled(None, troubles)
    plan = Plan(config, tuple(compiler.listed), tuple(o for _, o in outputs))
    return Compiled(replace(plan, hash=plan_hash(plan)), troubles)
