"""`--set KEY=VALUE`: one value of a config replaced, before it is validated."""

from collections.abc import Sequence
from dataclasses import replace

from audiofeat_cli.config.places import Finding, Place, PlaceOf, printable
from audiofeat_cli.config.spelling import did_you_mean, listed
from audiofeat_cli.config.yaml_nodes import Entries, Entry, Items, Node, Scalar, read_yaml


class _NoSuchKeyError(Exception):
    """The path of an override leads nowhere; the text says why."""


def item_names(item: Node) -> tuple[str, str] | None:
    """Feature and alias of one entry of `features`; None for what is neither text nor one key."""
    if isinstance(item, Scalar):
        return (item.text, item.text)
    if not isinstance(item, Entries) or len(item.by_key) != 1:
        return None
    name, entry = next(iter(item.by_key.items()))
    alias = entry.value.by_key.get("as") if isinstance(entry.value, Entries) else None
    if alias is None or not isinstance(alias.value, Scalar) or alias.value.is_null:
        return (name, name)
    return (name, alias.value.text)


def _always(place: Place) -> PlaceOf:
    return lambda _line, _column: place


def _items(root: Entries) -> tuple[Node, ...]:
    entry = root.by_key.get("features")
    return entry.value.nodes if entry is not None and isinstance(entry.value, Items) else ()


def _position(items: Sequence[Node], wanted: str) -> int:
    """Index of the entry that has the alias, else of the only one of that feature."""
    names = [item_names(item) or ("", "") for item in items]
    by_alias = [i for i, (_, alias) in enumerate(names) if alias == wanted]
    found = by_alias or [i for i, (feature, _) in enumerate(names) if feature == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        raise _NoSuchKeyError(
            f"'{printable(wanted)}' stands for {len(found)} features here; "
            "give them names with `as`"
        )
    aliases = [alias for _, alias in names if alias]
    has = f"; it has {listed(aliases, 'and')}" if aliases else ""
    hint = did_you_mean(wanted, aliases) or has
    raise _NoSuchKeyError(f"no feature '{printable(wanted)}' in this config{hint}")


def _set_feature(item: Node, path: Sequence[str], entry: Entry) -> Node:
    """The entry of `features` with one parameter, or (empty path) all of them, replaced."""
    if len(path) > 1:
        raise _NoSuchKeyError(f"'{printable(path[0])}' has no keys of its own")
    name, inner = (
        next(iter(item.by_key.items()))
        if isinstance(item, Entries)
        else ((item_names(item) or ("", ""))[0], Entry(item.place, Entries(item.place, {})))
    )
    old = inner.value.by_key if isinstance(inner.value, Entries) else {}
    value = Entries(item.place, old | {path[0]: entry}) if path else entry.value
    return Entries(item.place, {name: Entry(inner.place, value)})


def _set(root: Entries, path: Sequence[str], entry: Entry) -> Entries:
    head, *rest = path
    if not rest:
        return replace(root, by_key=root.by_key | {head: entry})
    if head == "features":
        items = list(_items(root))
        index = _position(items, rest[0])
        items[index] = _set_feature(items[index], rest[1:], entry)
        old = root.by_key["features"]
        new = replace(old, value=Items(old.value.place, tuple(items)))
        return replace(root, by_key=root.by_key | {head: new})
    if head == "segments" and len(rest) == 1:
        known = root.by_key.get(head)
        inner = known.value.by_key if known and isinstance(known.value, Entries) else {}
        place = known.place if known else entry.place
        value = Entries(place, inner | {rest[0]: entry})
        return replace(root, by_key=root.by_key | {head: Entry(place, value)})
    if any(head in (item_names(item) or ()) for item in _items(root)):
        raise _NoSuchKeyError(f"did you mean 'features.{'.'.join(path)}'?")
    hint = "" if head in root.by_key else did_you_mean(head, ("features", *root.by_key))
    raise _NoSuchKeyError(f"'{printable(head)}' has no keys of its own{hint}")


def apply_overrides(root: Entries, overrides: Sequence[str]) -> tuple[Entries, list[Finding]]:
    """The config with each `KEY=VALUE` set in turn, and what is wrong with them.

    Parameters
    ----------
    overrides : as typed. KEY is a key (`hop_length`) or a dotted path to a parameter by the
        feature's name or alias (`features.mel.n_mels`); VALUE is YAML, empty for null.
    """
    findings: list[Finding] = []
    for text in overrides:
        place = Place(f"--set {printable(text)}")
        key, equals, value = text.partition("=")
        path = [part.strip() for part in key.split(".")]
        if not equals or not all(path):
            findings.append(Finding(place, "", "expected KEY=VALUE, as in hop_length=256"))
            continue
        document = read_yaml(value, "", _always(place))
        findings += document.findings
        if document.findings:
            continue
        node = document.root or Scalar(place, "")
        try:
            root = _set(root, path, Entry(place, node))
        except _NoSuchKeyError as error:
            findings.append(Finding(place, key.strip(), str(error)))
    return root, findings
