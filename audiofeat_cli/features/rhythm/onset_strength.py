"""Onset strength."""

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.onset import onset_envelope


@feature(
    onset_envelope,
    unit="dB",
    gain="invariant",
    reference="librosa.onset.onset_strength 0.11",
)
def onset_strength(envelope: Array) -> Array:
    r"""How much louder the mel bands are than a moment before, falls left out.

    .. math:: \frac{1}{B} \sum_b \max(0, L_{t,b} - \max_{|j| \le w} L_{t-\tau,b+j})

    in dB, later by half a window where frames are centred; tau is `lag`, 2 w + 1 is `max_size`.
    `top_db` first raises all levels to within that of the clip's maximum, for each channel; null
    leaves them. `lag: 2, max_size: 3` is the SuperFlux. `detrend` takes out the mean.
    (frames, channels, 1). Silence: 0. The first frames, which have nothing before them, are 0, too.
    Source: Bello et al. 2005, section III.A; Boeck and Widmer 2013 (SuperFlux).
    """
    return envelope
