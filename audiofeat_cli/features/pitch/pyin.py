"""Fundamental frequency and voicing by probabilistic YIN."""

from audiofeat_cli.step import Array, Named, feature
from audiofeat_cli.steps.pyin import pitch_track


@feature(
    pitch_track,
    reference="librosa.pyin 0.11",
    outputs=[
        Named("f0", "Hz", "invariant", summary="Fundamental frequency; null where unvoiced."),
        Named("voiced", "1", "invariant", "bool", summary="Whether the frame has a pitch."),
        Named("probability", "1", "invariant", summary="How likely it is that there is a pitch."),
    ],
)
def pyin(track: Array) -> Array:
    r"""Fundamental frequency and voicing by probabilistic YIN.

    .. math:: f_0 = f_{min} \, 2^{b_t / (12 B)}, \quad
        b = \arg\max_{b_1 \dots b_T} \prod_t P(b_t \mid x_t) \, P(b_t \mid b_{t-1})

    (frames, channels, 3): f0 in Hz on a grid of `resolution` semitones, whether the frame is
    voiced, and the probability that it is. Silence: f0 is null, the others 0. As in librosa, a
    period a little beyond the range counts as its end: drums may give `fmin`.
    Source: Mauch and Dixon 2014. The path is that of the whole clip, which takes a second pass.
    """
    return track
