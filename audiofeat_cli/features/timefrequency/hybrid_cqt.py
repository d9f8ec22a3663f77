"""Hybrid constant-Q transform."""

from audiofeat_cli.step import Array, Decibels, feature, when
from audiofeat_cli.steps.cqt import bin_centres, bins_of, cqt_bank, magnitudes_of, raised
from audiofeat_cli.steps.scale import compressed, gain_of, limited, unit_of

_magnitudes = magnitudes_of(
    cqt_bank.pinned(transform="hybrid", intervals="equal", gamma=0.0).using(tuning=0.0)
)
_levels = compressed.reading(raised.reading(_magnitudes))


@feature(
    when("top_db", limited(_levels).using(power=1.0), _levels.using(power=1.0)),
    unit=unit_of,
    gain=gain_of,
    reference="librosa.hybrid_cqt 0.11",
    width=bins_of,
    labels=bin_centres,
)
def hybrid_cqt(levels: Array, *, top_db: Decibels | None = None) -> Array:
    r"""Constant-Q transform whose short filters are taken from a short-time spectrum.

    .. math:: H_k = P_k \text{ where } 2^{\lceil \log_2 L_k \rceil} < 2 H, \text{ else } C_k

    (frames, channels, n_bins), `pseudo_cqt` for the bins whose filters are shorter than two hops
    and would miss samples between them, `cqt` below.
    Silence: 0, or the floor on a logarithmic scale.
    Source: librosa 0.11.
    """
    del top_db  # chose the input
    return levels
