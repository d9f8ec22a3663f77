"""Chroma of the constant-Q transform."""

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.chroma import (
    Norm,
    constant_q_chroma,
    gain_of_chroma,
    normalised,
    note_names,
    unit_of_chroma,
)


@feature(
    constant_q_chroma,
    unit=unit_of_chroma,
    gain=gain_of_chroma,
    reference="librosa.feature.chroma_cqt 0.11",
    width=lambda *, n_chroma: n_chroma,
    labels=note_names,
)
def chroma_cqt(chroma: Array, *, norm: Norm | None = "inf") -> Array:
    r"""Constant-Q magnitude of each pitch class, C to B, over all octaves.

    .. math:: C_c = \sum_{k \in c} |X_k|, \quad \text{divided by } \lVert C \rVert

    (frames, channels, n_chroma). `norm: inf` makes the largest of a frame 1. Silence: 0.
    `tuning`, in fractions of a bin, is estimated for each clip and channel unless given; that takes
    a second pass. Source: Fujishima 1999; Brown 1991.
    """
    return normalised(chroma, norm)
