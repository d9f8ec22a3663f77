"""Pictures made of characters: a waveform and a spectrogram, with labelled axes.

A picture is a list of lines, a line a list of spans: text, and a style that a terminal may show.
Every picture makes sense by its characters alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from audiofeat_cli.inspect.envelope import columns
from audiofeat_cli.step import Array

MARGIN = 10
"""Columns of the labels on the left, with the axis."""

RANGE_DB = 70.0
"""From the loudest point of a spectrogram to where it is blank."""

SHADES = " ░▒▓█"
_WAVE = "cyan"
_AXIS = "dim"
_STOPS = (
    *((0, 0, 4), (40, 17, 89), (101, 26, 128), (161, 48, 126)),
    *((216, 69, 108), (248, 118, 92), (254, 188, 118), (252, 253, 191)),
)
"""Dark to light, in the manner of matplotlib's magma."""

_STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000, 36000)
_FINE_STEPS = tuple(m * 10.0**e for e in range(-6, 0) for m in (1, 2, 5))


@dataclass(frozen=True, slots=True)
class Span:
    """Text, and how a terminal may show it (in rich's words, such as `dim` or `#ff0000`)."""

    text: str
    style: str = ""


Line = list[Span]


def plain(lines: Sequence[Line]) -> str:
    """The lines without styles."""
    return "".join("".join(span.text for span in line).rstrip() + "\n" for line in lines)


def waveform(outline: Array, *, width: int, height: int, title: str = "") -> list[Line]:
    """One channel's outline, two points of height to a character.

    Parameters
    ----------
    outline : (2, pieces) lowest and highest samples.
    width, height : of all of it, in characters; the margin is part of the width.
    """
    room = width - MARGIN
    low, high = stretched(columns(outline[:, np.newaxis], room)[:, 0], room)
    top = _ceiling(float(max(-low.min(), high.max())))
    points = 2 * height
    upper = np.clip(np.floor((1 - high / top) * points / 2), 0, points - 1)
    lower = np.clip(np.ceil((1 - low / top) * points / 2) - 1, 0, points - 1)
    lower = np.maximum(lower, upper)
    rows = np.arange(points)[:, np.newaxis]
    filled = (rows >= upper) & (rows <= lower)
    labels = {0: _number(top), height - 1: _number(-top)}
    labels.setdefault(height // 2, title)
    return [
        [_label(labels.get(i, "")), Span(_halves(filled[2 * i], filled[2 * i + 1]), _WAVE)]
        for i in range(height)
    ]


def stretched(values: Array, width: int) -> Array:
    """(..., n) as (..., width), where n is not larger: each value repeated."""
    index = np.arange(width) * values.shape[-1] // width
    return np.asarray(values[..., index])


def _halves(upper: Array, lower: Array) -> str:
    signs = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
    return "".join(signs[int(a), int(b)] for a, b in zip(upper, lower, strict=True))


def _ceiling(peak: float) -> float:
    """The next of 1, 0.5, 0.2, 0.1..., or more where samples exceed full scale."""
    if peak <= 0:
        return 1.0
    scale = 10.0 ** math.floor(math.log10(peak))
    return next(m * scale for m in (1, 2, 5, 10) if m * scale >= 0.999 * peak)


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) >= 1e-3 else f"{value:.0e}"


def _label(text: str) -> Span:
    return Span(f"{text:>{MARGIN - 2}} │", _AXIS)


def spectrogram(
    power: Array, frequencies: Array, *, width: int, height: int, colour: bool
) -> list[Line]:
    """Energies as shades, or as colours with two points of height to a character.

    Parameters
    ----------
    power : (frames, bands) energy.
    frequencies : (bands,) Hz.
    """
    points = 2 * height if colour else height
    shown = stretched(_pooled(power, width - MARGIN, points), width - MARGIN)
    labels = _frequency_labels(frequencies, height)
    lines = []
    for i in range(height):
        if colour:
            line = _coloured(shown[2 * i], shown[2 * i + 1])
        else:
            line = [Span("".join(SHADES[_level(v, len(SHADES))] for v in shown[i]))]
        lines.append([_label(labels.get(i, "")), *line])
    return lines


def _pooled(power: Array, width: int, height: int) -> Array:
    """(height, up to width) from 0 to 1, high frequencies first.

    The mean energy in time, the largest in frequency; 0 is `RANGE_DB` below the loudest, 1.
    """
    frames, bands = power.shape
    across = np.linspace(0, frames, min(width, frames) + 1).astype(int)
    up = np.linspace(0, bands, height + 1).astype(int)
    in_time = np.stack([power[a:b].mean(axis=0, dtype=np.float64) for a, b in pairwise(across)])
    cells = np.stack([in_time[:, a:b].max(axis=1) for a, b in pairwise(up)])[::-1]
    loudest = float(cells.max())
    if loudest <= 0:
        return np.zeros(cells.shape)
    levels = 10 * np.log10(np.maximum(cells / loudest, 1e-12))
    return np.clip(1 + levels / RANGE_DB, 0, 1)


def _level(value: float, count: int) -> int:
    return min(count - 1, int(value * count))


def _coloured(upper: Array, lower: Array) -> Line:
    """Half blocks: the foreground is the upper point, the background the lower one."""
    line: Line = []
    for above, below in zip(upper, lower, strict=True):
        style = f"{colour_of(above)} on {colour_of(below)}"
        if line and line[-1].style == style:
            line[-1] = Span(line[-1].text + "▀", style)
        else:
            line.append(Span("▀", style))
    return line


def colour_of(value: float) -> str:
    """`#rrggbb` of a value from 0 to 1."""
    place = _level(value, 32) / 31 * (len(_STOPS) - 1)
    index = min(int(place), len(_STOPS) - 2)
    part = place - index
    mixed = (a + part * (b - a) for a, b in zip(_STOPS[index], _STOPS[index + 1], strict=True))
    return "#" + "".join(f"{round(v):02x}" for v in mixed)


def _frequency_labels(frequencies: Array, height: int) -> dict[int, str]:
    """Every third row, the top and the bottom: the frequency in the middle of the row."""
    edges = np.linspace(0, len(frequencies), height + 1)
    middles = [min(len(frequencies) - 1, int((a + b) / 2)) for a, b in pairwise(edges)]
    rows = [*range(0, height - 2, 3), height - 1]
    return {row: _hertz(float(frequencies[middles[height - 1 - row]])) for row in rows}


def _hertz(value: float) -> str:
    return f"{value:.0f} Hz" if value < 1000 else f"{value / 1000:.1f} kHz"


def time_axis(seconds: float, *, width: int) -> list[Line]:
    """A ruled line with marks, and the times below them."""
    room = width - MARGIN
    step = _step(seconds, room)
    rule, times = ["─"] * room, [" "] * (room + MARGIN)
    for k in range(int(seconds / step * (1 + 1e-9)) + 1):
        at = round(k * step / seconds * (room - 1)) if seconds else 0
        text = _clock(k * step, step)
        first = MARGIN + at - len(text) // 2
        if first + len(text) > len(times):
            break
        rule[at] = "┬"
        times[first : first + len(text)] = text
    corner = " " * (MARGIN - 1) + "└"
    return [[Span(corner + "".join(rule), _AXIS)], [Span("".join(times), _AXIS)]]


def _step(seconds: float, room: int) -> float:
    """A round distance of marks, at least a label's width apart."""
    fewest = max(seconds, 1e-9) * 11 / room
    return next((s for s in (*_FINE_STEPS, *_STEPS) if s >= fewest), fewest)


def _clock(seconds: float, step: float) -> str:
    """`0`, `2.5 s`, `1:05`, `1:00:00`: as fine as the step needs."""
    if step >= 3600 or seconds >= 3600:
        whole = round(seconds)
        return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    if seconds >= 60 or step >= 60:
        whole = round(seconds)
        return f"{whole // 60}:{whole % 60:02d}"
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step < 1 else 0
    return f"{seconds:.{digits}f} s"
