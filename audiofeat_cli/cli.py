"""The command line: parse, call, print, exit. Commands import what they need when they run."""

import sys
import textwrap
from collections.abc import Iterable
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audiofeat_cli import cli_options as opt
from audiofeat_cli.cli_options import GroupedCommand, examples
from audiofeat_cli.console import (
    ReaderGoneError,
    open_standard_streams,
    out,
    out_bytes,
    out_json,
    tell,
    told,
)
from audiofeat_cli.errors import ExitCode, UsageError
from audiofeat_cli.startup import starting, want_one_thread, work_here

if TYPE_CHECKING:
    from audiofeat_cli.planning import Planned
    from audiofeat_cli.run.outcome import Outcome

WIDTH = 80

HELP = """Fast batch audio features: directories of audio become Parquet tables.

\b
audiofeat extract recordings/ --config mel     tables in features/mel/
audiofeat inspect song.wav                     what a file is, and its levels
audiofeat explain mel                          what a config means
audiofeat presets mel > my.yaml                a config to start from
audiofeat features mfcc                        a feature and its parameters
audiofeat cat features/mel/clips | head -3     a table as csv
audiofeat doctor                               whether all is well here
"""

NO_WALL = "without worker processes, a file that crashes the decoder ends the whole run"

app = typer.Typer(
    name="audiofeat",
    help=HELP,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDTH},
)


def _version(asked: bool) -> None:
    if asked:
        from audiofeat_cli import __version__

        out(f"audiofeat {__version__}")
        raise typer.Exit


@app.callback()
def audiofeat(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and exit.", is_eager=True, callback=_version
        ),
    ] = False,
) -> None:
    """Take what stands before the command."""
    del version


@app.command(
    cls=GroupedCommand,
    epilog=examples(
        "audiofeat extract recordings/ --config mel",
        "audiofeat extract recordings/ -c my.yaml -o out/ --set hop_length=256",
        "find . -name '*.flac' -print0 | audiofeat extract -0 - -c mfcc",
    ),
)
def extract(
    inputs: opt.Inputs = None,
    config: opt.ConfigOption = None,
    set_: opt.Set = None,
    no_frames: opt.NoFrames = False,
    files_from: opt.FilesFrom = None,
    null: opt.Null = False,
    include: opt.Include = None,
    exclude: opt.Exclude = None,
    relative_to: opt.RelativeTo = None,
    shard: opt.Shard = None,
    out_: opt.Out = None,
    jobs: opt.Jobs = None,
    backend: opt.Backend = "loky",
    timeout: opt.Timeout = None,
    allow_truncated: opt.AllowTruncated = False,
    max_errors: opt.MaxErrors = "0",
    fail_fast: opt.FailFast = False,
    overwrite: opt.Overwrite = False,
    dry_run: opt.DryRun = False,
    as_json: opt.JsonSummary = False,
    quiet: opt.Quiet = False,
    verbose: opt.Verbose = False,
) -> None:
    """Extract features of audio files into Parquet tables.

    A second run into the same folder does only what is new, changed or failed.
    """
    want_one_thread()
    with starting():
        from audiofeat_cli.extraction import Selection, default_out, extract_files, parse_shard
        from audiofeat_cli.run.outcome import MaxErrors, RunOptions
        from audiofeat_cli.run.progress import Reporter

    selection = Selection(
        inputs=inputs or (),
        files_from=files_from,
        null=null,
        include=include or (),
        exclude=exclude or (),
        relative_to=relative_to,
        shard=None if shard is None else parse_shard(shard),
    )
    selection.check()
    limit = MaxErrors.parse(max_errors)
    planned = _planned(config, [*(set_ or ()), *(["tables=[clips]"] if no_frames else ())])
    options = RunOptions(
        out=out_ or default_out(planned),
        jobs=_jobs(jobs),
        backend=backend,
        shard=selection.shard or (0, 1),
        overwrite=overwrite,
        max_errors=limit,
        fail_fast=fail_fast,
        timeout=timeout,
        allow_truncated=allow_truncated,
        dry_run=dry_run,
    )
    files: list[str] = []
    reporter = Reporter(
        level=verbose - quiet,
        planned=lambda clip: files.append(clip.path) if as_json else out(clip.path),
    )
    for line in planned.warnings:
        reporter.warning(line)
    if options.jobs == 0 or backend == "threading":
        reporter.warning(NO_WALL)
    if options.jobs == 0:
        work_here()
    try:
        outcome = extract_files(selection, planned, options, reporter)
    finally:
        reporter.close()
    reporter.finish(outcome, options, planned.plan.tables)
    if as_json:
        more = {"files": files} if dry_run else {}
        out_json({**_summary(outcome), "out": str(options.out), **more})
    raise typer.Exit(int(outcome.exit_code))


def _jobs(asked: int | None) -> int:
    if asked is not None:
        return asked
    from audiofeat_cli.run.executor import default_jobs

    return default_jobs()


def _planned(config: str | None, overrides: Iterable[str] = ()) -> "Planned":
    with starting():
        from audiofeat_cli.planning import load_plan

        if config is None:
            from audiofeat_cli.presets import list_presets

            names = ", ".join(preset.name for preset in list_presets())
            raise UsageError(
                "--config is missing: a YAML file, or one of the presets",
                f"presets: {names} (`audiofeat presets` says what they are)",
            )
        return load_plan(config, list(overrides))


def _summary(outcome: "Outcome") -> dict[str, Any]:
    from dataclasses import asdict

    facts = asdict(outcome) | {"exit_code": int(outcome.exit_code)}
    rounded = {k: round(v, 3) for k, v in facts.items() if isinstance(v, float)}
    return facts | rounded | {"stages": {k: round(v, 4) for k, v in outcome.stages.items()}}


@app.command(
    "inspect",
    cls=GroupedCommand,
    epilog=examples(
        "audiofeat inspect song.wav",
        "audiofeat inspect song.wav --plot song.png",
        "audiofeat inspect recordings/ --json",
        "audiofeat inspect features/mel",
    ),
)
def inspect_files(
    files: opt.Files, plot: opt.Plot = None, full: opt.Full = False, as_json: opt.Json = False
) -> None:
    """Show what files are: format, levels, bandwidth, a picture."""
    from audiofeat_cli.inspect.report import Findings

    if plot is not None:
        from audiofeat_cli.inspect.plot import check_plot

        check_plot(files, plot)
    found = Findings(files, tell, full=full, as_json=as_json)
    if as_json:
        out_json(found.data())
    else:
        for text in found.texts():
            out(text, end="")
            out_bytes(b"")  # at once: the next file may take its time
    if plot is not None and not found.failed:
        from audiofeat_cli.inspect.plot import draw

        draw(files[0], plot, full=full)
        tell(f"figure: {plot}")
    raise typer.Exit(int(ExitCode.FILES_FAILED if found.failed else ExitCode.OK))


@app.command(
    cls=GroupedCommand,
    epilog=examples(
        "audiofeat explain mel",
        "audiofeat explain mel --set n_fft=4096 --notes",
        "audiofeat explain --sample-rate 128 --resolve-hz 0.5 --resolve-s 0.5",
    ),
)
def explain(
    config: opt.ConfigIfAny = None,
    set_: opt.Set = None,
    notes: opt.Notes = False,
    sample_rate: opt.SampleRate = None,
    resolve_hz: opt.ResolveHz = None,
    resolve_s: opt.ResolveS = None,
    as_json: opt.Json = False,
) -> None:
    """Say what a config means, or which window and hop to take."""
    from audiofeat_cli.explain.resolve import Question, answer
    from audiofeat_cli.explain.text import answer_text, explanation_text

    question = Question(sample_rate, resolve_hz, resolve_s)
    question.check(has_config=config is not None, has_changes=bool(set_))
    planned = None if config is None else _planned(config, set_ or ())
    if planned is None or question.is_asked:
        found = answer(question, planned)
        text, data = partial(answer_text, found), found.as_dict
    else:
        from audiofeat_cli.explain.facts import explain as explained

        facts = explained(planned)
        text, data = partial(explanation_text, facts), facts.as_dict
    if as_json:
        out_json(data())
    else:
        out(text(notes=notes), end="")


@app.command(cls=GroupedCommand, epilog=examples("audiofeat features", "audiofeat features mfcc"))
def features(name: opt.FeatureName = None, as_json: opt.Json = False) -> None:
    """List the features, or one with its parameters."""
    from audiofeat_cli import catalog

    if as_json:
        out_json(catalog.feature_facts(name) if name else catalog.all_facts())
    else:
        out(catalog.feature_text(name) if name else catalog.list_text(), end="")


@app.command(
    cls=GroupedCommand, epilog=examples("audiofeat presets", "audiofeat presets mel > my.yaml")
)
def presets(name: opt.PresetName = None) -> None:
    """List the bundled configs, or print one."""
    from audiofeat_cli.presets import list_presets, read_preset

    if name is not None:
        out_bytes(read_preset(name))
        return
    found = list_presets()
    width = max((len(preset.name) for preset in found), default=0)
    for preset in found:
        start = f"{preset.name:<{width}}  "
        out(textwrap.fill(start + preset.summary, WIDTH, subsequent_indent=" " * len(start)))


@app.command(cls=GroupedCommand, epilog=examples("audiofeat check my.yaml"))
def check(config: opt.Config, set_: opt.Set = None) -> None:
    """Say whether a config is right, or all that is wrong."""
    from audiofeat_cli.explain.text import meaning

    planned = _planned(config, set_ or ())
    for line in planned.warnings:
        tell(f"warning: {line}")
    out(f"ok: {meaning(planned)}")


@app.command(cls=GroupedCommand, epilog=examples("audiofeat schema > audiofeat.schema.json"))
def schema() -> None:
    """Print the JSON Schema of configs, for editors."""
    from audiofeat_cli.config.schema import json_schema
    from audiofeat_cli.registry import load_features

    out_json(json_schema(load_features()))


@app.command(
    cls=GroupedCommand,
    epilog=examples(
        "audiofeat cat features/mel/clips | head -3",
        "audiofeat cat features/mel --columns path,duration --format jsonl",
        "audiofeat cat -0 features/mel | xargs -0 ls -l",
    ),
)
def cat(
    table: opt.Table,
    which: opt.Which = None,
    form: opt.Form = "csv",
    columns: opt.Columns = "",
    limit: opt.Limit = None,
    null: opt.RawPaths = False,
) -> None:
    """Print a table as csv or jsonl, for pipes."""
    from audiofeat_cli import cat as rows

    if form not in rows.FORMATS:
        raise UsageError(f"--format {form}: expected {' or '.join(rows.FORMATS)}")
    if limit is not None and limit < 0:
        raise UsageError(f"--limit {limit}: expected 0 or more")
    found = rows.find_table(table, which)
    if null:
        for path in islice(rows.raw_paths(found), limit):
            out_bytes(path + b"\0")
        return
    wanted = [name.strip() for name in columns.split(",") if name.strip()]
    for text in rows.text(rows.lines(found, form=form, columns=wanted, limit=limit)):
        out(text, end="")


@app.command(cls=GroupedCommand, epilog=examples("audiofeat compact features/mel"))
def compact(folder: opt.Folder, as_json: opt.Json = False) -> None:
    """Make few, larger parts of many; the rows stay as they are.

    A run that leaves more than 100 small parts in a table does so by itself.
    """
    from audiofeat_cli.run.compact import compact_folder

    found = compact_folder(folder)
    for table, change in found.tables.items():
        tell(f"{table}: {change.text}")
    if as_json:
        tables = {name: {"before": c.before, "after": c.after} for name, c in found.tables.items()}
        out_json({"exit_code": int(found.exit_code), "parts": tables})
    raise typer.Exit(int(found.exit_code))


@app.command(cls=GroupedCommand, epilog=examples("audiofeat doctor", "audiofeat doctor --json"))
def doctor(as_json: opt.Json = False) -> None:
    """Say what is here, and whether audiofeat works."""
    from audiofeat_cli.doctor.report import examine

    def show(text: str) -> None:
        if not as_json:
            out(text, end="")
            out_bytes(b"")  # at once: should a library crash, what was found stands there

    report = examine(show)
    if as_json:
        out_json(report.as_dict())
    raise typer.Exit(int(ExitCode.FILES_FAILED if report.wrong() else ExitCode.OK))


def main() -> None:
    """Run the command line: the one place where errors become texts and exit statuses."""
    open_standard_streams()
    sys.exit(_status())


def _status() -> int:
    try:
        code = typer.main.get_command(app).main(prog_name="audiofeat", standalone_mode=False)
        out_bytes(b"")
    except ReaderGoneError:
        return ExitCode.OK
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - one of the two boundaries
        return told(error)
    return code if isinstance(code, int) else ExitCode.OK
