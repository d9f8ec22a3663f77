"""What a file of `tests/reference` is made of: cases, a tolerance, and an independent value.

`tests/reference/<feature>.py` holds

- `TOLERANCE`: how far the numbers may be apart, and why not less;
- `CASES`: parameters, settings and signals to be compared;
- `expected(samples, settings, **parameters)`: the independent value, (frames, values) for (n,)
  samples, one value per clip, or (events, 2): time in s and value.  It knows librosa's defaults
  itself and is told only what a case gives, so that a default of ours that drifts is found;
- `DEFINED_ON`, where noise will not do: a signal of `SIGNALS`, or a function of the sample rate,
  that gives a value in every frame.
  `STEREO` says that the feature compares channels; the common tests then make two of each signal.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests import signals

REFERENCES = Path(__file__).parent / "reference"
SAMPLE_AUDIO = Path(__file__).resolve().parents[1] / "sample_audio"
SECONDS = 1.2
STEREO = "stereo"
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Largest difference, relative to the largest reference value of the clip unless `absolute`.

    Attributes
    ----------
    common : of all but one value in a thousand.
    worst : of every value.
    why : where the difference comes from.
    period : after which values mean the same again, as angles do.
    """

    common: float
    worst: float
    why: str
    absolute: bool = False
    period: float | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What a config says outside `features`."""

    sample_rate: int = 22050
    n_fft: int = 2048
    hop_length: int = 512
    win_length: int | None = None
    window: str | tuple[str | float, ...] = "hann"
    center: bool = True
    pad_mode: str = "constant"
    precision: str = "float64"

    @property
    def window_samples(self) -> int:
        """Length of the window."""
        return self.n_fft if self.win_length is None else self.win_length

    def changed(self, own: Mapping[str, Any]) -> "Settings":
        """As a feature has it that is given some of its own; a window fills its own `n_fft`."""
        if "n_fft" in own and "win_length" not in own:
            own = {**own, "win_length": own["n_fft"]}
        return replace(self, **own)

    def as_config(self) -> dict[str, Any]:
        """Keyword arguments for `signals.config_of`."""
        given = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return given | {"win_length": self.window_samples}


@dataclass(frozen=True)
class Case:
    """One comparison.

    Attributes
    ----------
    parameters : of the feature, as a config gives them.
    settings : of the config, other than 22050/2048/512.
    signal : a name in `SIGNALS`, a path in sample_audio (mixed to mono), or a function of the
        sample rate that gives (n,) or (n, channels).
    tolerance : other than the feature's.
    published : the value that a standard states, in place of `expected`; NaN for null.
    level_bound : a parameter is a level, so that the gain law does not hold.
    start_bound : a value depends on how long ago the clip began, so that shifting it is no shift.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    signal: str | Callable[[int], Array] = "scene"
    tolerance: Tolerance | None = None
    published: float | None = None
    level_bound: bool = False
    start_bound: bool = False

    def title(self) -> str:
        """For pytest's list."""
        signal = self.signal if isinstance(self.signal, str) else self.signal.__name__
        said = [f"{k}={v}" for k, v in (*self.settings.items(), *self.parameters.items())]
        return "-".join([Path(signal).stem, *said]).replace(" ", "")

    def load(self) -> tuple[Array, Settings]:
        """Samples, and settings at their rate."""
        settings = Settings(**self.settings)
        if callable(self.signal):
            return self.signal(settings.sample_rate), settings
        if self.signal in SIGNALS:
            return SIGNALS[self.signal](settings.sample_rate), settings
        import soundfile

        samples, rate = soundfile.read(SAMPLE_AUDIO / self.signal, always_2d=True)
        mono = samples.mean(axis=1).astype(np.float32)
        return mono, replace(settings, sample_rate=rate)


SIGNALS: Mapping[str, Callable[[int], Array]] = MappingProxyType(
    {
        "scene": lambda rate: signals.scene(rate, SECONDS),
        "sine": lambda rate: signals.sine(rate, SECONDS),
        "chirp": lambda rate: signals.chirp(rate, SECONDS),
        "clicks": lambda rate: signals.clicks(rate, SECONDS),
        "noise": lambda rate: signals.noise(rate, SECONDS),
        "silence": lambda rate: signals.silence(rate, SECONDS),
        "dc": lambda rate: signals.dc(rate, SECONDS),
        "square": lambda rate: signals.square(rate, SECONDS),
        "harmonics": lambda rate: signals.harmonics(rate, SECONDS),
        STEREO: lambda rate: signals.wide(signals.noise(rate, SECONDS)),
    }
)

MUSIC = "music/chords/c_minor.mp3"
SPEECH = "speech/vowels.wav"
TELEPHONE = "speech/telephone/vowels.ogg"

GRIDS: Sequence[Mapping[str, Any]] = (
    {},
    {"sample_rate": 16000, "n_fft": 1024, "hop_length": 256},
    {"sample_rate": 8000, "n_fft": 512, "hop_length": 80},
    {"sample_rate": 44100, "n_fft": 1000, "hop_length": 441},
)
"""Settings in use: music, speech, telephone with an odd hop, and no power of two at all."""

EDGES: Sequence[Mapping[str, Any]] = (
    {"center": False},
    {"pad_mode": "reflect"},
    {"pad_mode": "edge"},
    {"pad_mode": "symmetric"},
    {"sample_rate": 16000, "n_fft": 512, "hop_length": 160, "center": False},
)

WINDOWS: Sequence[Mapping[str, Any]] = (
    {"win_length": 1200},
    {"win_length": 1001, "hop_length": 300},
    {"window": "hamming"},
    {"window": "blackmanharris"},
    {"window": "boxcar"},
    {"window": ("kaiser", 8.6)},
    {"win_length": 1200, "center": False},
)


def over(
    settings: Sequence[Mapping[str, Any]],
    parameters: Mapping[str, Any] = NOTHING,
    signal: str = "scene",
) -> tuple[Case, ...]:
    """A case for each of the settings."""
    return tuple(Case(parameters, each, signal) for each in settings)


def heard(parameters: Mapping[str, Any] = NOTHING) -> tuple[Case, ...]:
    """A case for each kind of signal of one channel."""
    names = [name for name in SIGNALS if name != STEREO]
    return tuple(Case(parameters, {}, name) for name in (*names, MUSIC, SPEECH, TELEPHONE))


@dataclass(frozen=True)
class Reference:
    """A file of `tests/reference`."""

    tolerance: Tolerance
    cases: Sequence[Case]
    expected: Callable[..., Any]
    defined_on: str | Callable[[int], Array] = "noise"

    def defining(self, rate: int) -> Array:
        """A signal on which each value is defined."""
        made = self.defined_on
        return made(rate) if callable(made) else SIGNALS[made](rate)


def reference_of(feature: str) -> Reference:
    """The reference of a feature; there is no feature without one."""
    module = importlib.import_module(f"tests.reference.{feature}")
    defined_on = getattr(module, "DEFINED_ON", "noise")
    return Reference(module.TOLERANCE, module.CASES, module.expected, defined_on)


def referenced() -> list[str]:
    """The features that have a reference."""
    return sorted(p.stem for p in REFERENCES.glob("*.py") if not p.stem.startswith("_"))


def assert_close(ours: Array, theirs: Array, tolerance: Tolerance) -> None:
    """Equal shapes, null in the same places, and within the tolerance."""
    assert ours.shape == theirs.shape
    undefined = np.isnan(theirs)
    np.testing.assert_array_equal(np.isnan(ours), undefined)
    if undefined.all():
        return
    off = np.abs(ours.astype(np.float64) - theirs)[~undefined]
    if tolerance.period is not None:
        off = np.minimum(off % tolerance.period, -off % tolerance.period)
    scale = 1.0 if tolerance.absolute else max(np.abs(theirs[~undefined]).max(), 1e-30)
    common, worst = np.quantile(off, 0.999) / scale, off.max() / scale
    assert common <= tolerance.common, f"99.9 %: {common:.2e} > {tolerance.common:.1e}"
    assert worst <= tolerance.worst, f"worst: {worst:.2e} > {tolerance.worst:.1e}"
