"""pyloudnorm, and the loudness that EBU Tech 3341 (2016), table 1, states for its signals."""

from collections.abc import Sequence

import numpy as np

from audiofeat_cli.step import Array
from tests import signals
from tests.cases import Case, Settings, Tolerance

TOLERANCE = Tolerance(1e-6, 1e-6, "the same filters in float64", absolute=True)
ODD_STEPS = Tolerance(2e-4, 2e-4, "steps of 1102.5 samples, rounded elsewhere", absolute=True)
PUBLISHED = Tolerance(0.1, 0.1, "the tolerance of EBU Tech 3341", absolute=True)
STUDIO = {"sample_rate": 48000}


def parts(*levels: tuple[float, float]) -> Array:
    """1 kHz in both channels: (dBFS, seconds) one after the other."""
    tones = [signals.sine(48000, s, 1000.0, 10 ** (level / 20)) for level, s in levels]
    return np.repeat(np.concatenate(tones)[:, np.newaxis], 2, axis=1)


def case_1(rate: int) -> Array:
    return parts((-23, 20))


def case_2(rate: int) -> Array:
    return parts((-33, 20))


def case_3(rate: int) -> Array:
    return parts((-36, 10), (-23, 60), (-36, 10))


def case_4(rate: int) -> Array:
    return parts((-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10))


def case_5(rate: int) -> Array:
    return parts((-26, 20), (-20, 20.1), (-26, 20))


def case_6(rate: int) -> Array:
    """Five channels in the order of WAV files without a low-frequency one: L R C Ls Rs."""
    tones = [signals.sine(rate, 20, 1000.0, 10 ** (x / 20)) for x in (-28, -28, -24, -30, -30)]
    return np.stack(tones, axis=1)


def case_6_with_lfe(rate: int) -> Array:
    """The same with a loud low-frequency channel, which does not count."""
    return np.insert(case_6(rate), 3, signals.sine(rate, 20, 60.0, 0.9), axis=1)


def full_scale_997_hz(rate: int) -> Array:
    """BS.1770-5 annex 1: one channel of a full-scale 997 Hz sine reads -3.01 LKFS."""
    return signals.sine(rate, 5, 997.0, 1.0)


def stereo(rate: int) -> Array:
    return np.stack([signals.scene(rate, 6.04), signals.noise(rate, 6.04)], axis=1)


def mono(rate: int) -> Array:
    """Not a whole number of blocks: pyloudnorm would count one of which half is there."""
    return signals.scene(rate, 3.92)


def graded(rate: int) -> Array:
    """Parts on both sides of the relative gate, which is 10 LU under the mean of all."""
    parts = [signals.noise(rate, 2, 0.1 * 10 ** (-x / 20), seed=x) for x in (0, 6, 8, 10, 12, 14)]
    return np.concatenate(parts)


def surround(rate: int) -> Array:
    channels = [signals.noise(rate, 2.5, 0.02 * (c + 1), seed=c) for c in range(5)]
    return np.stack(channels, axis=1)


def barely(rate: int) -> Array:
    return signals.noise(rate, 0.4)


def too_short(rate: int) -> Array:
    return signals.noise(rate, 0.4)[:-1]


def quiet(rate: int) -> Array:
    """Below the absolute gate."""
    return signals.noise(rate, 2, 1e-5)


CASES: Sequence[Case] = (
    *(
        Case({}, STUDIO, made, PUBLISHED, published=-33.0 if made is case_2 else -23.0)
        for made in (case_1, case_2, case_3, case_4, case_5, case_6, case_6_with_lfe)
    ),
    *(
        Case({}, {"sample_rate": rate}, full_scale_997_hz, PUBLISHED, published=-3.01)
        for rate in (8000, 44100, 48000)
    ),
    *(Case({}, STUDIO, made, published=np.nan) for made in (too_short, quiet)),
    Case({}, {"sample_rate": 2000}, graded, published=np.nan),  # the filters need more
    *(Case({}, STUDIO, made) for made in (stereo, mono, graded, surround, barely)),
    *(Case({}, {"sample_rate": rate}, stereo) for rate in (8000, 22050, 44100, 96000)),
    Case({}, {"sample_rate": 11025}, mono, ODD_STEPS),
    Case({}, {}, "speech/vowels.wav"),
)


def expected(samples: Array, settings: Settings) -> float:
    import pyloudnorm

    meter = pyloudnorm.Meter(settings.sample_rate, filter_class="DeMan")
    return float(meter.integrated_loudness(samples.astype(np.float64)))
