"""librosa.feature.spectral_flatness 0.11, undefined where a frame is silent (librosa: 1)."""

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference._spectra import spectra, unless_silent

TOLERANCE = Tolerance(1e-5, 1e-5, "librosa's sums over bins are float32")
FLOAT32 = Tolerance(1e-5, 1e-5, "a float32 FFT fills quiet bins with rounding")
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *heard(),
    *heard({"power": 1.0}),
    Case({"power": 0.5}),
    Case({"amin": 1e-5}, level_bound=True),
    Case({"amin": 1e-3, "power": 1.0}, {}, "chirp", level_bound=True),
    Case({"n_fft": 1024}),
    Case({}, {"precision": "float32"}, "scene", FLOAT32),
)


def expected(
    samples: Array, settings: Settings, *, amin: float = 1e-10, power: float = 2.0
) -> Array:
    import librosa

    magnitudes = spectra(samples, settings)
    theirs = librosa.feature.spectral_flatness(S=magnitudes, amin=amin, power=power)
    return unless_silent(theirs, magnitudes)
