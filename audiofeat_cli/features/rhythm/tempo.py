"""Tempo of a clip."""

from audiofeat_cli.step import Array, Named, feature
from audiofeat_cli.steps.tempo import tempo_estimate


@feature(
    tempo_estimate,
    kind="clip",
    reference="librosa.feature.tempo 0.11",
    outputs=[
        Named("", "BPM", "invariant"),
        Named("second", "BPM", "invariant", summary="The next best tempo; null if there is none."),
        Named("weight", "1", "invariant", summary="Share of the best tempo among all."),
        Named("second_weight", "1", "invariant", summary="Share of the next best among all."),
    ],
)
def tempo(estimate: Array) -> Array:
    r"""Beats per minute of the clip, the best of all peaks of the weighted tempogram.

    .. math:: \arg\max_\tau \; S_\tau, \quad S_\tau = \ln(1 + 10^6 \bar{R}(\tau)) -
        \frac{1}{2} \left(\frac{\log_2 (\tau / \tau_0)}{\sigma}\right)^2

    One value per clip. R is the mean tempogram of the clip with windows of `ac_size`; tau_0 is
    `start_bpm`, which decides between a tempo and its double, sigma `std_bpm` in octaves; no tempo
    is over `max_tempo`. The weight of a peak is exp(S) over the sum of exp(S) at all peaks.
    `refine` puts the tempo at the top of a parabola through the logarithms of R around the peak:
    lags are whole frames, at 22050 Hz and hop 512 120 BPM lies between 117.45 and 123.05;
    `refine: false` gives librosa's one of these. Silence: null. Null, too, with fewer than three
    onsets, where nothing repeats, and where R has no peak: there librosa gives the peak of the
    weighting, 117 BPM. Keeps the onset envelope, 0.6 MB per hour and channel.
    Source: Ellis 2007; Grosche, Mueller and Kurth 2010.
    """
    return estimate[:, :4]
