"""What is told of one audio file, section after section, and of many as a table."""

import math
import textwrap
from collections.abc import Callable, Iterator

import numpy as np

from audiofeat_cli.console import one_line
from audiofeat_cli.inspect.drawing import (
    MARGIN,
    RANGE_DB,
    SHADES,
    Line,
    Span,
    spectrogram,
    time_axis,
    waveform,
)
from audiofeat_cli.inspect.sound import Sound
from audiofeat_cli.inspect.terminal import Screen

WIDE = 140
"""Columns from which pictures get more lines."""

_LABEL = 12
_WARNING = "yellow"
_DRAWN_CHANNELS = 2
_WHOLE = {
    False: "yes",
    True: "no, the file is cut; what there is of it follows",
    None: "cannot be known",
}
TABLE_HEAD = (
    f"{'seconds':>9}  {'Hz':>6}  {'ch':>2}  {'format':<16}  {'peak':>6}  {'rms':>6}  {'LUFS':>6}"
    f"  {'kHz':>5}  file"
)

Section = Callable[[Sound, Screen], Iterator[Line]]


def sound_lines(sound: Sound, screen: Screen) -> Iterator[Line]:
    """All about one file."""
    yield [Span(one_line(sound.path), "bold")]
    for section in SECTIONS:
        yield from section(sound, screen)


def _row(label: str, text: str, screen: Screen, style: str = "") -> Iterator[Line]:
    room = max(screen.width - _LABEL, 20)
    wrapped = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
    for i, part in enumerate(wrapped):
        yield [Span(f"  {'' if i else label:<{_LABEL - 2}}"), Span(part, style)]


def _container(sound: Sound, screen: Screen) -> Iterator[Line]:
    facts = sound.facts
    parts = [
        f"{facts.format} ({facts.subtype})",
        f"{facts.sample_rate} Hz",
        f"{facts.channels} channel{'s' if facts.channels > 1 else ''}",
    ]
    if facts.bits:
        parts.append(f"{facts.bits} bits")
    if facts.lossless is not None:
        parts.append("lossless" if facts.lossless else "lossy")
    yield from _row("format", ", ".join(parts), screen)
    rate = f", {facts.bit_rate / 1000:.0f} kbit/s" if facts.bit_rate else ""
    text = f"{facts.duration:.3f} s, {facts.frames} samples per channel; {facts.size} bytes{rate}"
    yield from _row("length", text, screen)
    style = _WARNING if facts.truncated else ""
    yield from _row("whole", _WHOLE[facts.truncated], screen, style)
    for name, value in facts.tags.items():
        yield from _row(name[: _LABEL - 3], one_line(value), screen)


def _measured(sound: Sound, screen: Screen) -> Iterator[Line]:
    if sound.excerpts:
        text = (
            f"{sound.measured_seconds:.1f} s: {sound.excerpts} excerpts, evenly spread, stand for"
            " the rest; --full measures all of it"
        )
        yield from _row("measured", text, screen)


def _levels(sound: Sound, screen: Screen) -> Iterator[Line]:
    loudness = "none (silent, too short, or sampled below 4 kHz)"
    if sound.loudness_lufs is not None:
        loudness = f"{sound.loudness_lufs:.1f} LUFS, integrated (EBU R128)"
    yield from _row("loudness", loudness, screen)
    head = "peak dBFS  true dBTP  rms dBFS         DC  clipped   silent"
    yield [Span(f"  {'channel':<{_LABEL - 2}}"), Span(head, "dim")]
    for channel, level in enumerate(sound.levels):
        text = (
            f"{_db(level.peak_dbfs):>9}  {_db(level.true_peak_dbtp):>9}  {_db(level.rms_dbfs):>8}"
            f"  {level.dc + 0.0:>9.5f}  {share(level.clipped):>7}  {share(level.silent):>7}"
        )
        yield [Span(f"    {channel:<{_LABEL - 4}}"), Span(text, _WARNING if level.clipped else "")]


def _content(sound: Sound, screen: Screen) -> Iterator[Line]:
    is_claim = sound.bandwidth.kind in ("upsampled", "low_passed")
    yield from _row("bandwidth", sound.bandwidth.text, screen, _WARNING if is_claim else "")


def _stereo(sound: Sound, screen: Screen) -> Iterator[Line]:
    facts = sound.stereo
    if facts is None or facts.kind == "silent":
        return
    parts = []
    if facts.correlation is not None:
        parts.append(f"correlation {facts.correlation:.2f}")
    if facts.balance_db is not None:
        side = "left" if facts.balance_db > 0 else "right"
        louder = round(abs(facts.balance_db), 1)
        parts.append(f"{side} louder by {louder:.1f} dB" if louder else "balanced")
    if facts.side_share is not None:
        parts.append(f"side {share(facts.side_share)} of the energy")
    change = facts.mono_change_db
    parts.append("mono mix silent" if change is None else f"mono mix {change + 0.0:.1f} dB")
    yield from _row("stereo", ", ".join(parts), screen)
    if facts.text:
        yield from _row("", facts.text, screen, _WARNING)


def _music(sound: Sound, screen: Screen) -> Iterator[Line]:
    music = sound.music
    if music is None:
        return
    parts = []
    if music.tempo_bpm is not None:
        second = music.second_tempo_bpm
        parts.append(f"{music.tempo_bpm:.1f} BPM" + (f" (or {second:.1f})" if second else ""))
    if music.key is not None:
        parts.append(f"key {music.key}")
    if music.note is not None and music.f0_hz is not None and music.cents is not None:
        at = f"{music.f0_hz:.1f} Hz, {music.note} {music.cents:+.0f} cents"
        parts.append(f"pitch {at} in {share(music.voiced_share or 0)} of the time")
    yield from _row("music", ", ".join(parts) or "no tempo, key or pitch", screen)


def _drawn_waveform(sound: Sound, screen: Screen) -> Iterator[Line]:
    low, high = sound.picture.outline
    is_wide = screen.width >= WIDE
    shown = [("left", low[0], high[0]), ("right", low[-1], high[-1])]
    if len(low) == 1:
        shown = [("", low[0], high[0])]
    elif len(low) > _DRAWN_CHANNELS:
        shown = [("all", low.min(axis=0), high.max(axis=0))]
    height = (9 if is_wide else 7) if len(shown) == 1 else (7 if is_wide else 5)
    yield []
    for name, lowest, highest in shown:
        outline = np.stack([lowest, highest])
        yield from waveform(outline, width=screen.width, height=height, title=name)
    yield from time_axis(sound.facts.duration, width=screen.width)


def _drawn_spectrogram(sound: Sound, screen: Screen) -> Iterator[Line]:
    picture = sound.picture
    if not picture.mel_power.size or picture.mel_power.max() <= 0:
        return
    height = 24 if screen.width >= WIDE else 16
    yield from spectrogram(
        picture.mel_power,
        picture.mel_hz,
        width=screen.width,
        height=height,
        colour=screen.deep,
    )
    yield from time_axis(sound.facts.duration, width=screen.width)
    text = f"mel spectrogram, from the loudest point to -{RANGE_DB:g} dB"
    if not screen.deep:
        text += f"; a shade is {RANGE_DB / len(SHADES):g} dB"
    for part in textwrap.wrap(text, screen.width - MARGIN):
        yield [Span(f"{'':{MARGIN}}{part}", "dim")]


SECTIONS: tuple[Section, ...] = (
    _container,
    _measured,
    _levels,
    _content,
    _stereo,
    _music,
    _drawn_waveform,
    _drawn_spectrogram,
)
"""In this order."""


def table_line(sound: Sound) -> str:
    """One file in a table of many."""
    facts = sound.facts
    peak = max((v.peak_dbfs for v in sound.levels if v.peak_dbfs is not None), default=None)
    energies = [10 ** (v.rms_dbfs / 10) for v in sound.levels if v.rms_dbfs is not None]
    rms = 10 * math.log10(sum(energies) / len(sound.levels)) if energies else None
    kind = f"{facts.format} {'' if facts.format == 'MP3' else facts.subtype}"
    content = sound.bandwidth.content_hz
    high = "-" if content is None else f"{content / 1000:.1f}"
    loudness = "-" if sound.loudness_lufs is None else _db(sound.loudness_lufs)
    remarks = ", ".join(_remarks(sound))
    return (
        f"{facts.duration:>9.2f}  {facts.sample_rate:>6}  {facts.channels:>2}  {kind[:16]:<16}"
        f"  {_db(peak):>6}  {_db(rms):>6}  {loudness:>6}  {high:>5}"
        f"  {one_line(sound.path)}{f'  ({remarks})' if remarks else ''}"
    )


def _remarks(sound: Sound) -> Iterator[str]:
    """What is odd about a file, in a word or two each."""
    if sound.facts.truncated:
        yield "cut"
    clipped = max(level.clipped for level in sound.levels)
    if clipped:
        yield f"clipped {share(clipped)}"
    if sound.bandwidth.upsampled_from_hz is not None:
        yield f"from {sound.bandwidth.upsampled_from_hz} Hz?"
    elif sound.bandwidth.kind == "low_passed" and sound.facts.lossless:
        yield "low-passed"
    if sound.stereo is not None and sound.stereo.text:
        yield sound.stereo.kind.replace("_", " ").replace("identical", "left = right")
    if sound.excerpts:
        yield "excerpts"


def _db(value: float | None) -> str:
    return "-inf" if value is None else f"{value + 0.0:.1f}"


def share(value: float) -> str:
    """A share from 0 to 1 in per cent."""
    if value == 0:
        return "0 %"
    return f"{100 * value:.2g} %" if value < 0.1 else f"{100 * value:.0f} %"
