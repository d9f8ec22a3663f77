"""All that doctor looks at, in order, and how it is told."""

import importlib
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from audiofeat_cli.doctor.findings import Finding, Probe, Status, examined

WIDTH = 80
_NAME = 14

PROBES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Versions", ("software:runtime", "software:libraries", "software:native")),
    ("Formats", ("decoders:decoders",)),
    ("Machine", ("machine:cores", "machine:memory", "machine:open_files")),
    ("Folders", ("folders:temporary", "folders:workers", "folders:caches")),
    ("Plugins", ("software:plugins",)),
    ("Extras", ("software:extras",)),
    ("Self-test", ("selftest:self_test",)),
)
"""Sections, and their probes as `module:function`: imported one by one, so that a missing library
costs a line."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, by section."""

    sections: tuple[tuple[str, tuple[Finding, ...]], ...]

    def wrong(self) -> list[Finding]:
        """What must be mended."""
        return [f for _, found in self.sections for f in found if f.status is Status.WRONG]

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for `--json`."""
        sections = {
            title.lower().replace("-", "_"): [finding.as_dict() for finding in found]
            for title, found in self.sections
        }
        return {"ok": not self.wrong(), **sections}


def probe_named(name: str) -> Probe:
    """A probe that is imported when it is called."""
    module, _, function = name.partition(":")

    def probe() -> Iterable[Finding]:
        found: Probe = getattr(importlib.import_module(f"audiofeat_cli.doctor.{module}"), function)
        return found()

    return probe


def examine(show: Callable[[str], object] = lambda _: None) -> Report:
    """Look at everything. `show` gets the text of each section as soon as it is known."""
    sections = []
    for title, names in PROBES:
        found = tuple(
            finding
            for name in names
            for finding in examined(name.partition(":")[2].replace("_", " "), probe_named(name))
        )
        sections.append((title, found))
        show(section_text(title, found))
    report = Report(tuple(sections))
    show(verdict_text(report))
    return report


def section_text(title: str, found: Iterable[Finding]) -> str:
    """A section for people, 80 columns wide."""
    return "\n".join([title, *(line for finding in found for line in _lines(finding)), "", ""])


def _lines(finding: Finding) -> Iterator[str]:
    mark = "" if finding.status is Status.OK else f"{finding.status.upper()}: "
    start = f"  {finding.name:<{_NAME}}"
    start += "" if start.endswith(" ") else " "
    rest = " " * (_NAME + 2)
    yield from _wrapped(f"{mark}{finding.text}", start, rest)
    if finding.remedy:
        yield from _wrapped(finding.remedy, f"{rest}-> ", f"{rest}   ")


def _wrapped(text: str, start: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=start,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def verdict_text(report: Report) -> str:
    """The last line."""
    wrong = report.wrong()
    if not wrong:
        return "All is well.\n"
    things = "1 thing is wrong" if len(wrong) == 1 else f"{len(wrong)} things are wrong"
    return f"{things}: {', '.join(finding.name for finding in wrong)}\n"
