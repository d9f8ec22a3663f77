"""Small features that configs in tests ask for, so that no real feature's change moves a text."""

from types import MappingProxyType
from typing import Any, Literal

from audiofeat_cli.config.load import Loaded, load_config
from audiofeat_cli.step import (
    Array,
    Count,
    Feature,
    Fraction,
    Hertz,
    Positive,
    Precision,
    Window,
    analysis_samples,
    chosen,
    feature,
    local,
)

STATISTICS = ("mean", "var", "std")


@local(analysis_samples)
def toy_spectrum(
    samples: Array,
    *,
    n_fft: int,
    win_length: int,
    hop_length: int,
    window: Window,
    pad_mode: str,
    precision: Precision,
) -> Array:
    return samples


@feature(toy_spectrum, unit="dB", gain="decibel", reference="none")
def mel(
    spectrum: Array,
    *,
    n_mels: Count = 128,
    fmin: Hertz = 0.0,
    fmax: Hertz | None = None,
    amin: Positive = 1e-10,
    htk: bool = False,
    norm: Literal["slaney"] | float | None = "slaney",
    scale: Literal["linear", "db", "log10"] = "db",
) -> Array:
    """Toy mel."""
    return spectrum


@feature(mel.step, unit="1", gain="none", reference="none")
def mfcc(levels: Array, *, n_mfcc: Count = 13, dct_type: Literal[2, 3] = 2) -> Array:
    """Toy MFCC."""
    return levels


@feature(analysis_samples, unit="1", gain="linear", reference="none")
def rms(samples: Array, *, n_fft: int, hop_length: int) -> Array:
    """Toy RMS."""
    return samples


@feature(toy_spectrum, unit="Hz", gain="invariant", reference="none")
def spectral_flux(spectrum: Array, *, roll_percent: Fraction = 0.85, label: str = "") -> Array:
    """Toy flux."""
    return spectrum


@feature(analysis_samples, unit="LU", gain="decibel", reference="none", kind="clip")
def loudness(samples: Array) -> Array:
    """Toy loudness."""
    return samples


@feature(
    chosen("of"), unit="1", gain="none", reference="none", suffix=lambda *, order: f"delta{order}"
)
def delta(
    values: Array,
    *,
    of: str,
    order: Count = 1,
    weights: tuple[float, ...] = (),
    anchor: str | float = "start",
) -> Array:
    """Toy delta."""
    return values


FEATURES: MappingProxyType[str, Feature] = MappingProxyType(
    {f.name: f for f in (mel, mfcc, rms, spectral_flux, loudness, delta)}
)


def load(text: str | bytes, *overrides: str, name: str = "a.yaml") -> Loaded:
    return load_config(text, name, features=FEATURES, overrides=overrides, statistics=STATISTICS)


def problems(text: str | bytes, *overrides: str) -> list[str]:
    loaded = load(text, *overrides)
    assert (loaded.config is None) == bool(loaded.problems)
    return loaded.problems


def parameters(text: str, index: int = 0) -> dict[str, Any]:
    """What the feature at `index` was given, of a config that must be right."""
    loaded = load(text)
    assert loaded.problems == []
    assert loaded.config is not None
    return dict(loaded.config.features[index].parameters)
