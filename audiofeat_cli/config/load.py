"""YAML -> `Config`, or every mistake in it at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

from audiofeat_cli.config.model import Config, Segments
from audiofeat_cli.config.overrides import apply_overrides, item_names
from audiofeat_cli.config.places import Finding, Place, in_order
from audiofeat_cli.config.pooling import meant_statistic, read_segments, shown_statistics
from audiofeat_cli.config.report import Lengths, Report
from audiofeat_cli.config.requests import Accepted, Placed, RequestReader, too_long
from audiofeat_cli.config.settings import (
    DEFAULT_POOLING,
    DEFAULT_TABLES,
    REQUIRED,
    SETTINGS,
    TOP_KEYS,
)
from audiofeat_cli.config.spelling import did_you_mean, listed, nearest
from audiofeat_cli.config.values import show
from audiofeat_cli.config.yaml_nodes import Document, Entries, Items, Node, Scalar, read_yaml
from audiofeat_cli.step import Feature

_NO_RATE = (
    "missing; audio is resampled to it, and no rate suits everybody. "
    "Add `sample_rate: 22050` (in Hz), or `sample_rate: null` to keep each file's own"
)
_EMPTY_RATE = "empty; write a rate in Hz, or null to keep each file's own"
_NO_FEATURES = "missing; name at least one feature, as in `features: [mel]`"
_KHZ = frozenset({8, 11, 12, 16, 22, 24, 32, 44, 48, 88, 96, 176, 192})


@dataclass(frozen=True)
class Loaded:
    """What came of reading a config.

    Attributes
    ----------
    config : None when there are problems.
    draft : the config without those features (or `pooling`, `tables`) that have problems, for
        checks that should speak in the same breath; None when a setting itself is wrong.
    problems, warnings : lines `file:line:column: key: message`.
    broken : names and aliases of the features that are missing from `draft`.
    """

    config: Config | None
    draft: Config | None
    problems: list[str]
    warnings: list[str]
    broken: frozenset[str] = frozenset()
    start: Place = field(default=Place(""), repr=False)
    top: Mapping[str, Place] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    requests: tuple[Placed, ...] = field(default=(), repr=False)

    def place(self, request: int | None = None, parameter: str | None = None) -> Place:
        """Where a parameter of the draft's feature `request` stands, or a key at the top.

        What is not written stands where it would belong: at its feature, or at the beginning.
        """
        if request is None:
            return self.top.get(parameter or "", self.start)
        placed = self.requests[request]
        if parameter is None:
            return placed.place
        return placed.values.get(parameter) or self.top.get(parameter) or placed.place

    def locate(self, request: int | None = None, parameter: str | None = None) -> str:
        """`place` as text: `mel.yaml:7:12`."""
        return str(self.place(request, parameter))

    def problem_line(
        self, message: str, *, request: int | None = None, parameter: str | None = None
    ) -> str:
        """A line for `problems` or `warnings` about a key of the draft."""
        alias = "" if request is None else self.requests[request].request.alias
        if request is not None and parameter not in self.requests[request].values:
            parts = [parameter] if parameter in self.top else [alias, parameter]
        else:
            parts = [alias, parameter]
        key = ".".join(part for part in parts if part)
        return str(Finding(self.place(request, parameter), key, message))


def config_name(source: str) -> str:
    """`mel` of `conf/mel.yaml`."""
    path = PurePath(source)
    stem = path.stem if path.suffix in (".yaml", ".yml") else path.name
    return stem if stem not in ("", "-") else "stdin"


def load_config(
    text: str | bytes,
    name: str,
    *,
    features: Mapping[str, Feature],
    overrides: Sequence[str] = (),
    accepted: Accepted | None = None,
    statistics: Sequence[str] | None = None,
) -> Loaded:
    """Read a config; never raises for what the text says.

    Parameters
    ----------
    name : the file as the user typed it, for messages; the config's name is its stem.
    features : all that may be asked for, by name.
    overrides : `KEY=VALUE` as given to `--set`.
    accepted : the parameters of a feature; by default the registry's `accepted_parameters`.
    statistics : what `pooling` may name; by default `pool.STATISTICS`.
    """
    document = read_yaml(text, name)
    start = Place(name, 1, 1)
    if not isinstance(document.root, Entries):
        return Loaded(None, None, in_order(_not_keys(document, start)), [], start=start)
    root, findings = apply_overrides(document.root, overrides)
    reader = _Reader(
        root=root,
        start=start,
        features=features,
        accepted=accepted or registry_parameters(),
        statistics=tuple(pool_statistics() if statistics is None else statistics),
        report=Report([*document.findings, *findings]),
    )
    return reader.read(config_name(name))


def registry_parameters() -> Accepted:
    """What says which parameters a feature accepts, unless the caller has its own."""
    from audiofeat_cli.registry import accepted_parameters

    return accepted_parameters


def pool_statistics() -> Sequence[str]:
    """What `pooling` may name, unless the caller says otherwise."""
    from audiofeat_cli.pool import STATISTICS

    return STATISTICS


def _not_keys(document: Document, start: Place) -> list[Finding]:
    root = document.root
    if root is None or (isinstance(root, Scalar) and root.is_null):
        empty = "the config is empty; `audiofeat presets mel` prints one to start from"
        return document.findings or [Finding(start, "", empty)]
    shown = "a list" if isinstance(root, Items) else f"the text {show(root)}"
    message = f"expected lines such as `sample_rate: 22050`, got {shown}"
    return [*document.findings, Finding(root.place, "", message)]


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.plain and node.text == ""


@dataclass
class _Reader:
    """One reading of a config's mapping."""

    root: Entries
    start: Place
    features: Mapping[str, Feature]
    accepted: Accepted
    statistics: tuple[str, ...]
    report: Report
    excused: set[str] = field(default_factory=set)

    def read(self, name: str) -> Loaded:
        self._unknown_keys()
        settings = self._settings()
        lengths = Lengths(self.report, settings.get("sample_rate"), "sample_rate" in settings)
        self._lengths(settings, lengths)
        requests = self._requests(settings, lengths)
        pooling = self._names("pooling", self.statistics, DEFAULT_POOLING)
        tables = self._names("tables", DEFAULT_TABLES, DEFAULT_TABLES)
        segments = self._segments(settings, tables)
        draft = None
        if settings.keys() == SETTINGS.keys():
            draft = Config(
                name=name,
                **settings,
                features=tuple(placed.request for placed in requests.placed),
                pooling=pooling,
                segments=segments,
                tables=tuple(table for table in DEFAULT_TABLES if table in tables),
                notes=tuple(self.report.notes),
            )
        return Loaded(
            config=None if self.report.problems else draft,
            draft=draft,
            problems=in_order(self.report.problems),
            warnings=in_order(self.report.warnings),
            broken=frozenset(requests.broken),
            start=self.start,
            top={key: entry.value.place for key, entry in self.root.by_key.items()},
            requests=tuple(requests.placed),
        )

    def _unknown_keys(self) -> None:
        for key, entry in self.root.by_key.items():
            if key not in TOP_KEYS:
                self.report.problem(entry.place, key, self._unknown_key(key))

    def _unknown_key(self, key: str) -> str:
        owners = self._owners()
        meant = nearest(key, [*TOP_KEYS, *owners, *self.features])
        if meant is None:
            return f"unknown key; expected {listed(TOP_KEYS)}"
        if meant in TOP_KEYS:
            self.excused.add(meant)
            return f"unknown key; did you mean '{meant}'?"
        if meant in owners:
            feature = owners[meant]
            return f"belongs under the feature, as in `- {feature}: {{{meant}: ...}}`"
        self.excused.add("features")
        return f"a feature belongs in the list, as in `features: [{meant}]`"

    def _owners(self) -> dict[str, str]:
        """Parameter -> a feature that takes it, one that the config names if there is one."""
        entry = self.root.by_key.get("features")
        items = entry.value.nodes if entry is not None and isinstance(entry.value, Items) else ()
        named = {name for item in items for name in item_names(item) or ()}
        owners: dict[str, str] = {}
        for feature in sorted(self.features, key=lambda name: name not in named):
            for parameter in self.accepted(self.features[feature]):
                if parameter not in TOP_KEYS:
                    owners.setdefault(parameter, feature)
        return owners

    def _settings(self) -> dict[str, Any]:
        """The settings that are right; a wrong one is missing."""
        found: dict[str, Any] = {}
        for key, setting in SETTINGS.items():
            entry = self.root.by_key.get(key)
            if entry is not None and setting.default is REQUIRED and _is_empty(entry.value):
                self.report.problem(entry.value.place, key, _EMPTY_RATE)
            elif entry is not None:
                good, value = self.report.value(setting.annotation, entry, key)
                if good:
                    found[key] = value
            elif setting.default is not REQUIRED:
                found[key] = setting.default
            elif key not in self.excused:
                self.report.problem(self.start, key, _NO_RATE)
        rate = found.get("sample_rate")
        if rate in _KHZ:
            message = f"{rate} Hz; {rate} kHz would be {rate}000"
            self.report.warning(self._place("sample_rate"), "sample_rate", message)
        return found

    def _place(self, key: str) -> Place:
        entry = self.root.by_key.get(key)
        return self.start if entry is None else entry.value.place

    def _lengths(self, settings: dict[str, Any], lengths: Lengths) -> None:
        """Make `win_length` and `hop_length` samples; take away what cannot be."""
        n_fft = settings.get("n_fft")
        win = self._length(settings, lengths, "win_length", n_fft)
        if win is not None and n_fft is not None and win > n_fft:
            self.report.problem(self._place("win_length"), "win_length", too_long(win, n_fft))
            del settings["win_length"]
            win = None
        hop = self._length(settings, lengths, "hop_length", None if win is None else win // 4)
        if hop is not None and win is not None and hop > win:
            self.report.warning(
                self._place("hop_length"),
                "hop_length",
                f"{hop} samples are more than win_length ({win}): "
                "what lies between two windows is not looked at",
            )

    def _length(
        self, settings: dict[str, Any], lengths: Lengths, key: str, null: int | None
    ) -> int | None:
        """One length in samples; None, and no such setting, where it cannot be known."""
        value = settings.pop(key, 0)
        if value == 0:
            return None
        place = self._place(key)
        samples = null if value is None else lengths.samples(value, place, key)
        if samples == 0:
            self.report.problem(
                place, key, "null is win_length // 4, which is 0 here; give a number of samples"
            )
        if samples:
            settings[key] = samples
        return samples or None

    def _requests(self, settings: dict[str, Any], lengths: Lengths) -> RequestReader:
        reader = RequestReader(
            self.features, self.accepted, self.report, lengths, settings.get("n_fft")
        )
        entry = self.root.by_key.get("features")
        if entry is not None:
            reader.read(entry)
        elif "features" not in self.excused:
            self.report.problem(self.start, "features", _NO_FEATURES)
        return reader

    def _names(self, key: str, options: Sequence[str], default: tuple[str, ...]) -> tuple[str, ...]:
        """The words in a list; the default where there is none or it is wrong."""
        entry = self.root.by_key.get(key)
        if entry is None:
            return default
        before = len(self.report.problems)
        node = entry.value
        found: list[str] = []
        if isinstance(node, Items):
            for child in node.nodes:
                self._name(key, child, options, found)
        elif key == "pooling" or not (isinstance(node, Scalar) and node.is_null):
            example = f"[{', '.join(default)}]"
            self.report.problem(
                node.place, key, f"expected a list, as in {example}, got {show(node)}"
            )
        return default if len(self.report.problems) > before else tuple(found)

    def _name(self, key: str, node: Node, options: Sequence[str], found: list[str]) -> None:
        text = node.text if isinstance(node, Scalar) else ""
        if text not in options:
            meant = meant_statistic if key == "pooling" else did_you_mean
            hint = meant(text, options) if text else ""
            expected = listed(shown_statistics(options))
            self.report.problem(node.place, key, f"expected {expected}, got {show(node)}{hint}")
        elif text in found:
            self.report.problem(node.place, key, f"'{text}' is named twice")
        else:
            found.append(text)

    def _segments(self, settings: dict[str, Any], tables: tuple[str, ...]) -> Segments | None:
        if not tables:
            self.report.problem(
                self._place("tables"), "tables", "empty; name frames, clips or both"
            )
        entry = self.root.by_key.get("segments")
        if entry is None:
            return None
        rate, hop = settings.get("sample_rate"), settings.get("hop_length")
        found = read_segments(entry, self.report, Fraction(hop, rate) if rate and hop else None)
        if found is not None and "clips" not in tables:
            message = "are rows of the clips table, which tables leaves out"
            self.report.warning(entry.value.place, "segments", message)
        return found
