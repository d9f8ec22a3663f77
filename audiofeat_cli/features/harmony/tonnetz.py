"""Tonal centroid."""

from collections.abc import Sequence

import numpy as np

from audiofeat_cli.step import Array, Count, constant, feature
from audiofeat_cli.steps.chroma import constant_q_chroma, normalised
from audiofeat_cli.steps.project import project

AXES = (
    "fifths x",
    "fifths y",
    "minor thirds x",
    "minor thirds y",
    "major thirds x",
    "major thirds y",
)


def _axes() -> Sequence[str]:
    return AXES


@constant()
def tonal_axes(*, n_chroma: Count = 12) -> Array:
    """(6, n_chroma) float32: sine and cosine of each pitch class on three circles."""
    semitones = 12 * np.arange(n_chroma) / n_chroma
    angles = np.outer(np.pi * np.array([7 / 6, 3 / 2, 2 / 3]), semitones)
    radii = np.array([1.0, 1.0, 0.5])[:, np.newaxis]
    pairs = np.stack([radii * np.sin(angles), radii * np.cos(angles)], axis=1)
    return np.asarray(pairs.reshape(6, n_chroma), dtype=np.float32)


@feature(
    constant_q_chroma,
    tonal_axes,
    unit="1",
    gain="invariant",
    reference="librosa.feature.tonnetz 0.11",
    width=len(AXES),
    labels=_axes,
)
def tonnetz(chroma: Array, axes: Array) -> Array:
    r"""Tonal centroid: where a frame's pitch classes lie on circles of fifths and of thirds.

    .. math:: \phi_d = \frac{1}{\lVert C \rVert_1} \sum_c \Phi_{d,c} C_c

    (frames, channels, 6): sine and cosine on the circles of fifths (radius 1), minor thirds (1) and
    major thirds (1/2), of `chroma_cqt`. Silence: 0.
    Source: Harte, Sandler and Gasser 2006.
    """
    return project(axes, normalised(chroma, "1"))
