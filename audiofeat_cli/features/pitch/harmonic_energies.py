"""Energy at the multiples of the fundamental frequency."""

import numpy as np

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.partials import Partials
from audiofeat_cli.steps.pyin import pitch_track
from audiofeat_cli.steps.scale import gain_of, unit_of
from audiofeat_cli.steps.spectrum import bin_frequencies, spectrum


@feature(
    pitch_track,
    spectrum,
    bin_frequencies,
    unit=lambda *, power: unit_of(scale="linear", power=power),
    gain=lambda *, power: gain_of(scale="linear", power=power),
    reference="librosa.f0_harmonics 0.11 of librosa.pyin",
    width=lambda *, n_partials: n_partials,
)
def harmonic_energies(
    track: Array, spectrum: Array, frequencies: Array, *, n_partials: Partials = 10
) -> Array:
    r"""Energy of the spectrum at the first multiples of the fundamental frequency (that of pyin).

    .. math:: E_h = |X(h f_0)|^2

    (frames, channels, n_partials), on straight lines between bins; 0 above half the sample rate.
    Unlike partial_amplitudes it looks just there, for no peak. Silence: null, as are unvoiced
    frames (librosa gives 0). Source: librosa.f0_harmonics.
    """
    values = spectrum.T
    f0 = track.T[0].astype(np.float64)
    spacing = frequencies[-1] / max(1, len(frequencies) - 1)
    out = np.full((n_partials, *f0.shape), np.nan, np.float32)
    channel, frame = np.nonzero(np.isfinite(f0))
    order = np.arange(1, n_partials + 1)[:, np.newaxis]
    place = order * f0[channel, frame] / spacing
    low = np.clip(place.astype(np.intp), 0, max(0, len(frequencies) - 2))
    share = place - low
    left = values[low, channel, frame]
    right = values[np.minimum(low + 1, len(frequencies) - 1), channel, frame]
    inside = place <= len(frequencies) - 1
    out[:, channel, frame] = np.where(inside, left + share * (right.astype(np.float64) - left), 0)
    return out.T
