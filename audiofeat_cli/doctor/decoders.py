"""Which audio formats are read here."""

import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from audiofeat_cli.audio.formats import Trial, try_formats
from audiofeat_cli.doctor.findings import Finding, note, one_line, wrong

REMEDY = "pip install --upgrade --force-reinstall soundfile brings libsndfile 1.2 with all of these"


def decoders() -> Iterator[Finding]:
    """One finding per container: its codecs that were encoded and decoded."""
    with tempfile.TemporaryDirectory(prefix="audiofeat-") as folder:
        trials = list(try_formats(Path(folder)))
    for container, group in groupby(trials, key=lambda trial: trial.container):
        yield _finding(container, list(group))


def _finding(container: str, trials: list[Trial]) -> Finding:
    said = [", ".join(trial.codec for trial in trials if not trial.problem)]
    said += [f"{trial.codec} {one_line(trial.problem)}" for trial in trials if trial.problem]
    text = "; ".join(filter(None, said))
    value = {trial.codec: trial.outcome for trial in trials}
    outcomes = set(value.values())
    if outcomes & {"broken", "absent"}:
        return wrong(container, text, REMEDY, value)
    if "untried" in outcomes:
        return note(container, text, value=value)
    return Finding(container, text, value=value)
