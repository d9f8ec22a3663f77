"""What the short-time spectra of a plan can tell apart, and what bands make of their bins."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from audiofeat_cli.explain.notes import (
    SEMITONE,
    NoteBin,
    half_width,
    noise_bandwidth,
    note_bins,
    semitone_from,
)
from audiofeat_cli.plan import Node, Plan
from audiofeat_cli.runner import Bound
from audiofeat_cli.step import Array
from audiofeat_cli.steps.mel import mel_edges, mel_filterbank
from audiofeat_cli.steps.spectrum import window_shape

_FINER = 64
_FINEST = 2**22
"""Weights; a band is measured on bins that are finer than the FFT's by as much as that allows."""

_AS_NARROW = 1.001
_EDGES = ("sample_rate", "n_mels", "fmin", "fmax", "htk")


@dataclass(frozen=True, slots=True)
class Spectrum:
    """One short-time spectrum of the plan: one window, whatever is made of it.

    Attributes
    ----------
    bin_hz : distance of two bins: rate / n_fft.
    window_hz : rate / win_length. Zeros around the window (n_fft > win_length) do not change it.
    noise_bins, noise_hz : equivalent noise bandwidth, in units of `window_hz` and in Hz; None of a
        window that sums to 0.
    resolution_hz : width of a tone's peak where it has fallen to half its height (-6 dB).
    semitone_hz, semitone_note : from here up, notes a semitone apart are at least a bin apart.
    separable_hz, separable_note : from here up, they are at least `resolution_hz` apart.
    note_bins : the bins that can cover more than one note.
    features : those that read it.
    """

    n_fft: int
    win_length: int
    win_ms: float
    window: str
    overlap: float
    bins: int
    bin_hz: float
    window_hz: float
    highest_hz: float
    noise_bins: float | None
    noise_hz: float | None
    resolution_hz: float
    semitone_hz: float
    semitone_note: str | None
    separable_hz: float
    separable_note: str | None
    note_bins: tuple[NoteBin, ...]
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bands:
    """Bands that bins are summed in (mel, for one).

    Attributes
    ----------
    dead : the bands that cover no bin and are always 0.
    narrowest : the narrowest band that has one width (chroma bands, which are many, have none).
    narrowest_hz, narrowest_bins : its width at half its height; None where no band has one.
    """

    step: str
    features: tuple[str, ...]
    n_fft: int
    count: int
    dead: tuple[int, ...]
    narrowest: int | None
    narrowest_hz: float | None
    narrowest_bins: float | None


def needs(plan: Plan, node: int) -> set[int]:
    """A node and all that it is made of."""
    found = {node}
    for index in range(node, -1, -1):
        if index in found:
            found.update(plan.nodes[index].inputs)
    return found


def spectra_of(plan: Plan, *, rate: int, hop_length: int) -> Iterator[Spectrum]:
    """The spectra of a plan: whatever a step makes that reads a window."""
    for index, node in enumerate(plan.nodes):
        if node.step != window_shape.name:
            continue
        readers = {i for i, n in enumerate(plan.nodes) if index in n.inputs}
        names = (o.request for o in plan.outputs if readers & needs(plan, o.node))
        yield spectrum_of(dict(node.parameters), rate, hop_length=hop_length, features=_once(names))


def _once(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def spectrum_of(
    shape: Mapping[str, Any], rate: int, *, hop_length: int, features: tuple[str, ...] = ()
) -> Spectrum:
    """What a window (`n_fft`, `win_length`, `window`) means at a sample rate."""
    n_fft, length = shape["n_fft"], shape["win_length"]
    values = window_shape(n_fft=length, win_length=length, window=shape["window"])
    bin_hz, window_hz, highest = rate / n_fft, rate / length, rate / 2
    noise = noise_bandwidth(values)
    width = half_width(values) * rate
    return Spectrum(
        n_fft=n_fft,
        win_length=length,
        win_ms=1000 * length / rate,
        window=window_name(shape["window"]),
        overlap=max(0.0, 1 - hop_length / length),
        bins=1 + n_fft // 2,
        bin_hz=bin_hz,
        window_hz=window_hz,
        highest_hz=highest,
        noise_bins=noise,
        noise_hz=None if noise is None else noise * window_hz,
        resolution_hz=width,
        semitone_hz=bin_hz / (SEMITONE - 1),
        semitone_note=semitone_from(bin_hz, highest),
        separable_hz=width / (SEMITONE - 1),
        separable_note=semitone_from(width, highest),
        note_bins=tuple(note_bins(rate, n_fft)),
        features=features,
    )


def window_name(window: str | tuple[Any, ...]) -> str:
    """`hann`, `kaiser 8.6`."""
    return window if isinstance(window, str) else " ".join(map(str, window))


def bands_of(plan: Plan, values: Sequence[Any]) -> Iterator[Bands]:
    """The filterbanks of a plan: constants with a row of weights per band and a column per bin.

    Parameters
    ----------
    values : the constants of the plan, by node. Those that wait for a clip's value are passed over.
    """
    for index, node in enumerate(plan.nodes):
        weights = _matrix(node, values[index])
        if weights is None or weights.min() < 0:
            continue
        names = (o.request for o in plan.outputs if index in needs(plan, o.node))
        yield _bands(plan, index, weights, _once(names))


def _matrix(node: Node, value: Any) -> Array | None:
    """(bands, bins) weights, where the constant is a filterbank."""
    n_fft = dict(node.parameters).get("n_fft")
    shape: tuple[int, ...] = getattr(value, "shape", ())
    if node.kind != "constant" or n_fft is None or len(shape) != 2 or shape[1] != 1 + n_fft // 2:
        return None
    return np.asarray(value.toarray() if hasattr(value, "toarray") else value)


def _bands(plan: Plan, index: int, weights: Array, features: tuple[str, ...]) -> Bands:
    node = plan.nodes[index]
    given = dict(node.parameters)
    bin_hz = given["sample_rate"] / given["n_fft"]
    mel = node.step == mel_filterbank.name
    widths = _mel_widths(given) if mel else _measured_widths(plan, index, len(weights))
    least = _AS_NARROW * min(widths.values(), default=0)
    narrowest = next((band for band, width in widths.items() if width <= least), None)
    width = None if narrowest is None else widths[narrowest]
    return Bands(
        step=node.title,
        features=features,
        n_fft=given["n_fft"],
        count=len(weights),
        dead=tuple(int(band) for band in np.flatnonzero(weights.max(axis=1) == 0)),
        narrowest=narrowest,
        narrowest_hz=width,
        narrowest_bins=None if width is None else width / bin_hz,
    )


def _mel_widths(given: Mapping[str, Any]) -> Mapping[int, float]:
    """Width of each triangle at half its height, Hz."""
    edges = mel_edges(**{name: given[name] for name in _EDGES})
    return dict(enumerate(float(width) for width in (edges[2:] - edges[:-2]) / 2))


def _measured_widths(plan: Plan, index: int, count: int) -> Mapping[int, float]:
    """The same of any band, Hz, measured on finer bins; bands of several peaks have none."""
    given = dict(plan.nodes[index].parameters)
    n_fft = given["n_fft"] * max(1, min(_FINER, _FINEST // (count * given["n_fft"])))
    fine = _matrix(*_rebuilt(plan, index, n_fft))
    found = enumerate(map(_width, [] if fine is None else fine))
    bin_hz = given["sample_rate"] / n_fft
    return {band: width * bin_hz for band, width in found if width is not None}


def _rebuilt(plan: Plan, index: int, n_fft: int) -> tuple[Node, Any]:
    """A constant as it would be for more and finer bins."""
    node = plan.nodes[index]
    inputs = [_rebuilt(plan, source, n_fft)[1] for source in node.inputs]
    parameters = tuple((k, n_fft if k == "n_fft" else v) for k, v in node.parameters)
    finer = replace(node, parameters=parameters)
    bound = Bound(finer, plan.nodes)
    return finer, bound.invoke(bound.call, *inputs)


def _width(row: Array) -> float | None:
    """Width at half height in fine bins, where that is one stretch away from both ends."""
    half = row.max() / 2
    above = np.flatnonzero(row >= half)
    if half <= 0 or above[-1] - above[0] + 1 != len(above):
        return None
    first, last = int(above[0]), int(above[-1])
    if first == 0 or last == len(row) - 1:
        return None
    low = first - (row[first] - half) / (row[first] - row[first - 1])
    high = last + (row[last] - half) / (row[last] - row[last + 1])
    return float(high - low)
