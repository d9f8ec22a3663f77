"""Signals with known content, and one call from a config and a signal to the numbers.

All signals are (n,) float32, the same every time.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from audiofeat_cli.arrays import collect
from audiofeat_cli.compiler import compile_plan
from audiofeat_cli.config.model import Config, FeatureRequest
from audiofeat_cli.plan import Plan
from audiofeat_cli.registry import load_features
from audiofeat_cli.step import Array, Feature
from audiofeat_cli.stream import Program

Signal = npt.NDArray[np.float32]
Item = str | Mapping[str, Mapping[str, Any]]
"""One entry of a config's `features`, as YAML has it: `"mel"` or `{"mel": {"n_mels": 40}}`."""


def times(rate: int, seconds: float) -> npt.NDArray[np.float64]:
    """Time of each sample, s."""
    return np.arange(round(rate * seconds)) / rate


def sine(rate: int, seconds: float, frequency: float = 440.0, amplitude: float = 0.5) -> Signal:
    phase = 2 * np.pi * frequency * times(rate, seconds)
    return (amplitude * np.sin(phase)).astype(np.float32)


def chirp(rate: int, seconds: float, low: float = 50.0, high: float | None = None) -> Signal:
    """A sine whose frequency rises in a straight line, up to nearly half the rate."""
    t = times(rate, seconds)
    top = 0.48 * rate if high is None else high
    phase = 2 * np.pi * (low * t + (top - low) * t**2 / (2 * seconds))
    return (0.5 * np.sin(phase)).astype(np.float32)


def clicks(rate: int, seconds: float, period: float = 0.1) -> Signal:
    """Single samples of 0.9, digital silence between."""
    out = np.zeros(round(rate * seconds), np.float32)
    out[:: max(1, round(rate * period))] = 0.9
    return out


def noise(rate: int, seconds: float, amplitude: float = 0.1, seed: int = 0) -> Signal:
    """Gaussian white noise with this standard deviation."""
    draw = np.random.default_rng(seed).standard_normal(round(rate * seconds))
    return (amplitude * draw).astype(np.float32)


def silence(rate: int, seconds: float) -> Signal:
    return np.zeros(round(rate * seconds), np.float32)


def dc(rate: int, seconds: float, level: float = 0.25) -> Signal:
    return np.full(round(rate * seconds), level, np.float32)


def square(rate: int, seconds: float, frequency: float = 100.0) -> Signal:
    """Full scale: only -1 and 1."""
    high = np.floor(2 * frequency * times(rate, seconds)) % 2 == 0
    return np.where(high, 1, -1).astype(np.float32)


def harmonics(rate: int, seconds: float, f0: float = 196.0, partials: int = 8) -> Signal:
    """A tone whose partials fall as 1/n, those under half the rate."""
    t = times(rate, seconds)
    orders = [n for n in range(1, partials + 1) if n * f0 < 0.45 * rate]
    tones = [np.sin(2 * np.pi * n * f0 * t + n) / n for n in orders]
    return np.asarray(0.2 * np.sum(tones, axis=0), dtype=np.float32)


def scene(rate: int, seconds: float) -> Signal:
    """A bit of everything, one after the other: a chord, noise, quiet, silence, a click, loud."""
    n = round(rate * seconds)
    out = 0.6 * harmonics(rate, seconds, 221.0) + 0.4 * harmonics(rate, seconds, 331.5)
    out += noise(rate, seconds, 0.003, seed=1)
    part = n // 6
    out[part : 2 * part] = noise(rate, seconds, 0.2, seed=2)[:part]
    out[2 * part : 3 * part] *= np.float32(1e-3)
    out[3 * part : 4 * part] = 0
    out[4 * part] = 0.8
    out[4 * part + 1 : 5 * part] *= np.float32(0.1)
    return out.astype(np.float32)


def wide(signal: Array) -> Signal:
    """(n, 2): one channel made two, right lower, later and with an echo; silence stays silent."""
    right = 0.5 * _delayed(signal, 2) + 0.3 * _delayed(signal, 37)
    return np.stack([signal, right], axis=1).astype(np.float32)


def _delayed(signal: Array, samples: int) -> Array:
    return np.concatenate([np.zeros(samples), signal])[: len(signal)]


def config_of(features: Sequence[Item], **settings: Any) -> Config:
    """A config from Python values, librosa's numbers where nothing is said."""
    n_fft = settings.pop("n_fft", 2048)
    win_length = settings.pop("win_length", n_fft)
    given: dict[str, Any] = {
        "name": "test",
        "sample_rate": 22050,
        "channels": "mono",
        "resampler": "soxr_hq",
        "n_fft": n_fft,
        "win_length": win_length,
        "hop_length": max(1, win_length // 4),
        "window": "hann",
        "center": True,
        "pad_mode": "constant",
        "precision": "float64",
        "features": tuple(_request(item) for item in features),
        "pooling": ("mean", "var"),
        "segments": None,
        "tables": ("frames", "clips"),
    }
    return Config(**(given | settings))


def _request(item: Item) -> FeatureRequest:
    if isinstance(item, str):
        return FeatureRequest(item, item)
    ((name, parameters),) = item.items()
    given = dict(parameters)
    alias = given.pop("as", name)
    return FeatureRequest(name, alias, tuple(sorted(given.items())))


def plan_of(
    config: Config,
    registry: Mapping[str, Feature] | None = None,
    *,
    file_rate: int | None = None,
) -> Plan:
    """The plan of a config that has no mistakes."""
    known = load_features(plugins=False) if registry is None else registry
    compiled = compile_plan(config, known, file_rate=file_rate)
    assert compiled.plan is not None, compiled.troubles
    return compiled.plan


class CutSource:
    """A source of (n, channels) signals in blocks of chosen sizes; what is left is one block.

    The roots take turns, so each pass sees the same order. `reads` counts the passes.
    """

    def __init__(self, signals: Mapping[str, Array], sizes: Sequence[int] = ()) -> None:
        self.signals = {root: np.asfortranarray(y) for root, y in signals.items()}
        self.sizes = sizes
        self.reads = 0

    def blocks(self, roots: frozenset[str]) -> Iterator[tuple[str, Array]]:
        self.reads += 1
        at = dict.fromkeys(sorted(roots), 0)
        for size in (*self.sizes, max(len(y) for y in self.signals.values())):
            for root, start in at.items():
                if start < len(self.signals[root]):
                    yield root, self.signals[root][start : start + size]
                    at[root] = start + size


def columns(signal: Array) -> Array:
    """(n, channels) float32 of (n,) or (n, channels)."""
    signal = np.asarray(signal, dtype=np.float32)
    return signal[:, np.newaxis] if signal.ndim == 1 else signal


def under(found: Mapping[str, Array], alias: str) -> Array:
    """Values of a feature called `alias`, those of all its outputs side by side."""
    named = [
        values for name, values in found.items() if name == alias or name.startswith(alias + "_")
    ]
    return named[0] if len(named) == 1 else np.concatenate(named, axis=-1)


def extract_array(
    features: Sequence[Item],
    signal: Array,
    *,
    native: Array | None = None,
    cuts: Sequence[int] = (),
    registry: Mapping[str, Feature] | None = None,
    file_rate: int | None = None,
    **settings: Any,
) -> dict[str, Array]:
    """Values by alias: (frames, channels, width), or (channels, width) of a clip-level feature.

    Parameters
    ----------
    native : the signal of the native root; `signal` where none is given.
    cuts : sizes of the first blocks of each root; what is left comes as one.
    file_rate : Hz of the native root; the config's where none is given.
    """
    config = config_of(features, **settings)
    plan = plan_of(config, registry, file_rate=file_rate or config.sample_rate)
    analysis = columns(signal)
    other = analysis if native is None else columns(native)
    source = CutSource({"analysis": analysis, "native": other}, cuts)
    return collect(Program(plan), source, analysis.shape[1])
