"""The options of the command line: names, help, and the groups that help lists them in."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

_FILES = "Which files"
_WHAT = "What to compute"
_RUN = "How to run"
_SAID = "What is said"
_RESOLVE = "Find a window and a hop"


class GroupedCommand(TyperCommand):
    """A command whose help lists options in groups, as plain text: rich would double its time."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Name the arguments as the help does."""
        pieces = ["[OPTIONS]"]
        for parameter in self.get_params(ctx):
            if parameter.param_type_name == "argument":
                many = "..." if parameter.nargs < 0 else ""
                name = f"{parameter.metavar}{many}"
                pieces.append(name if parameter.required else f"[{name}]")
        return pieces

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write one section per group."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:
                continue
            if parameter.param_type_name == "argument":
                groups.setdefault("Arguments", []).append((str(parameter.metavar), record[1]))
            else:
                group = getattr(parameter, "rich_help_panel", None) or "Options"
                groups.setdefault(group, []).append(record)
        for name, records in groups.items():
            with formatter.section(name):
                formatter.write_dl(records)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples line by line."""
        del ctx
        if self.epilog:
            with formatter.section("Examples"):
                formatter.write("".join(f"  {line}\n" for line in self.epilog.splitlines()))


def examples(*lines: str) -> str:
    """Command lines that a help shows at its end."""
    return "\n".join(lines)


def _flag(group: str, *names: str, help: str) -> Any:
    return typer.Option(*names, help=help, rich_help_panel=group)


def _option(group: str, *names: str, metavar: str, help: str) -> Any:
    return typer.Option(*names, metavar=metavar, help=help, rich_help_panel=group)


Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

Config = Annotated[str, typer.Argument(metavar="CONFIG", help="A YAML file, or a preset's name.")]

ConfigIfAny = Annotated[
    str | None,
    typer.Argument(
        metavar="CONFIG", help="A YAML file, or a preset's name; not needed with --resolve-..."
    ),
]

Notes = Annotated[
    bool,
    _flag(_SAID, "--notes", help="Add the notes that each bin of the spectra covers."),
]

SampleRate = Annotated[
    int | None,
    _option(
        _RESOLVE,
        "--sample-rate",
        metavar="HZ",
        help="Sample rate that window and hop are for.  [default: that of CONFIG]",
    ),
]

ResolveHz = Annotated[
    float | None,
    _option(
        _RESOLVE,
        "--resolve-hz",
        metavar="HZ",
        help="Say which window has bins so close.",
    ),
]

ResolveS = Annotated[
    float | None,
    _option(
        _RESOLVE,
        "--resolve-s",
        metavar="SECONDS",
        help="Say which hop has frames so close.",
    ),
]

Set = Annotated[
    list[str] | None,
    _option(
        _WHAT,
        "--set",
        metavar="KEY=VALUE",
        help="Change one key of the config: hop_length=256, features.mel.n_mels=64. Repeatable.",
    ),
]

Inputs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="INPUT", help="Folders (with all below them) or files; - is --files-from -."
    ),
]

ConfigOption = Annotated[
    str | None,
    _option(
        _WHAT,
        "--config",
        "-c",
        metavar="FILE|PRESET",
        help="What to compute: a YAML file, or a preset such as mel. Required.",
    ),
]

NoFrames = Annotated[
    bool, _flag(_WHAT, "--no-frames", help="Write rows per file only, none per frame.")
]

FilesFrom = Annotated[
    str | None,
    _option(
        _FILES,
        "--files-from",
        metavar="FILE|-",
        help="Read names of files from a list, one per line; - is stdin.",
    ),
]

Null = Annotated[
    bool,
    _flag(
        _FILES, "--null", "-0", help="Names in the list end with NUL, as find -print0 writes them."
    ),
]

Include = Annotated[
    list[str] | None,
    _option(
        _FILES,
        "--include",
        metavar="GLOB",
        help="Only files whose name, or path below INPUT, matches: '*_left.wav'. Repeatable.",
    ),
]

Exclude = Annotated[
    list[str] | None,
    _option(_FILES, "--exclude", metavar="GLOB", help="Not these files and folders. Repeatable."),
]

RelativeTo = Annotated[
    str | None,
    _option(
        _FILES,
        "--relative-to",
        metavar="DIR",
        help="Write paths relative to this folder; else they are as find INPUT prints them.",
    ),
]

Shard = Annotated[
    str | None,
    _option(
        _FILES,
        "--shard",
        metavar="I/N",
        help="Only the I-th (from 0) of N parts of the files: one part per machine.",
    ),
]

Out = Annotated[
    Path | None,
    _option(
        _RUN,
        "--out",
        "-o",
        metavar="DIR",
        help="Where tables go.  [default: features/<config name>]",
    ),
]

Jobs = Annotated[
    int | None,
    _option(
        _RUN,
        "--jobs",
        "-j",
        metavar="N",
        help="Worker processes; 0 is none, for debugging: then a file that crashes the program"
        " ends the run.  [default: one per core]",
    ),
]

Backend = Annotated[
    str,
    _option(
        _RUN,
        "--backend",
        metavar="NAME",
        help="What workers are: loky (processes) or threading.",
    ),
]

Timeout = Annotated[
    float | None,
    _option(
        _RUN,
        "--timeout",
        metavar="SECONDS",
        help="A file that takes longer has failed.  [default: no limit]",
    ),
]

AllowTruncated = Annotated[
    bool,
    _flag(
        _RUN,
        "--allow-truncated",
        help="Take what there is of files that are cut, and say so in the column truncated.",
    ),
]

MaxErrors = Annotated[
    str,
    _option(
        _RUN,
        "--max-errors",
        metavar="N|P%",
        help="Exit with 0 although so many files failed, or that share of them.",
    ),
]

FailFast = Annotated[bool, _flag(_RUN, "--fail-fast", help="Stop at the first file that fails.")]

Overwrite = Annotated[
    bool,
    _flag(
        _RUN, "--overwrite", help="Begin anew; the old tables stay until the new ones are whole."
    ),
]

DryRun = Annotated[
    bool, _flag(_RUN, "--dry-run", help="Only list the files that would be worked on.")
]

JsonSummary = Annotated[bool, _flag(_SAID, "--json", help="Print the summary as JSON on stdout.")]

Quiet = Annotated[bool, _flag(_SAID, "--quiet", "-q", help="No progress and no summary.")]

Verbose = Annotated[bool, _flag(_SAID, "--verbose", "-v", help="Tell each failure as it happens.")]

Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE",
        help="Audio files, or folders of them; or an output folder, or a table of one.",
    ),
]

Plot = Annotated[
    Path | None,
    typer.Option(
        metavar="FIGURE",
        help="Draw one file: waveform, spectrogram, mel, chroma; .png, .svg or .pdf.",
    ),
]

Full = Annotated[
    bool,
    typer.Option("--full", help="Measure all of a long file, not only excerpts."),
]

FeatureName = Annotated[str | None, typer.Argument(metavar="NAME", help="One feature, in detail.")]

PresetName = Annotated[str | None, typer.Argument(metavar="NAME", help="Print this one's YAML.")]

Table = Annotated[
    Path,
    typer.Argument(
        metavar="TABLE", help="An output folder, a table of it (features/mel/clips), or a part."
    ),
]

Folder = Annotated[
    Path, typer.Argument(metavar="DIR", help="An output folder, such as features/mel.")
]

Which = Annotated[
    str | None,
    typer.Option(
        "--table", metavar="clips|frames", help="Which one of an output folder.  [default: clips]"
    ),
]

Form = Annotated[str, typer.Option("--format", metavar="csv|jsonl", help="How rows are written.")]

Columns = Annotated[
    str,
    typer.Option(metavar="A,B,...", help="Only these columns; mfcc_* means all that begin so."),
]

Limit = Annotated[int | None, typer.Option(metavar="N", help="At most that many rows.")]

RawPaths = Annotated[
    bool,
    typer.Option(
        "--null", "-0", help="Print the paths only, as they are on disk, each ended by NUL."
    ),
]
