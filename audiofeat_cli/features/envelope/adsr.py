"""Attack, decay, sustain and release."""

from audiofeat_cli.step import Array, Named, feature
from audiofeat_cli.steps.events import stages


@feature(
    stages,
    kind="clip",
    reference="naive float64 loops over the outline; envelopes of known stages",
    outputs=[
        Named("attack", "s", "invariant", summary="From 20 to 90 % of the maximum."),
        Named("decay", "s", "invariant", summary="From the maximum to the sustain level."),
        Named("sustain", "1", "invariant", summary="Level of the plateau, of the maximum."),
        Named(
            "release", "s", "invariant", summary="From the sustain level to 10 % of the maximum."
        ),
    ],
)
def adsr(stages: Array) -> Array:
    r"""Stages of a single sound: attack, decay, sustain level and release.

    .. math:: A = t_{90} - t_{20}, \quad S = \operatorname{med} e_{plateau} / \max e, \quad
        D = t_S - t_{max}, \quad R = t_{10} - t_{S, last}

    Four values per clip. The outline is that of `single_event`, good to about 1 ms; unlike a
    follower it does not lag. The plateau is the level within 1 dB of which most of the time after
    the maximum is spent, at least 30 % of it up to the last 10 %. The decay ends when 95 % of its
    fall is done, the release begins 5 % under the sustain level. Without a plateau (a plucked
    string) the sustain level is 0, the decay goes down to 10 %, and there is no release.
    Silence: null, as is every clip that is not a single event, and each stage that the clip cuts
    off: the attack where the first ms is above 50 %, the last stage where the end is above 10 %.
    Source: Peeters 2004, section 3.1 (attack by thresholds). Keeps 28 kB.
    """
    return stages
