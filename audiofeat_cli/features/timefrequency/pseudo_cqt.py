"""Pseudo constant-Q transform."""

from audiofeat_cli.step import Array, Decibels, feature, when
from audiofeat_cli.steps.cqt import bin_centres, bins_of, cqt_bank, magnitudes_of, raised
from audiofeat_cli.steps.scale import compressed, gain_of, limited, unit_of

_magnitudes = magnitudes_of(
    cqt_bank.pinned(transform="pseudo", intervals="equal", gamma=0.0).using(tuning=0.0)
)
_levels = compressed.reading(raised.reading(_magnitudes))


@feature(
    when("top_db", limited(_levels).using(power=1.0), _levels.using(power=1.0)),
    unit=unit_of,
    gain=gain_of,
    reference="librosa.pseudo_cqt 0.11",
    width=bins_of,
    labels=bin_centres,
)
def pseudo_cqt(levels: Array, *, top_db: Decibels | None = None) -> Array:
    r"""Constant-Q bins summed from the magnitudes of one short-time spectrum.

    .. math:: P_k = \frac{1}{\sqrt{N}} \sum_m |W_k(m)| \, |X_m|

    (frames, channels, n_bins). The spectrum has a Hann window as long as the longest filter, so
    high bins are smeared in time. Silence: 0, or the floor on a logarithmic scale.
    Source: librosa 0.11.
    """
    del top_db  # chose the input
    return levels
