"""The list `features` of a config: which features, under which names, with which parameters."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from audiofeat_cli.config.model import FeatureRequest
from audiofeat_cli.config.places import Place, printable
from audiofeat_cli.config.report import Lengths, Report
from audiofeat_cli.config.settings import SETTINGS, TOP_KEYS
from audiofeat_cli.config.spelling import did_you_mean, listed, nearest
from audiofeat_cli.config.values import annotation_of, show
from audiofeat_cli.config.yaml_nodes import Entries, Entry, Items, Node, Scalar
from audiofeat_cli.step import Feature, Parameter

Accepted = Callable[[Feature], Mapping[str, Parameter]]

RESERVED_NAMES = frozenset(
    {
        *("path", "channel", "segment", "start", "end", "frame", "time", "kind", "value"),
        *("duration", "sample_rate", "channels", "n_frames", "truncated"),
    }
)
"""Columns of the tables that are not features."""

ALIAS_PATTERN = r"^[A-Za-z][A-Za-z0-9_]*$"
_NAME_KEYS = frozenset({"name", "feature", "type", "kind", "id"})
_LONGEST_ALIAS = 100
_FRAME_SIZES = frozenset({"n_fft", "win_length", "window_length", "frame_size", "n_fft_length"})


@dataclass(frozen=True)
class Placed:
    """A request, where it stands, and where its parameters' values stand."""

    request: FeatureRequest
    place: Place
    values: Mapping[str, Place]


@dataclass(frozen=True)
class _Item:
    """One entry of the list, as written."""

    feature: str
    place: Place
    parameters: Mapping[str, Entry]


def parameter_type(parameter: Parameter) -> Any:
    """What a config may give for it: for a setting, what it may be at the top of the config."""
    if parameter.is_setting and parameter.name in SETTINGS:
        return SETTINGS[parameter.name].annotation
    return annotation_of(parameter.annotation, parameter.default)


def required_parameters(accepted: Mapping[str, Parameter]) -> list[str]:
    """Those that have no default and are no setting of the config, such as `of` of delta."""
    return [name for name, parameter in accepted.items() if parameter.is_required]


@dataclass
class RequestReader:
    """Reads `features`. `broken` gathers the names of entries that cannot be used.

    Attributes
    ----------
    accepted : the parameters of a feature, its inputs' included.
    n_fft : the config's, in samples; None where it could not be read.
    """

    features: Mapping[str, Feature]
    accepted: Accepted
    report: Report
    lengths: Lengths
    n_fft: int | None
    placed: list[Placed] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    taken: dict[str, Place] = field(default_factory=dict)

    def read(self, entry: Entry) -> None:
        """Read the whole list."""
        node = entry.value
        if not isinstance(node, Items):
            self.report.problem(node.place, "features", _not_a_list(node))
            return
        if not node.nodes:
            self.report.problem(node.place, "features", "empty; name at least one feature")
        for child in node.nodes:
            item = self._item(child)
            if item is not None:
                self._request(item)

    def _problem(self, place: Place, key: str, message: str) -> None:
        self.report.problem(place, key, message)

    def _item(self, node: Node) -> _Item | None:
        if isinstance(node, Items) or (isinstance(node, Scalar) and node.is_null):
            self._problem(node.place, "features", f"expected a feature's name, got {show(node)}")
            return None
        if isinstance(node, Scalar):
            return _Item(node.text, node.place, {})
        if len(node.by_key) != 1:
            self._several(node)
            return None
        name, entry = next(iter(node.by_key.items()))
        value = entry.value
        if isinstance(value, Entries):
            return _Item(name, entry.place, value.by_key)
        if isinstance(value, Scalar) and value.is_null:
            return _Item(name, entry.place, {})
        self.broken.add(name)
        if name in self.features:
            self._problem(
                value.place,
                name,
                f"expected parameters, as in `- {self._example(name)}`, got {show(value)}",
            )
        elif name in _NAME_KEYS and isinstance(value, Scalar) and value.text in self.features:
            self.broken.add(value.text)
            self._problem(entry.place, "features", f"write `- {value.text}`, without '{name}:'")
        else:
            self._unknown(name, entry.place)
        return None

    def _example(self, name: str) -> str:
        own = [p for p in self.accepted(self.features[name]) if p not in SETTINGS]
        return f"{name}: {{{own[0]}: ...}}" if own else name

    def _several(self, node: Entries) -> None:
        """A mapping of none or several keys where one feature should stand."""
        if not node.by_key:
            self._problem(node.place, "features", "expected a feature's name, got an empty mapping")
            return
        first, *others = node.by_key
        self.broken |= set(node.by_key) & set(self.features)
        place = node.by_key[others[0]].place
        if first in self.features and any(other in self.features for other in others):
            other = next(other for other in others if other in self.features)
            self._problem(
                node.by_key[other].place,
                "features",
                f"two features in one entry; begin '{other}' with its own '- '",
            )
        elif first in self.features:
            value = node.by_key[others[0]].value
            shown = value.text if isinstance(value, Scalar) else "..."
            self._problem(
                place,
                first,
                f"'{printable(others[0])}' stands beside '{first}'; indent it deeper, "
                f"or write `- {first}: {{{printable(others[0])}: {printable(shown)}}}`",
            )
        else:
            named = node.by_key[first].value
            name = named.text if isinstance(named, Scalar) else ""
            wanted = name if first in _NAME_KEYS and name in self.features else ""
            self.broken |= {wanted} - {""}
            self._problem(
                node.by_key[first].place,
                "features",
                f"each entry is a feature with its parameters, as in "
                f"`- {wanted or 'mel'}: {{{printable(others[0]) if wanted else 'n_mels'}: ...}}`",
            )

    def _unknown(self, name: str, place: Place) -> None:
        hint = did_you_mean(name, self.features)
        self.broken.add(name)
        self._problem(
            place,
            "features",
            f"unknown feature '{printable(name)}'{hint} (`audiofeat features` lists them)",
        )

    def _request(self, item: _Item) -> None:
        if item.feature not in self.features:
            self._unknown(item.feature, item.place)
            return
        before = len(self.report.problems)
        alias = self._alias(item)
        feature = self.features[item.feature]
        accepted = self.accepted(feature)
        values: dict[str, Any] = {}
        for name, entry in item.parameters.items():
            if name == "as":
                continue
            if name not in accepted:
                self._unknown_parameter(item.feature, alias, name, entry.place)
                continue
            key = f"{alias}.{name}"
            good, value = self.report.value(parameter_type(accepted[name]), entry, key)
            if good:
                values[name] = value
        for name in required_parameters(accepted):
            if name not in item.parameters:
                self._problem(
                    item.place, alias, f"needs '{name}', as in `- {item.feature}: {{{name}: ...}}`"
                )
        self._window_fits(values, item, alias)
        if len(self.report.problems) > before:
            self.broken |= {item.feature, alias}
            return
        request = FeatureRequest(item.feature, alias, tuple(sorted(values.items())))
        places = {name: entry.value.place for name, entry in item.parameters.items()}
        self.placed.append(Placed(request, item.place, places))

    def _window_fits(self, values: dict[str, Any], item: _Item, alias: str) -> None:
        """Make `win_length` samples; null is the n_fft of the feature."""
        if "win_length" not in values or "win_length" not in item.parameters:
            return
        entry = item.parameters["win_length"]
        n_fft = values.get("n_fft", self.n_fft)
        if values["win_length"] is None:
            values["win_length"] = n_fft
            return
        key = f"{alias}.win_length"
        length = self.lengths.samples(values["win_length"], entry.value.place, key)
        values["win_length"] = length
        if length is not None and n_fft is not None and length > n_fft:
            self._problem(entry.value.place, key, too_long(length, n_fft))

    def _alias(self, item: _Item) -> str:
        """The name of its columns; the feature's name where `as` is missing or wrong."""
        entry = item.parameters.get("as")
        if entry is None or (isinstance(entry.value, Scalar) and entry.value.is_null):
            self._take(item.feature, item, item.place)
            return item.feature
        node = entry.value
        text = node.text if isinstance(node, Scalar) else ""
        key = f"{item.feature}.as"
        if not re.fullmatch(ALIAS_PATTERN, text) or len(text) > _LONGEST_ALIAS:
            self._problem(
                node.place,
                key,
                "expected a name of letters, digits and '_' that begins with a letter, "
                f"got {show(node)}",
            )
        elif text.lower() in RESERVED_NAMES:
            self._problem(node.place, key, f"'{text}' is a column of the tables; choose another")
        elif text in self.features and text != item.feature:
            self._problem(node.place, key, f"'{text}' is another feature; choose another name")
        else:
            self._take(text, item, node.place)
            return text
        return item.feature

    def _take(self, alias: str, item: _Item, place: Place) -> None:
        # Some readers of the tables (DuckDB) do not tell capitals from small letters.
        lowered = alias.lower()
        first = self.taken.setdefault(lowered, place)
        if first is place:
            return
        if alias == item.feature and self.features[item.feature].suffix is not None:
            return  # its columns are named by what it reads; the plan sees whether they clash
        at = f" at line {first.line}" if first.line else ""
        self._problem(
            place,
            alias,
            f"this name is taken{at}; give one of the two another with `as`, "
            f"as in `- {item.feature}: {{as: {item.feature}_2}}`",
        )

    def _unknown_parameter(self, feature: str, alias: str, name: str, place: Place) -> None:
        accepted = [*self.accepted(self.features[feature]), "as"]
        found = nearest(name, [*accepted, *TOP_KEYS])
        if found not in accepted and name in _FRAME_SIZES and "frame_length" in accepted:
            found = "frame_length"
        if found in accepted:
            message = f"unknown parameter; did you mean '{found}'?"
        elif found is not None:
            message = f"unknown parameter; '{found}' stands at the top, for all features"
        elif len(accepted) == 1:
            message = f"unknown parameter; {feature} has none of its own"
        else:
            message = f"unknown parameter; {feature} accepts {listed(accepted[:-1], 'and')}"
        self._problem(place, f"{alias}.{name}", message)


def too_long(win_length: int, n_fft: int) -> str:
    """What to say of a window that is longer than its frame."""
    enough = 1 << (win_length - 1).bit_length()
    return (
        f"{win_length} samples are more than n_fft ({n_fft}); shorten it, "
        f"or raise n_fft (to {enough}, say)"
    )


def _not_a_list(node: Node) -> str:
    if isinstance(node, Entries) and node.by_key:
        first = printable(next(iter(node.by_key)))
        return f"expected a list; put '- ' before each feature, as in `- {first}: ...`"
    if isinstance(node, Scalar) and not node.is_null:
        return f"expected a list, as in [{printable(node.text)}]"
    return "empty; name at least one feature, as in [mel]"
