"""Onset strength in several bands."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

import numpy as np
from annotated_types import Len

from audiofeat_cli.reach import Span
from audiofeat_cli.step import Array, Count, Hertz, Problem, feature, local, when
from audiofeat_cli.steps.mel import limited_mel, log_mel, mel_centres
from audiofeat_cli.steps.onset import (
    Aggregate,
    bands_exist,
    onset_envelope,
    over_bands,
    rise_reach,
    rises,
    window_delay,
)

Edges = Annotated[tuple[int, ...], Len(2)]


def edges_of(band_edges: Edges | None, n_mels: int) -> Sequence[int]:
    """Mel bands at which bands begin; four of equal size where none are given."""
    return [round(i * n_mels / 4) for i in range(5)] if band_edges is None else band_edges


def _edges_work(
    *, band_edges: Edges | None = None, n_mels: Count = 128, max_size: Count = 1
) -> Sequence[Problem]:
    problems = list(bands_exist(max_size=max_size, n_mels=n_mels))
    edges = edges_of(band_edges, n_mels)
    if any(a >= b for a, b in pairwise(edges)):
        text = "expected mel bands that rise" if band_edges else "expected at least 4 mel bands"
        problems.append(Problem("band_edges", f"{text}, got {list(edges)}"))
    elif edges[0] < 0 or edges[-1] > n_mels:
        text = f"expected mel bands from 0 to n_mels ({n_mels}), got {list(edges)}"
        problems.append(Problem("band_edges", text))
    return problems


def _centres(
    *,
    sample_rate: float | None,
    n_mels: Count,
    fmin: Hertz,
    fmax: Hertz | None,
    htk: bool,
    band_edges: Edges | None,
) -> Sequence[float]:
    """Hz, the mean of the centres of each band's mel bands."""
    hertz = mel_centres(sample_rate=sample_rate, n_mels=n_mels, fmin=fmin, fmax=fmax, htk=htk)
    edges = edges_of(band_edges, n_mels)
    if not hertz or _edges_work(band_edges=band_edges, n_mels=n_mels):
        return []
    return [float(np.mean(hertz[a:b])) for a, b in pairwise(edges)]


@local(
    when(
        "top_db",
        limited_mel.using(top_db=80.0).pinned(scale="db", power=2.0),
        log_mel.pinned(scale="db", power=2.0),
    ),
    reach=rise_reach,
    check=_edges_work,
)
def band_rise(
    levels: Array,
    span: Span,
    *,
    n_fft: int,
    hop_length: int,
    center: bool,
    lag: Count = 1,
    max_size: Count = 1,
    aggregate: Aggregate = "mean",
    band_edges: Edges | None = None,
) -> Array:
    """(frames, channels, bands) dB: rise of the mel levels in `lag` frames, over each band."""
    empty = lag + window_delay(n_fft=n_fft, hop_length=hop_length, center=center)
    each = rises(levels, span, lag=lag, max_size=max_size)
    edges = edges_of(band_edges, len(each))
    pairs = pairwise(edges)
    found = np.concatenate([over_bands(each[a:b], aggregate) for a, b in pairs])
    found[..., : max(0, empty - span.first)] = 0
    return found.T


@feature(
    onset_envelope.reading(band_rise),
    unit="dB",
    gain="invariant",
    reference="librosa.onset.onset_strength_multi 0.11",
    width=lambda *, band_edges, n_mels: len(edges_of(band_edges, n_mels)) - 1,
    labels=_centres,
)
def onset_strength_multi(envelope: Array) -> Array:
    r"""Onset strength of each of several bands, from low to high.

    .. math:: o_{t,i} = \frac{1}{e_{i+1} - e_i} \sum_{b = e_i}^{e_{i+1} - 1}
        \max(0, L_{t,b} - \max_{|j| \le w} L_{t-\tau,b+j})

    (frames, channels, bands) in dB; e is `band_edges`, in mel bands, null for four of equal size
    (librosa's `channels`). The rest is as in `onset_strength`. Silence: 0. The first frames, which
    have nothing before them, are 0, too.
    Source: Bello et al. 2005, section III.A; Scheirer 1998.
    """
    return envelope
