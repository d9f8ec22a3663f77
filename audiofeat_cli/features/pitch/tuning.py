"""Tuning of a clip."""

from collections.abc import Sequence

import numpy as np

from audiofeat_cli.step import Array, Count, Fraction, Hertz, Named, Problem, feature
from audiofeat_cli.steps.spectrum import bin_frequencies, spectrum
from audiofeat_cli.steps.tuning import A4_HZ, Votes, estimated_tuning, winning_tuning


def _range_holds_pitches(
    *, sample_rate: float | None, fmin: Hertz = 150.0, fmax: Hertz = 4000.0
) -> Sequence[Problem]:
    if fmin >= fmax:
        return [Problem("fmin", f"expected less than fmax ({fmax:g} Hz), got {fmin:g}")]
    if sample_rate is not None and fmin >= sample_rate / 2:
        nyquist = sample_rate / 2
        message = f"expected less than sample_rate / 2 ({nyquist:g} Hz), got {fmin:g}"
        return [Problem("fmin", message)]
    return []


def _tuning(
    votes: Votes | None, *, bins_per_octave: Count = 12, resolution: Fraction = 0.01
) -> Array:
    """(channels, 2): cents, and Hz of A4."""
    octaves = winning_tuning(votes, resolution=resolution, none=np.nan) / bins_per_octave
    return np.concatenate([1200 * octaves, A4_HZ * 2**octaves], axis=1)


@feature(
    spectrum.pinned(power=1.0),
    bin_frequencies,
    kind="clip",
    finish=_tuning,
    check=_range_holds_pitches,
    reference="librosa.estimate_tuning 0.11",
    outputs=[
        Named("cents", "cent", "invariant", summary="How far above A4 = 440 Hz the clip is tuned."),
        Named("hz", "Hz", "invariant", summary="A4 of the clip."),
    ],
)
def tuning(
    votes: Votes | None,
    spectrum: Array,
    frequencies: Array,
    *,
    bins_per_octave: Count = 12,
    resolution: Fraction = 0.01,
    fmin: Hertz = 150.0,
    fmax: Hertz = 4000.0,
) -> Votes:
    r"""How far the clip's pitches lie from equal temperament at A4 = 440 Hz.

    .. math:: \delta = \mathrm{mode}_i \; \big( 12 \log_2 \frac{f_i}{440} \bmod 1 \big), \quad
        A_4 = 440 \cdot 2^{\delta / 12}

    One value per clip: in cents, from -50 to 50, and as the frequency of A4. f are the peaks of all
    spectra from `fmin` to `fmax` that are at least as high as their median; the mode is that of a
    histogram in steps of `resolution` semitones (of an octave's `bins_per_octave`-th part), whose
    lower edge is given. Silence: null (librosa gives 0), as is a clip without any peak.
    Noise has a tuning, too, which means nothing. Keeps 5 bytes per peak.
    Source: Ellis 2007, chroma matlab; Smith 1987, PARSHL.
    """
    return estimated_tuning(  # type: ignore[no-any-return]
        votes,
        spectrum,
        frequencies,
        n_chroma=bins_per_octave,
        tuning_resolution=resolution,
        tuning_fmin=fmin,
        tuning_fmax=fmax,
    )
