"""The call that does what `audiofeat extract` does, for programs."""

from collections.abc import Sequence
from pathlib import Path

from audiofeat_cli.extraction import Selection, default_out, extract_files
from audiofeat_cli.planning import load_plan
from audiofeat_cli.run.executor import default_jobs
from audiofeat_cli.run.outcome import Events, Outcome, RunOptions


def extract(
    inputs: Sequence[str | Path],
    config: str | Path,
    *,
    out: str | Path | None = None,
    jobs: int | None = None,
    overrides: Sequence[str] = (),
    overwrite: bool = False,
) -> Outcome:
    """Extract features of folders and files into Parquet tables.

    Parameters
    ----------
    config : a YAML file, or a preset's name.
    out : output folder; by default `features/<config name>`.
    jobs : worker processes; by default one per core.
    overrides : `KEY=VALUE`, as for `--set`.

    Raises
    ------
    AudiofeatError : a mistake in the config or the arguments; nothing was written.
    """
    planned = load_plan(str(config), overrides)
    options = RunOptions(
        out=Path(out) if out is not None else default_out(planned),
        jobs=default_jobs() if jobs is None else jobs,
        overwrite=overwrite,
    )
    selection = Selection(inputs=[str(name) for name in inputs])
    return extract_files(selection, planned, options, Events())
