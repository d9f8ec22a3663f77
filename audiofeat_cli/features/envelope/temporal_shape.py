"""Where in time the envelope has its weight."""

from audiofeat_cli.step import Array, Named, feature
from audiofeat_cli.steps.envelope import envelope_shape


@feature(
    envelope_shape,
    kind="clip",
    reference="naive float64 sums over samples",
    outputs=[
        Named("ratio", "1", "invariant", summary="As a share of the clip: 0 start, 1 end."),
        Named("s", "s", "invariant", summary="Seconds from the start of the clip."),
    ],
)
def temporal_centroid(shape: Array) -> Array:
    r"""Mean time, weighted by the envelope.

    .. math:: c = \frac{\sum_n n \, e_n}{\sum_n e_n}, \quad \frac{c}{N - 1}, \quad \frac{c}{F_s}

    Two values per clip: Essentia and Audio Commons give the ratio, Peeters seconds. The envelope
    is that of `envelope`. Silence: null; a clip of one sample has no ratio.
    Source: Peeters 2004, section 3.1.2; Essentia, Centroid. Keeps a few sums.
    """
    return shape[:, 0:2]


@feature(
    envelope_shape,
    kind="clip",
    unit="s",
    gain="invariant",
    reference="naive float64 sums over samples",
)
def temporal_spread(shape: Array) -> Array:
    r"""Standard deviation of time, weighted by the envelope.

    .. math:: \sigma = \frac{1}{F_s} \Big( \frac{\sum_n (n - c)^2 e_n}{\sum_n e_n} \Big)^{1/2}

    One value per clip, s; Essentia gives the variance. The envelope is that of `envelope`.
    Silence: null. Source: Essentia, FreesoundSfxDescriptors. Keeps a few sums.
    """
    return shape[:, 2:3]


@feature(
    envelope_shape,
    kind="clip",
    unit="1",
    gain="invariant",
    reference="naive float64 sums over samples",
)
def temporal_skewness(shape: Array) -> Array:
    r"""Skewness of time, weighted by the envelope.

    .. math:: \frac{\sum_n (n - c)^3 e_n}{\sigma^3 \sum_n e_n}

    One value per clip; over 0 where the sound has a long tail. The envelope is that of `envelope`.
    Silence: null, as where the spread is 0.
    Source: Essentia, FreesoundSfxDescriptors. Keeps a few sums.
    """
    return shape[:, 3:4]


@feature(
    envelope_shape,
    kind="clip",
    unit="1",
    gain="invariant",
    reference="naive float64 sums over samples",
)
def temporal_kurtosis(shape: Array) -> Array:
    r"""Kurtosis of time, weighted by the envelope, less the 3 of a normal distribution.

    .. math:: \frac{\sum_n (n - c)^4 e_n}{\sigma^4 \sum_n e_n} - 3

    One value per clip; -1.2 for an even envelope. The envelope is that of `envelope`.
    Silence: null, as where the spread is 0.
    Source: Essentia, FreesoundSfxDescriptors. Keeps a few sums.
    """
    return shape[:, 4:5]
