"""Constant-Q transform."""

from audiofeat_cli.step import Array, Decibels, feature, when
from audiofeat_cli.steps.cqt import bin_centres, bins_of, cqt_bank, magnitudes_of, raised
from audiofeat_cli.steps.scale import compressed, gain_of, limited, unit_of

_magnitudes = magnitudes_of(
    cqt_bank.pinned(transform="constant_q", intervals="equal", gamma=0.0).using(tuning=0.0)
)
_levels = compressed.reading(raised.reading(_magnitudes))


@feature(
    when("top_db", limited(_levels).using(power=1.0), _levels.using(power=1.0)),
    unit=unit_of,
    gain=gain_of,
    reference="numpy.abs(librosa.cqt) 0.11",
    width=bins_of,
    labels=bin_centres,
)
def cqt(levels: Array, *, top_db: Decibels | None = None) -> Array:
    r"""Magnitude of the constant-Q transform: bins at equal distances in pitch.

    .. math:: C_k(t) = \frac{1}{\sqrt{L_k}} \Big| \sum_n x_{n + tH} w_k(n) e^{-2 \pi i f_k n} \Big|,
        \quad f_k = f_{min} 2^{k / B}

    (frames, channels, n_bins). The filter of bin k has length L = Q / f: long at the bottom, short
    at the top. Silence: 0, or the floor on a logarithmic scale.
    `tuning: null` estimates it for each clip and channel, in a second pass.
    Source: Brown 1991; Schoerkhuber and Klapuri 2010.
    """
    del top_db  # chose the input
    return levels
