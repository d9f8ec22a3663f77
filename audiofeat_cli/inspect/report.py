"""What `audiofeat inspect` tells of files, as text or data."""

import math
import os
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audiofeat_cli.audio.facts import SILENCE_DBFS
from audiofeat_cli.audio.names import escape_path
from audiofeat_cli.console import one_line
from audiofeat_cli.errors import ClipError, UsageError
from audiofeat_cli.inspect.output import OutputFacts, is_output, look_at
from audiofeat_cli.inspect.sound import Listener, Sound, clip_error

WIDTH = 80
STEP_DB = 6.0
BLOCKS = "▁▂▃▄▅▆▇█"
_LABEL = 12
_HEAD = (
    f"{'seconds':>9}  {'Hz':>6}  {'ch':>2}  {'format':<16}  {'peak':>6}  {'rms':>6}  {'LUFS':>6}"
    "  cut  file"
)


@dataclass
class Report:
    """What was found, in the order asked for; `errors` are lines for stderr."""

    sounds: list[Sound] = field(default_factory=list)
    outputs: list[OutputFacts] = field(default_factory=list)
    data: list[dict[str, Any]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def as_text(self) -> str:
        """For people: one file in detail, several as a table."""
        lines = [line for facts in self.outputs for line in _output(facts)]
        if len(self.sounds) == 1:
            lines += _one(self.sounds[0])
        elif self.sounds:
            lines += [_HEAD, *map(_line, self.sounds)]
        return "".join(f"{line}\n" for line in lines)


def inspect_all(names: Sequence[str]) -> Report:
    """Look at files and output folders. A file that cannot be decoded costs an error line.

    Raises
    ------
    UsageError : a name does not exist.
    """
    missing = [escape_path(name) for name in names if not os.path.lexists(name)]
    if missing:
        raise UsageError(f"no such file or folder: {', '.join(missing)}")
    report = Report()
    listener = Listener()
    for name in names:
        if is_output(Path(name)):
            facts = look_at(Path(name))
            report.outputs.append(facts)
            report.data.append(facts.as_dict())
            continue
        try:
            sound = _listen(listener, name)
        except ClipError as error:
            report.errors.append(one_line(f"{escape_path(name)}: {error.message}"))
            report.data.append(clip_error(name, error))
        else:
            report.sounds.append(sound)
            report.data.append(sound.as_dict())
    return report


def _listen(listener: Listener, name: str) -> Sound:
    path = Path(name)
    if path.is_dir():
        raise ClipError("decode", "not_a_file", "a folder, and no output of audiofeat")
    if not path.exists():
        raise ClipError("decode", "broken_link", "this link leads nowhere")
    return listener.listen(name)


def _row(label: str, text: str) -> str:
    return f"  {label:<{_LABEL - 2}}{text}"


def _rows(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=f"  {label:<{_LABEL - 2}}",
        subsequent_indent=" " * _LABEL,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _one(sound: Sound) -> Iterator[str]:
    facts = sound.facts
    bits = f", {facts.bits} bits" if facts.bits else ""
    channels = f"{facts.channels} channel{'s' if facts.channels > 1 else ''}"
    yield one_line(sound.path)
    yield _row(
        "format", f"{facts.format} ({facts.subtype}), {facts.sample_rate} Hz, {channels}{bits}"
    )
    rate = facts.size * 8 / facts.duration / 1000
    yield _row(
        "length",
        f"{facts.duration:.3f} s, {facts.frames} samples per channel; "
        f"{facts.size} bytes, {rate:.0f} kbit/s",
    )
    whole = {
        False: "yes",
        True: "no, the file is cut; what there is of it follows",
        None: "cannot be known",
    }
    yield _row("whole", whole[facts.truncated])
    loudness = "none (silent or too short)"
    if sound.loudness_lufs is not None:
        loudness = f"{sound.loudness_lufs:.1f} LUFS, integrated (EBU R128)"
    yield _row("loudness", loudness)
    yield _row("channel", "peak dBFS   rms dBFS         DC   clipped    silent")
    for channel, level in enumerate(sound.levels):
        yield _row(
            f"  {channel}",
            f"{_db(level.peak_dbfs):>9}  {_db(level.rms_dbfs):>9}  {level.dc:>9.5f}"
            f"  {_share(level.clipped):>8}  {_share(level.silent):>8}",
        )
    yield _row("peaks", picture(sound.strip_dbfs))
    yield _row("", f"a step is {STEP_DB:g} dB; silent: time below {SILENCE_DBFS:g} dBFS")


def _line(sound: Sound) -> str:
    facts = sound.facts
    peak = max((v.peak_dbfs for v in sound.levels if v.peak_dbfs is not None), default=None)
    rms = [10 ** (v.rms_dbfs / 10) for v in sound.levels if v.rms_dbfs is not None]
    mean = 10 * math.log10(sum(rms) / len(sound.levels)) if rms else None
    kind = f"{facts.format} {'' if facts.format == 'MP3' else facts.subtype}"
    cut = {True: "yes", False: "no", None: "?"}[facts.truncated]
    name = one_line(sound.path)
    return (
        f"{facts.duration:>9.2f}  {facts.sample_rate:>6}  {facts.channels:>2}  {kind[:16]:<16}"
        f"  {_db(peak):>6}  {_db(mean):>6}  {_db(sound.loudness_lufs):>6}  {cut:<3}  {name}"
    )


def picture(levels: Sequence[float | None]) -> str:
    """A character per level: 0 dBFS is the full block, each step lower 6 dB less."""
    shown = []
    for level in levels:
        step = -1 if level is None else len(BLOCKS) - 1 + int(level // STEP_DB) + 1
        shown.append(BLOCKS[min(step, len(BLOCKS) - 1)] if step >= 0 else " ")
    return "".join(shown).rstrip() or "(silence)"


def _db(value: float | None) -> str:
    return "-inf" if value is None else f"{value:.1f}"


def _share(value: float) -> str:
    if value == 0:
        return "0 %"
    return f"{100 * value:.2g} %" if value < 0.1 else f"{100 * value:.0f} %"


def _output(facts: OutputFacts) -> Iterator[str]:
    ours = f"written by audiofeat {facts.versions.get('audiofeat-cli', '')}".rstrip()
    yield f"{facts.path}: {ours if facts.config else 'a table, but not one of audiofeat'}"
    for table in facts.tables:
        parts = f"{table.parts} part{'s' if table.parts != 1 else ''}"
        yield _row(
            table.name,
            f"{table.rows} rows x {table.columns} columns in {parts}, {table.bytes} bytes",
        )
    if facts.counts:
        yield _row(
            "files",
            f"{facts.counts.get('clips', 0)} done, {facts.counts.get('failed', 0)} failed; "
            f"{facts.audio_seconds or 0:.1f} s of audio in {facts.wall_seconds or 0:.1f} s",
        )
    if facts.config:
        keys = ("sample_rate", "channels", "n_fft", "win_length", "hop_length", "window")
        shown = ", ".join(f"{key} {facts.config.get(key)}" for key in keys)
        names = ", ".join(next(iter(entry)) for entry in facts.config.get("features", ()))
        yield from _rows("config", shown)
        yield from _rows("features", names)
    if facts.versions:
        yield from _rows("versions", ", ".join(f"{k} {v}" for k, v in facts.versions.items()))
    for failure in facts.failures:
        yield from _rows("failed", f"{failure['path']}: {failure['message']}")
