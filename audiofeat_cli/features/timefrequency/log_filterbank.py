"""Logarithmic triangular filterbank."""

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.logbands import band_count, band_peaks, log_band_levels
from audiofeat_cli.steps.scale import gain_of, unit_of


@feature(
    log_band_levels,
    unit=unit_of,
    gain=gain_of,
    reference="naive triangles over numpy.abs(librosa.stft); numbers of bands of Boeck 2016",
    width=band_count,
    labels=band_peaks,
)
def log_filterbank(levels: Array) -> Array:
    r"""Magnitude in triangular bands at equal distances in pitch, tuned to A4.

    .. math:: B_b = \sum_k w_{b,k} |X_k|, \quad \text{summits near } 440 \cdot 2^{k / b} \text{ Hz}

    (frames, channels, bands). Corners are snapped to the nearest FFT bin, and those that share one
    count once, so that there are fewer bands at the bottom than an octave has. `fmax: null` is
    17 kHz, or half the rate where that is less. Onset and beat trackers take `scale: log10_1p`,
    with n_fft 1024, 2048, 4096 and 3, 6, 12 bands an octave at 44.1 kHz.
    Silence: 0, or the floor on a logarithmic scale.
    Source: Boeck, Krebs and Widmer 2016; madmom.
    """
    return levels
