"""Frames of two channels, one by one: what the references of `features/space` are made of."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy.signal import get_window

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import EDGES, GRIDS, MUSIC, STEREO, WINDOWS, Case, Settings


def unrelated(rate: int) -> Array:
    return np.stack([signals.noise(rate, 0.5, seed=s) for s in (1, 2)], axis=1)


def same(rate: int) -> Array:
    return np.repeat(signals.scene(rate, 0.5)[:, np.newaxis], 2, axis=1)


def weighed(rate: int, left: float, right: float) -> Array:
    return np.asarray(same(rate) * [left, right], dtype=np.float32)


def louder_left(rate: int) -> Array:
    """6.02 dB, and a constant in both."""
    return weighed(rate, 1, 0.5) + np.float32(0.1)


def opposite(rate: int) -> Array:
    return weighed(rate, 1, -1)


def right_only(rate: int) -> Array:
    return weighed(rate, 0, 1)


def surround(rate: int) -> Array:
    """Six channels, of which the first two count."""
    others = [signals.noise(rate, 0.5, seed=s) for s in range(3, 7)]
    return np.concatenate([unrelated(rate), np.stack(others, axis=1)], axis=1)


def tones(rate: int) -> Array:
    """One left, one right, one in the middle."""
    left, middle, right = (signals.sine(rate, 0.5, hz, 0.2) for hz in (300.0, 1000.0, 3000.0))
    return np.stack([left + middle, middle + right], axis=1)


def scenes(rate: int) -> Array:
    """A bit of everything: a chord, noise, quiet, silence, a click, loud."""
    return signals.wide(signals.scene(rate, 0.9))


def quiet(rate: int) -> Array:
    return np.zeros((rate // 4, 2), np.float32)


MADE: Sequence[Callable[[int], Array]] = (
    unrelated,
    same,
    louder_left,
    opposite,
    right_only,
    surround,
    tones,
    scenes,
    quiet,
)

CASES: Sequence[Case] = (
    *(Case({}, each, scenes) for each in (*GRIDS, *EDGES, *WINDOWS[:3])),
    *(Case({}, {}, made) for made in MADE),
    *(Case({}, {}, name) for name in (STEREO, "noise", MUSIC)),
)


def frames(samples: Array, settings: Settings) -> Iterator[Array]:
    """(2, n_fft) float64 of each frame; NaN where there is one channel."""
    size, hop = settings.n_fft, settings.hop_length
    pair = np.full((len(samples), 2), np.nan)
    if samples.ndim == 2:
        pair[:] = samples[:, :2]
    if settings.center:
        pads = ((size // 2, size // 2), (0, 0))
        pair = np.pad(pair, pads, mode=settings.pad_mode)  # type: ignore[call-overload]
    for start in range(0, len(pair) - size + 1, hop):
        yield pair[start : start + size].T


def spectra(samples: Array, settings: Settings) -> Iterator[Array]:
    """(2, bins) complex128 of each windowed frame, padded by 1 ms, to a length of small factors."""
    from scipy.fft import next_fast_len, rfft

    length = settings.window_samples
    before = (settings.n_fft - length) // 2
    window = np.zeros(settings.n_fft)
    window[before : before + length] = get_window(settings.window, length)
    size = next_fast_len(settings.n_fft + int(np.ceil(settings.sample_rate / 1000)), real=True)
    for frame in frames(samples, settings):
        yield rfft(frame * window, size)


def frequencies(settings: Settings) -> Array:
    """Hz of the bins of `spectra`."""
    from scipy.fft import next_fast_len

    size = next_fast_len(settings.n_fft + int(np.ceil(settings.sample_rate / 1000)), real=True)
    return np.asarray(np.fft.rfftfreq(size, 1 / settings.sample_rate))
