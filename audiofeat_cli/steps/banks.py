"""Banks of the constant-Q family: which bins are computed from which octave, with which filters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audiofeat_cli.step import Array, Problem
from audiofeat_cli.steps.spectrum import window_shape
from audiofeat_cli.steps.wavelets import (
    Bank,
    Bins,
    Shape,
    cutoffs,
    filter_lengths,
    filter_spectra,
    next_power_of_two,
    packed,
    relative_bandwidths,
)


@dataclass(frozen=True, slots=True)
class Layout:
    """The bins of a transform, and the frames that they are wanted for.

    Attributes
    ----------
    by_length : whether magnitudes are divided by the root of the filters' length.
    """

    frequencies: Array
    bins_per_octave: int
    rate: float
    hop: int
    by_length: bool = True

    @property
    def widths(self) -> Array:
        """(n_bins,) relative bandwidths."""
        return relative_bandwidths(self.frequencies, bins_per_octave=self.bins_per_octave)

    def lengths(self, shape: Shape) -> Array:
        """(n_bins,) samples of each filter."""
        return filter_lengths(self.frequencies, self.widths, self.rate, shape)

    def part(self, start: int, stop: int) -> "Layout":
        """Bins [start, stop) alone."""
        return Layout(
            self.frequencies[start:stop],
            self.bins_per_octave,
            self.rate,
            self.hop,
            self.by_length,
        )


def halvings(hop: int) -> int:
    """How often a hop can be halved."""
    return (hop & -hop).bit_length() - 1


def _decimated_early(layout: Layout, shape: Shape, octaves: int) -> int:
    """How often the rate can be halved before the first octave."""
    top = float(cutoffs(layout.frequencies, layout.widths, shape).max())
    spare = int(np.ceil(np.log2(layout.rate / 2 / top))) - 2
    return max(0, min(spare, halvings(layout.hop) - octaves + 1))


def constant_q(layout: Layout, shape: Shape) -> Bank:
    """Bank of a constant-Q (or variable-Q) transform. Reference: librosa.vqt 0.11.

    An octave is computed at half the rate of the one above it, as long as its hop can be halved.
    """
    total = len(layout.frequencies)
    octaves = -(-total // layout.bins_per_octave)
    size = min(layout.bins_per_octave, total)
    early = _decimated_early(layout, shape, octaves)
    factors, gains = ([2**early], [1.0 if layout.by_length else 2 ** (early / 2)])
    if early == 0:
        factors, gains = [], []
    top_rate = layout.rate / 2**early
    rate, hop = top_rate, layout.hop >> early
    widths = layout.widths
    lengths = filter_lengths(layout.frequencies, widths, top_rate, shape)
    parts: list[Bins] = []
    known: tuple[Array, Array] | None = None
    for stop in range(total, 0, -size):
        own = slice(max(0, stop - size), stop)
        relative = np.stack([layout.frequencies[own] / rate, widths[own]])
        here = filter_lengths(layout.frequencies[own], widths[own], rate, shape)
        n_fft = next_power_of_two(here.max())
        same = known is not None and known[0].shape == relative.shape and shape.gamma == 0
        if known is not None and same and np.allclose(known[0], relative, rtol=1e-12, atol=0):
            basis = known[1]
        else:
            basis = filter_spectra(layout.frequencies[own], here, rate, n_fft, shape)
            known = (relative, basis)
        scale = np.full((len(here), 1), np.sqrt(top_rate / rate), np.float32)
        if layout.by_length:
            scale /= np.sqrt(lengths[own])[:, np.newaxis]
        weights, low, high = packed(basis)
        parts.append(Bins(len(factors), hop, n_fft, None, weights, low, high, scale, own.start))
        if hop % 2 == 0 and own.start > 0:
            factors.append(2)
            gains.append(1.0)
            rate, hop = rate / 2, hop // 2
    return Bank(total, tuple(factors), tuple(gains), tuple(parts))


def pseudo_constant_q(layout: Layout, shape: Shape) -> Bank:
    """Bank that sums magnitudes of one short-time spectrum. Reference: librosa.pseudo_cqt 0.11."""
    lengths = layout.lengths(shape)
    n_fft = max(next_power_of_two(lengths.max()), 2 * next_power_of_two(layout.hop))
    spectra = filter_spectra(layout.frequencies, lengths, layout.rate, n_fft, shape)
    basis, low, high = packed(np.abs(spectra))
    scale = 1 / np.sqrt(n_fft) if layout.by_length else np.sqrt(lengths / n_fft)
    column = np.broadcast_to(np.reshape(scale, (-1, 1)), (len(lengths), 1)).astype(np.float32)
    window = window_shape(n_fft=n_fft, win_length=n_fft, window="hann")
    part = Bins(0, layout.hop, n_fft, window, basis, low, high, column, 0)
    return Bank(len(lengths), (), (), (part,))


def hybrid_constant_q(layout: Layout, shape: Shape) -> Bank:
    """Bank of `pseudo_constant_q` where filters are shorter than two hops, else `constant_q`.

    Reference: librosa.hybrid_cqt 0.11.
    """
    fits = 2.0 ** np.ceil(np.log2(layout.lengths(shape))) < 2 * layout.hop
    total, full = len(fits), int(np.sum(~fits))
    if full == 0:
        return pseudo_constant_q(layout, shape)
    below = constant_q(layout.part(0, full), shape)
    if full == total:
        return below
    above = pseudo_constant_q(layout.part(full, total), shape)
    part = above.parts[0]
    raised = Bins(
        0, part.hop, part.n_fft, part.window, part.basis, part.low, part.high, part.scale, full
    )
    return Bank(total, below.factors, below.gains, (raised, *below.parts))


def fitting(layout: Layout, shape: Shape) -> int:
    """How many of the bins, from the lowest on, pass nothing above half the rate."""
    tops = cutoffs(layout.frequencies, layout.widths, shape)
    return int(np.sum(np.maximum.accumulate(tops) <= layout.rate / 2))


def slow_hop(hop: int, octaves: int) -> Sequence[Problem]:
    """A warning where a hop cannot be halved for each octave: the rest take a higher rate."""
    missing = octaves - 1 - halvings(hop)
    if missing <= 0:
        return []
    step = 2 ** (octaves - 1)
    near = sorted({max(step, hop // step * step), (hop // step + 1) * step})
    shown = " or ".join(map(str, near))
    message = (
        f"{hop} can be halved {halvings(hop)} times, {octaves} octaves want {octaves - 1}: the "
        f"lowest {missing} are computed at a higher rate, which is slow; "
        f"multiples of {step} ({shown}) are quick"
    )
    return [Problem("hop_length", message, warning=True)]
