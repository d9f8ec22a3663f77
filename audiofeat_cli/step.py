"""The contract of a step: what it reads, how far it looks in time, and what it gives.

A step is a plain function on arrays with a declaration in front of it.  Its positional parameters
are its inputs (other steps), its keyword-only parameters are its settings.  Time is axis 0,
channels are axis 1, values are the last axis; in memory time is contiguous (`array.T` is
C-contiguous), which steps get and should keep, because tables are written column by column.

A keyword-only parameter named in `SETTINGS` is given by the config.  Any other belongs to the
step, and every feature that reads the step accepts it under the same name; without a default it
is required.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

import numpy.typing as npt
from annotated_types import Ge, Gt, Interval

from audiofeat_cli.reach import POINT, Reach

SETTINGS = (
    "sample_rate",
    "hop_length",
    "n_fft",
    "win_length",
    "window",
    "center",
    "pad_mode",
    "precision",
)

SOURCE_FACTS = ("source_width", "source_unit", "source_gain", "source_labels")
"""What a declaration or a check may ask of the feature that a `chosen` input names."""

Array = npt.NDArray[Any]
Kind = Literal["root", "constant", "local", "scan", "clip"]
Root = Literal["analysis", "native"]
DType = Literal["float32", "int32", "bool", "string"]
Level = Literal["frame", "clip", "event"]
Gain = Literal["invariant", "linear", "power", "decibel", "none"]


@dataclass(frozen=True, slots=True)
class Unit:
    """Unit of a parameter, for `audiofeat features` and the docs."""

    name: str


Hertz = Annotated[float, Ge(0), Unit("Hz")]
Count = Annotated[int, Interval(ge=1, le=2**20)]
Fraction = Annotated[float, Interval(gt=0, lt=1)]
Exponent = Annotated[float, Gt(0)]
Positive = Annotated[float, Gt(0)]
Decibels = Annotated[float, Gt(0), Unit("dB")]
Window = str | tuple[str | float, ...]
Precision = Literal["float64", "float32"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong (or dubious, `warning`) with the parameters, found before audio is read."""

    parameter: str
    message: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """One keyword-only parameter. `default` is `inspect.Parameter.empty` where there is none."""

    name: str
    annotation: Any
    default: Any

    @property
    def is_setting(self) -> bool:
        """Whether the config gives it."""
        return self.name in SETTINGS

    @property
    def is_required(self) -> bool:
        """Whether the feature cannot do without being told."""
        return self.default is inspect.Parameter.empty and not self.is_setting


def _parameters(function: Callable[..., Any]) -> dict[str, Parameter]:
    signature = inspect.signature(function, eval_str=True)
    return {
        p.name: Parameter(p.name, p.annotation, p.default)
        for p in signature.parameters.values()
        if p.kind is inspect.Parameter.KEYWORD_ONLY
    }


@dataclass(frozen=True, eq=False)
class Step:
    """A function on arrays with what the engine must know of it. Call it like the function.

    Attributes
    ----------
    inputs : what its positional parameters are: steps, or `Use`, `when` and `chosen` of steps.
    reach : a `Reach`, or a function of the step's parameters that returns one.
    finish : for a `clip` step that folds: turns the last state into the value; for a `scan`: into
        the items that it still holds when the clip ends.
    check : yields a `Problem` for parameters that cannot work together.
    version : raised when the numbers change, so that a resumed run cannot mix two definitions.
    advisory : parameters that only `check` reads; they change no numbers.
    """

    name: str
    kind: Kind
    function: Callable[..., Any]
    inputs: tuple["Input", ...] = ()
    reach: Reach | Callable[..., Reach] = POINT
    finish: Callable[..., Any] | None = None
    check: Callable[..., Sequence[Problem]] | None = None
    version: int = 1
    root: Root | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    advisory: frozenset[str] = frozenset()

    def __call__(self, *inputs: Any, **parameters: Any) -> Any:
        """Call the function on arrays, without an engine."""
        return self.function(*inputs, **parameters)

    def using(self, **defaults: Any) -> "Use":
        """This step with other defaults for its (or its inputs') parameters; still settable."""
        return Use(self, defaults=defaults)

    def pinned(self, **values: Any) -> "Use":
        """This step with parameters fixed, so that a config cannot set them."""
        return Use(self, pins=values)

    def reading(self, *inputs: "Input") -> "Step":
        """The same step on other inputs (a decibel floor serves any spectrum)."""
        return replace(self, inputs=inputs)

    def renamed(self, **names: str) -> "Use":
        """This step with parameters known by other names outside: `renamed(norm="mel_norm")`."""
        return Use(self, names=names)


@dataclass(frozen=True, eq=False)
class Use:
    """A step as an input, seen through other defaults, fixed values or other parameter names."""

    step: Step
    defaults: Mapping[str, Any] = field(default_factory=dict)
    pins: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def using(self, **defaults: Any) -> "Use":
        """See `Step.using`."""
        return replace(self, defaults={**self.defaults, **defaults})

    def pinned(self, **values: Any) -> "Use":
        """See `Step.pinned`."""
        return replace(self, pins={**self.pins, **values})

    def renamed(self, **names: str) -> "Use":
        """See `Step.renamed`."""
        return replace(self, names={**self.names, **names})


@dataclass(frozen=True, eq=False)
class When:
    """An input that depends on whether a parameter is null."""

    parameter: str
    given: "Step | Use"
    null: "Step | Use"


@dataclass(frozen=True, eq=False)
class Chosen:
    """An input that a parameter names: another feature of the config (`delta: {of: mfcc}`)."""

    parameter: str


Input = Step | Use | When | Chosen


def when(parameter: str, given: Step | Use, null: Step | Use) -> When:
    """`given` where the parameter has a value, `null` where it is null."""
    return When(parameter, given, null)


def chosen(parameter: str) -> Chosen:
    """The feature that the parameter names."""
    return Chosen(parameter)


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}:{function.__qualname__}"


def _step(
    function: Callable[..., Any], kind: Kind, inputs: tuple[Input, ...], **declared: Any
) -> Step:
    parameters = _parameters(function)
    for helper in (declared.get("reach"), declared.get("finish")):
        if callable(helper):
            parameters = _parameters(helper) | parameters
    check = declared.get("check")
    asked = {} if check is None else _parameters(check)
    asked = {name: found for name, found in asked.items() if name not in SOURCE_FACTS}
    advisory = frozenset(asked.keys() - parameters.keys())
    parameters = asked | parameters
    return Step(
        name=_name(function),
        kind=kind,
        function=function,
        inputs=inputs,
        parameters=parameters,
        advisory=advisory,
        **declared,
    )


def constant(
    *inputs: Input, check: Callable[..., Sequence[Problem]] | None = None, version: int = 1
) -> Callable[[Callable[..., Any]], Step]:
    """Declare a value made of parameters and other constants (window, mel matrix): built once."""
    return lambda f: _step(f, "constant", inputs, check=check, version=version)


def local(
    *inputs: Input,
    reach: Reach | Callable[..., Reach] = POINT,
    check: Callable[..., Sequence[Problem]] | None = None,
    version: int = 1,
) -> Callable[[Callable[..., Any]], Step]:
    """Declare a step whose outputs depend on inputs within its reach only."""
    return lambda f: _step(f, "local", inputs, reach=reach, check=check, version=version)


def scan(
    *inputs: Input,
    finish: Callable[..., Any] | None = None,
    check: Callable[..., Sequence[Problem]] | None = None,
    version: int = 1,
) -> Callable[[Callable[..., Any]], Step]:
    """Declare a recursion: `f(state, *items, **parameters) -> (state, items)`, state first None.

    `finish(state, **parameters) -> items` gives what is still held when the clip ends; it is not
    called for a clip without items.
    """
    return lambda f: _step(f, "scan", inputs, finish=finish, check=check, version=version)


def clip(
    *inputs: Input,
    finish: Callable[..., Any] | None = None,
    check: Callable[..., Sequence[Problem]] | None = None,
    version: int = 1,
) -> Callable[[Callable[..., Any]], Step]:
    """Declare a value of the whole clip.

    Without `finish` the function gets the whole of its input streams, which must be small.  With
    it the step is a fold: `f(state, *items, **parameters) -> state`, state first None, and
    `finish(state, **parameters)` in the end.
    """
    return lambda f: _step(f, "clip", inputs, finish=finish, check=check, version=version)


@dataclass(frozen=True, slots=True)
class Named:
    """One of several values that a feature gives, each in a column of its own: `name_output`.

    Attributes
    ----------
    name : of the output: `f0` makes the column `pyin_f0`; empty, that of the feature alone.
    categories : for `string` columns, what each whole number that the step gives stands for.
    summary : what it is, in one line; the feature's own first line where empty.
    """

    name: str
    unit: str
    gain: Gain = "none"
    dtype: DType = "float32"
    categories: tuple[str, ...] = ()
    summary: str = ""

    def column(self, alias: str) -> str:
        """Its column, where those of the feature begin with `alias`."""
        return f"{alias}_{self.name}" if self.name else alias


@dataclass(frozen=True, eq=False)
class Feature:
    """A step whose output becomes columns.

    Attributes
    ----------
    name : first part of its columns.
    width : values per frame, or a function of the parameters; 0 is one unnumbered column.
    unit : unit of the values, or a function of the parameters.
    gain : what happens to the values when the signal is multiplied by g: `invariant`, `linear` (g),
        `power` (g squared), `decibel` (+ 20 log10 g), `none` (no such law).
    labels : function of the parameters that returns what each index stands for (Hz or note names).
    suffix : appended to the columns' name, as `_delta` is to those of the feature it reads.
    level : `frame`, `clip` for one value per clip, or `event`: rows of the events table.
    dtype : type of its columns.
    outputs : its values by name, instead of width, unit, gain and dtype.
    reference : the code or document that the numbers are checked against.
    """

    name: str
    step: Step
    unit: str | Callable[..., str]
    gain: Gain | Callable[..., Gain]
    reference: str
    width: int | Callable[..., int] = 0
    labels: Callable[..., Sequence[float] | Sequence[str]] | None = None
    suffix: Callable[..., str] | None = None
    level: Level = "frame"
    dtype: DType = "float32"
    outputs: tuple[Named, ...] = ()
    plugin: str = ""

    def __call__(self, *inputs: Any, **parameters: Any) -> Any:
        """Call the function on arrays, without an engine."""
        return self.step(*inputs, **parameters)

    @property
    def definition(self) -> str:
        """The docstring of its function."""
        return inspect.getdoc(self.step.function) or ""


def feature(  # noqa: PLR0913 - a declaration: one keyword for each thing there is to say
    *inputs: Input,
    unit: str | Callable[..., str] = "",
    gain: Gain | Callable[..., Gain] = "none",
    reference: str,
    kind: Kind = "local",
    reach: Reach | Callable[..., Reach] = POINT,
    finish: Callable[..., Any] | None = None,
    check: Callable[..., Sequence[Problem]] | None = None,
    version: int = 1,
    width: int | Callable[..., int] = 0,
    labels: Callable[..., Sequence[float] | Sequence[str]] | None = None,
    suffix: Callable[..., str] | None = None,
    dtype: DType = "float32",
    outputs: Sequence[Named] = (),
    level: Level | None = None,
) -> Callable[[Callable[..., Any]], Feature]:
    """Declare a feature: a step of the given kind, and what its columns are.

    With `level="event"` it is a clip step that gives a list, an array (events, 2) for each channel
    of time in s and value; `unit` is the value's.
    """
    if not outputs and not unit:
        raise TypeError("a feature has a unit, or outputs that have theirs")

    def declare(function: Callable[..., Any]) -> Feature:
        step = _step(
            function, kind, inputs, reach=reach, finish=finish, check=check, version=version
        )
        return Feature(
            name=function.__name__,
            step=step,
            unit=unit,
            gain=gain,
            reference=reference,
            width=width,
            labels=labels,
            suffix=suffix,
            level=level or ("clip" if kind == "clip" else "frame"),
            dtype=dtype,
            outputs=tuple(outputs),
        )

    return declare


def _root(name: Root) -> Step:
    def samples() -> None:
        raise NotImplementedError("a root is fed by the engine")

    return Step(name=f"root:{name}", kind="root", function=samples, root=name)


analysis_samples = _root("analysis")
"""(samples, channels) float32: the config's channels at the config's sample rate."""

native_samples = _root("native")
"""(samples, channels) float32: all channels at the file's own rate."""
