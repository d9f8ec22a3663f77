"""Loops of pYIN: troughs to probabilities, and the Viterbi path through pitch and voicing."""

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

LOG_TINY = float(np.log(np.finfo(np.float64).tiny))
"""Logarithm of a probability of 0, as librosa floors it."""


@njit("void(f8[:,::1], f8[::1], f8[::1], f8[::1], i8, f8, f8[:,::1])", cache=True, nogil=True)
def trough_probabilities(
    difference: Floats,
    thresholds: Floats,
    prior: Floats,
    decay: Floats,
    n_thresholds: int,
    no_trough_prob: float,
    out: Floats,
) -> None:
    """Probability of each lag of (frames, lags) to be the period, into `out`.

    A trough gets the prior of each threshold it is under, shared among the troughs under that
    threshold so that short periods weigh more: decay[k] (1 - e^-b) / (1 - e^-bN) for trough k of N.
    The deepest also gets `no_trough_prob` of the thresholds under which there is none.
    Source: Mauch and Dixon 2014, section 2.1, in the form of their software.
    """
    frames, lags = difference.shape
    at = np.empty(lags, np.int64)
    under = np.empty(n_thresholds, np.int64)
    for t in range(frames):
        row = difference[t]
        count = 0
        for lag in range(lags):
            before = lag == 0 or row[lag] < row[lag - 1]
            after = (
                row[lag] < row[lag + 1] if lag == 0 else lag + 1 == lags or row[lag] <= row[lag + 1]
            )
            if before and after:
                at[count] = lag
                count += 1
        if count == 0:
            continue
        deepest = at[0]
        under[:] = 0
        for i in range(count):
            height = row[at[i]]
            if height < row[deepest]:
                deepest = at[i]
            for s in range(n_thresholds - 1, -1, -1):
                if height >= thresholds[s]:
                    break
                under[s] += 1
        # Lowest threshold that each trough is under: thresholds rise, so those above it are too.
        passed = np.zeros(n_thresholds, np.int64)
        for i in range(count):
            height = row[at[i]]
            total = 0.0
            for s in range(n_thresholds - 1, -1, -1):
                if height >= thresholds[s]:
                    break
                total += prior[s] * decay[passed[s]] * (1 - decay[1]) / (1 - decay[under[s]])
                passed[s] += 1
            out[t, at[i]] = total
        for s in range(n_thresholds):
            if row[deepest] >= thresholds[s]:
                out[t, deepest] += no_trough_prob * prior[s]


@njit("void(f8[::1], f8[::1], i8, f8[::1])", cache=True, nogil=True)
def _best_in_band(padded: Floats, weights: Floats, first: int, out: Floats) -> None:
    """Raise out[j] to the largest source[j - first - i] + weights[i].

    `padded` is the source with as many -inf on both sides as there are weights. Written so that the
    compiler does several j at once, and reads `out` once for four weights.
    """
    n, width = len(out), len(weights)
    i = 0
    while i + 4 <= width:
        base = width - first - i
        a, b = padded[base : base + n], padded[base - 1 : base - 1 + n]
        c, d = padded[base - 2 : base - 2 + n], padded[base - 3 : base - 3 + n]
        w0, w1, w2, w3 = weights[i], weights[i + 1], weights[i + 2], weights[i + 3]
        for j in range(n):
            x, y = a[j] + w0, b[j] + w1
            z, u = c[j] + w2, d[j] + w3
            x = x if x > y else y
            z = z if z > u else u
            x = x if x > z else z
            out[j] = x if x > out[j] else out[j]
        i += 4
    while i < width:
        base = width - first - i
        a, w0 = padded[base : base + n], weights[i]
        for j in range(n):
            x = a[j] + w0
            out[j] = x if x > out[j] else out[j]
        i += 1


@njit(
    "void(i4[::1], f8[::1], f8[::1], f8[::1], i8, f8[::1], f8[::1], f8, f8[::1], f8[::1])",
    cache=True,
    nogil=True,
)
def _unvoiced_step(
    bins: Ints,
    voiced: Floats,
    unvoiced: Floats,
    weights: Floats,
    first: int,
    rows: Floats,
    switch: Floats,
    silent: float,
    padded: Floats,
    out: Floats,
) -> None:
    """Best log probability of a path that ends unvoiced at each pitch, one frame on.

    Parameters
    ----------
    bins, voiced : the likely pitches of the frame before, and the best paths that end there.
    unvoiced : (n,) the best paths that end unvoiced in the frame before.
    weights : logarithm of the transition by offset, the first offset being `first`.
    rows : logarithm of what makes each pitch's transitions add up to 1.
    switch : logarithms of staying voiced or unvoiced, and of changing.
    silent : logarithm of the probability of each unvoiced state.
    padded : room for `n` and twice as many as weights, -inf at its ends.
    """
    n, width = len(unvoiced), len(weights)
    anywhere = unvoiced.max()
    source = padded[width : width + n]
    for k in range(n):
        source[k] = unvoiced[k] + switch[0] + rows[k]
    for c in range(len(bins)):
        k = bins[c]
        anywhere = max(anywhere, voiced[c])
        source[k] = max(source[k], voiced[c] + switch[1] + rows[k])
    out[:] = anywhere + LOG_TINY
    _best_in_band(padded, weights, first, out)
    for j in range(n):
        out[j] += silent


@njit(
    "i8(i4[::1], f8[::1], f8[::1], f8[::1], i8, f8[::1], f8[::1], i8, b1, f8[::1])",
    cache=True,
    nogil=True,
)
def _before(
    bins: Ints,
    voiced: Floats,
    unvoiced: Floats,
    weights: Floats,
    first: int,
    rows: Floats,
    switch: Floats,
    pitch: int,
    is_voiced: bool,
    best: Floats,
) -> int:
    """Where the best path to a state comes from, and in best[0] its log probability.

    The c-th likely pitch of the frame before is c, being unvoiced at pitch k there is ~k.
    """
    n, width = len(unvoiced), len(weights)
    found, best[0] = 0, -np.inf
    stay, change = switch[0] if is_voiced else switch[1], switch[1] if is_voiced else switch[0]
    for c in range(len(bins)):
        i = pitch - bins[c] - first
        near = 0 <= i < width
        value = voiced[c] + (rows[bins[c]] + weights[i] + stay if near else LOG_TINY)
        if value > best[0]:
            found, best[0] = c, value
    for k in range(n):
        i = pitch - k - first
        near = 0 <= i < width
        value = unvoiced[k] + (rows[k] + weights[i] + change if near else LOG_TINY)
        if value > best[0]:
            found, best[0] = ~k, value
    return found


@njit(
    "i4[::1](i8[::1], i4[::1], f8[::1], f8[::1], f8[::1], i8, f8[::1], f8[::1], i8)",
    cache=True,
    nogil=True,
)
def best_path(
    starts: npt.NDArray[np.int64],
    bins: Ints,
    heights: Floats,
    silent: Floats,
    weights: Floats,
    first: int,
    rows: Floats,
    switch: Floats,
    stretch: int,
) -> Ints:
    """The most likely state of each frame: a pitch bin, or -1 where unvoiced.

    The likely pitches of frame t are bins[starts[t]:starts[t + 1]], `heights` the logarithms of how
    likely; all others are taken as impossible. Of the unvoiced states, which are as many as there
    are pitches, those of every `stretch`-th frame are kept; the others are made again, a stretch at
    a time, on the way back. Exact, in the memory of n (frames / stretch + stretch) numbers.
    """
    frames, n, width = len(silent), len(rows), len(weights)
    marks = (frames + stretch - 1) // stretch
    kept = np.empty((marks, n))
    unvoiced = np.empty((min(stretch, frames), n))
    voiced = heights.copy()
    padded = np.full(n + 2 * width, -np.inf)
    best = np.empty(1)
    for t in range(frames):
        row = unvoiced[t % stretch]
        if t == 0:
            row[:] = silent[0]
        else:
            a, b, c = starts[t - 1], starts[t], starts[t + 1]
            before = unvoiced[(t - 1) % stretch]
            if t % stretch == 0:
                before = before.copy()
            for d in range(b, c):
                _before(
                    bins[a:b], voiced[a:b], before, weights, first, rows, switch, bins[d], True,
                    best,
                )  # fmt: skip
                voiced[d] = heights[d] + best[0]
            _unvoiced_step(
                bins[a:b], voiced[a:b], before, weights, first, rows, switch, silent[t], padded, row
            )
        if t % stretch == 0:
            kept[t // stretch] = row
    path = np.empty(frames, np.int32)
    last = unvoiced[(frames - 1) % stretch]
    pitch, is_voiced = int(np.argmax(last)), False
    top = last[pitch]
    for c in range(starts[frames - 1], starts[frames]):
        if voiced[c] >= top:
            pitch, is_voiced, top = int(bins[c]), True, voiced[c]
    for t in range(frames - 1, -1, -1):
        path[t] = pitch if is_voiced else -1
        if t == 0:
            break
        s = t - 1
        if s % stretch == stretch - 1:
            begin = s - s % stretch
            unvoiced[0] = kept[begin // stretch]
            for again in range(begin + 1, begin + stretch):
                a, b = starts[again - 1], starts[again]
                _unvoiced_step(
                    bins[a:b], voiced[a:b], unvoiced[again - begin - 1], weights, first, rows,
                    switch, silent[again], padded, unvoiced[again - begin],
                )  # fmt: skip
        a, b = starts[s], starts[t]
        found = _before(
            bins[a:b], voiced[a:b], unvoiced[s % stretch], weights, first, rows, switch, pitch,
            is_voiced, best,
        )  # fmt: skip
        is_voiced = found >= 0
        pitch = int(bins[a + found]) if is_voiced else ~found
    return path
