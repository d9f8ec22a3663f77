"""What can be wrong with features that are right each for itself, and how it is told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from audiofeat_cli.config.model import Config
from audiofeat_cli.plan import Output
from audiofeat_cli.step import Feature


@dataclass(frozen=True, slots=True)
class Trouble:
    """A semantic problem: which request (index), which parameter (None: the feature), and what."""

    request: int
    parameter: str | None
    message: str
    warning: bool = False


def unknown(name: str, features: Mapping[str, Feature]) -> str:
    """What to say of a name that is not there; it may be a value of a feature that could be."""
    owner = next((f.name for f in features.values() if name in _columns_of(f)), None)
    if owner is not None:
        return f"{name!r} is a value of {owner}; list {owner} among the features, too"
    return f"{name!r} is neither a feature nor an `as` of another"


def _columns_of(feature: Feature) -> set[str]:
    return {named.column(feature.name) for named in feature.outputs}


def unfit(name: str, outputs: Sequence[Output], found: Output) -> str | None:
    """Why a feature cannot be read frame by frame by another."""
    if found.level != "frame":
        return f"{name!r} has no values per frame"
    if len(outputs) > 1 and found.alias != name:
        numbers = ", ".join(o.alias for o in outputs if o.dtype != "string")
        return f"{name!r} has several values; list it, and name one of {numbers}"
    if found.dtype == "string":
        return f"{name!r} holds names, not numbers"
    return None


def duplicates(
    outputs: Sequence[tuple[int, Output]], pooling: tuple[str, ...]
) -> Iterable[Trouble]:
    """Features that would give a table two columns of one name."""
    seen: dict[tuple[str, str], str] = {}
    for index, output in outputs:
        pooled = [
            ("clips", f"{c}_{statistic}")
            for c in output.columns
            for statistic in output.pooled(pooling)
        ]
        mine = [("frames", c) for c in output.columns] + pooled
        if output.level == "clip":
            mine = [("clips", c) for c in output.columns]
        taken = next((key for key in mine if key in seen), None)
        if taken is not None:
            text = f"its column {taken[1]!r} is also one of {seen[taken]!r}; "
            yield Trouble(index, None, text + "give one of them another name with `as`")
        seen |= dict.fromkeys(mine, output.alias)


def homeless(outputs: Sequence[tuple[int, Output]], config: Config) -> Iterable[Trouble]:
    """Features that no table would hold."""
    for index, output in outputs:
        if output.level == "clip" and "clips" not in config.tables:
            text = "has one value per file, and tables leaves the clips table out; add clips"
            yield Trouble(index, None, text)
        if output.level == "frame" and "frames" not in config.tables and not config.pooling:
            text = "is in no table: tables leaves the frames out, and pooling is empty"
            yield Trouble(index, None, text)
