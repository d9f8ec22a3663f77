"""librosa.feature.spectral_rolloff 0.11, undefined where a frame is silent."""

from audiofeat_cli.step import Array
from tests.cases import EDGES, GRIDS, WINDOWS, Case, Settings, Tolerance, heard, over
from tests.reference._spectra import spectra, unless_silent

TOLERANCE = Tolerance(1e-7, 2e-3, "a pick among bins: the last bit of one may move it to the next")
FLOAT32 = Tolerance(1e-2, 1e-2, "a float32 FFT adds a floor of rounding to all bins")
CASES = (
    *over(GRIDS),
    *over(EDGES),
    *over(WINDOWS),
    *heard(),
    *heard({"power": 2.0}),
    *heard({"roll_percent": 0.99}),
    *over(GRIDS, {"roll_percent": 0.01}),
    Case({"roll_percent": 0.5, "power": 2.0}),
    Case({"power": 0.5}),
    Case({"n_fft": 1024}),
    Case({}, {"precision": "float32"}, "scene", FLOAT32),
)


def expected(
    samples: Array, settings: Settings, *, roll_percent: float = 0.85, power: float = 1.0
) -> Array:
    import librosa

    weights = spectra(samples, settings, power)
    theirs = librosa.feature.spectral_rolloff(
        S=weights, sr=settings.sample_rate, n_fft=settings.n_fft, roll_percent=roll_percent
    )
    return unless_silent(theirs, weights)
