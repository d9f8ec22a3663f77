"""Resamplers beside each other: time, pass band, aliasing, noise. Prints Markdown tables.

usage: python bench/resamplers.py [--rounds 9] [--seconds 60]

The tables stand in docs/resamplers.md, which says what the columns mean.  Every resampler gets the
same float32 samples in one call, as audiofeat's decoder has them (its blocks give the same bits).
Times are taken in turn, round after round in one process on one thread, and are medians of the
ratio to soxr_hq of the same round.  Levels come from pure tones, one at a time: a sine is fitted to
the middle of the output, and what is left is noise.
"""

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy
import scipy.signal
import soxr

Samples = npt.NDArray[np.float32]
Resample = Callable[[Samples, int, int], Samples]

PAIRS = ((44100, 22050), (44100, 16000))
REFERENCE = "soxr_hq"
AMPLITUDE = 0.5
TONE_SECONDS = 0.987  # no whole number of periods: a whole-signal transform has its ends to bear
FLAT_DB = 0.1
SINE_HZ = 997.0
PASS = np.arange(0.02, 0.9975, 0.005)
"""Tones below the new Nyquist frequency, as shares of it."""
NEAR, FAR = 1.005, 1.2
"""Where tones above the new Nyquist frequency begin: right above it, and clear of it."""


def _soxr(quality: str) -> Resample:
    def resample(samples: Samples, rate_in: int, rate_out: int) -> Samples:
        found = soxr.resample(samples, rate_in, rate_out, quality=quality)
        return np.asarray(found, dtype=np.float32)

    return resample


def fourier(samples: Samples, rate_in: int, rate_out: int) -> Samples:
    """The whole spectrum, cut and transformed back."""
    count = math.ceil(len(samples) * rate_out / rate_in)
    return np.asarray(scipy.signal.resample(samples, count), dtype=np.float32)


def polyphase(samples: Samples, rate_in: int, rate_out: int) -> Samples:
    """A Kaiser-windowed filter, with scipy's defaults."""
    common = math.gcd(rate_in, rate_out)
    found = scipy.signal.resample_poly(samples, rate_out // common, rate_in // common)
    return np.asarray(found, dtype=np.float32)


def linear(samples: Samples, rate_in: int, rate_out: int) -> Samples:
    """Straight lines between samples, and no filter: what not to do."""
    count = math.ceil(len(samples) * rate_out / rate_in)
    at = np.arange(count) * (rate_in / rate_out)
    return np.asarray(np.interp(at, np.arange(len(samples)), samples), dtype=np.float32)


METHODS: Mapping[str, Resample] = {
    "soxr_vhq": _soxr("VHQ"),
    "soxr_hq": _soxr("HQ"),
    "soxr_mq": _soxr("MQ"),
    "soxr_lq": _soxr("LQ"),
    "soxr_qq": _soxr("QQ"),
    "scipy.signal.resample": fourier,
    "scipy.signal.resample_poly": polyphase,
    "linear interpolation": linear,
}


@dataclass(frozen=True)
class Quality:
    """What tones show of one resampler; levels in dB re the tone.

    Attributes
    ----------
    edge : share of the new Nyquist frequency up to which tones keep their level within FLAT_DB.
    ripple : largest deviation of a tone's level below 80 % of it.
    near, far : loudest alias of a tone from NEAR, and from FAR, times the new Nyquist frequency.
    noise : all but the sine, for a sine at SINE_HZ.
    """

    edge: float
    ripple: float
    near: float
    far: float
    noise: float


def _tone(frequency: float, rate: int) -> Samples:
    phase = 2 * np.pi * frequency / rate * np.arange(int(TONE_SECONDS * rate))
    return np.asarray(AMPLITUDE * np.sin(phase), dtype=np.float32)


def _middle(samples: Samples) -> npt.NDArray[np.float64]:
    """The output without its beginning and end, where the tone starts and stops."""
    edge = len(samples) // 5
    return np.asarray(samples[edge:-edge], dtype=np.float64)


def _decibels(level: float) -> float:
    return 20 * math.log10(max(level, 1e-12))


def fitted(samples: Samples, frequency: float, rate: int) -> tuple[float, float]:
    """Amplitude of the sine in `samples` re AMPLITUDE, and RMS of the rest re the sine's, in dB."""
    values = _middle(samples)
    phase = 2 * np.pi * frequency / rate * np.arange(len(values))
    waves = np.stack([np.sin(phase), np.cos(phase)], axis=1)
    weights = np.linalg.lstsq(waves, values)[0]
    rest = values - waves @ weights
    noise = math.sqrt(float(np.mean(np.square(rest)))) * math.sqrt(2) / AMPLITUDE
    return _decibels(float(np.hypot(*weights)) / AMPLITUDE), _decibels(noise)


def _alias(resample: Resample, frequency: float, pair: tuple[int, int]) -> float:
    values = _middle(resample(_tone(frequency, pair[0]), *pair))
    return _decibels(math.sqrt(float(np.mean(np.square(values)))) * math.sqrt(2) / AMPLITUDE)


def quality(resample: Resample, pair: tuple[int, int]) -> Quality:
    """Measure one resampler."""
    rate_in, rate_out = pair
    nyquist = rate_out / 2
    levels = [
        fitted(resample(_tone(s * nyquist, rate_in), *pair), s * nyquist, rate_out)[0] for s in PASS
    ]
    off = next((i for i, level in enumerate(levels) if abs(level) > FLAT_DB), len(levels))
    above = np.arange(NEAR, 0.995 * rate_in / rate_out, 0.02)
    aliases = [(s, _alias(resample, s * nyquist, pair)) for s in above]
    return Quality(
        edge=float(PASS[off - 1]) if off else 0.0,
        ripple=max(abs(level) for s, level in zip(PASS, levels, strict=True) if s <= 0.8),
        near=max(level for _, level in aliases),
        far=max(level for s, level in aliases if s >= FAR),
        noise=fitted(resample(_tone(SINE_HZ, rate_in), *pair), SINE_HZ, rate_out)[1],
    )


def times(pair: tuple[int, int], rounds: int, seconds: float) -> dict[str, float]:
    """Of each resampler the median time, as a ratio to that of REFERENCE in the same round."""
    rate_in, rate_out = pair
    noise = np.random.default_rng(0).normal(0, 0.1, int(seconds * rate_in)).astype(np.float32)
    found: dict[str, list[float]] = {name: [] for name in METHODS}
    for _ in range(rounds + 1):
        for name, resample in METHODS.items():
            before = time.perf_counter()
            resample(noise, rate_in, rate_out)
            found[name].append(time.perf_counter() - before)
    warm = {name: spent[1:] for name, spent in found.items()}
    return {
        name: statistics.median(t / r for t, r in zip(spent, warm[REFERENCE], strict=True))
        for name, spent in warm.items()
    }


def table(pair: tuple[int, int], spent: Mapping[str, float]) -> str:
    """One Markdown table."""
    lines = [
        f"| {pair[0]} to {pair[1]} Hz | time | flat up to | ripple | alias, near | alias, far "
        "| noise |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, resample in METHODS.items():
        q = quality(resample, pair)
        lines.append(
            f"| `{name}` | {spent[name]:.1f} | {100 * q.edge:.1f} % | {q.ripple:.3f} dB "
            f"| {round(q.near)} dB | {round(q.far)} dB | {round(q.noise)} dB |"
        )
    return "\n".join(lines)


def versions() -> str:
    """What was measured."""
    python = ".".join(map(str, sys.version_info[:2]))
    return (
        f"Python {python}, numpy {np.__version__}, scipy {scipy.__version__}, "
        f"python-soxr {soxr.__version__} (libsoxr {soxr.__libsoxr_version__})"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    for pair in PAIRS:
        print(table(pair, times(pair, options.rounds, options.seconds)), end="\n\n")
    print(f"Measured with {versions()}.")


if __name__ == "__main__":
    main()
