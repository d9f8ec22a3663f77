"""Collects what is wrong, dubious or worth knowing while a config is read."""

from dataclasses import dataclass, field
from typing import Any

from audiofeat_cli.config.places import Finding, Place
from audiofeat_cli.config.settings import LONGEST_HOP, seconds
from audiofeat_cli.config.values import RefusedError, coerce
from audiofeat_cli.config.yaml_nodes import Entry


@dataclass
class Report:
    """All findings so far, in the order found."""

    problems: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def problem(self, place: Place, key: str, message: str) -> None:
        """Something that must be mended."""
        self.problems.append(Finding(place, key, message))

    def warning(self, place: Place, key: str, message: str) -> None:
        """Something dubious; the run goes on."""
        self.warnings.append(Finding(place, key, message))
        self.notes.append(f"{key}: {message}")

    def value(self, annotation: Any, entry: Entry, key: str) -> tuple[bool, Any]:
        """Whether the entry is what the annotation wants, and its value."""
        try:
            return True, coerce(annotation, entry.value)
        except RefusedError as error:
            self.problem(entry.value.place, key, str(error))
            return False, None


@dataclass(frozen=True)
class Lengths:
    """Turns lengths in time into samples.

    Attributes
    ----------
    rate : Hz; None where `sample_rate` is null. `known` is False where it could not be read.
    """

    report: Report
    rate: int | None
    known: bool

    def samples(self, value: Any, place: Place, key: str) -> int | None:
        """Samples in `value` (samples, or a text such as "10 ms"); None with a problem told."""
        if not isinstance(value, str):
            return int(value)
        if not self.known:
            return None
        if self.rate is None:
            self.report.problem(
                place,
                key,
                f"a length in time ({value}) needs one sample_rate, but that is null; "
                "give it in samples",
            )
            return None
        exact = seconds(value) * self.rate
        whole = round(exact)
        said = f"{value} at {self.rate} Hz is {_number(float(exact))} samples"
        if not 1 <= whole <= LONGEST_HOP:
            self.report.problem(place, key, f"{said}; expected from 1 to {LONGEST_HOP}")
            return None
        rounded = f", rounded to {whole} ({_number(1000 * whole / self.rate)} ms)"
        self.report.notes.append(f"{key}: {said}{rounded if whole != exact else ''}")
        return whole


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
