"""Variable-Q transform."""

from audiofeat_cli.step import Array, Decibels, feature, when
from audiofeat_cli.steps.cqt import bin_centres, bins_of, cqt_bank, magnitudes_of, raised
from audiofeat_cli.steps.scale import compressed, gain_of, limited, unit_of

_magnitudes = magnitudes_of(cqt_bank.pinned(transform="constant_q").using(tuning=0.0))
_levels = compressed.reading(raised.reading(_magnitudes))


@feature(
    when("top_db", limited(_levels).using(power=1.0), _levels.using(power=1.0)),
    unit=unit_of,
    gain=gain_of,
    reference="numpy.abs(librosa.vqt) 0.11",
    width=bins_of,
    labels=bin_centres,
)
def vqt(levels: Array, *, top_db: Decibels | None = None) -> Array:
    r"""Magnitude of the variable-Q transform: shorter filters at the bottom, any tuning system.

    .. math:: |V_k(t)|, \quad B_k = \alpha_k f_k + \gamma

    (frames, channels, n_bins). As `cqt`, but each filter's bandwidth is `gamma` wider, so the low
    ones are shorter; `gamma: null` makes it alpha 24.7 / 0.108, in proportion to the ear's
    bandwidth (ERB). `intervals` is a tuning system, or a list of ratios from 1 to under 2, which
    then says how many bins an octave has. Silence: 0, or the floor on a logarithmic scale.
    Source: Schoerkhuber, Klapuri, Holighaus and Doerfler 2014; Glasberg and Moore 1990.
    """
    del top_db  # chose the input
    return levels
