"""Profiles of the keys: how much each pitch class belongs to one."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np

from audiofeat_cli.step import Array

Profile = Literal["krumhansl", "temperley", "edma", "bgate"]

PROFILES: Mapping[Profile, tuple[tuple[float, ...], tuple[float, ...]]] = MappingProxyType(
    {
        # Krumhansl and Kessler 1982, probe tone ratings.
        "krumhansl": (
            (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
            (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
        ),
        # Temperley 1999, What's key for key?
        "temperley": (
            (5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0),
            (5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0),
        ),
        # Faraldo, Gomez, Jorda and Herrera 2016, automatic analysis of electronic dance music.
        "edma": (
            (
                *(0.16519551, 0.04749026, 0.08293076, 0.06687112, 0.09994645, 0.09274123),
                *(0.05294487, 0.13159476, 0.05218986, 0.07443653, 0.06940723, 0.0642515),
            ),
            (
                *(0.17235348, 0.05336489, 0.0761009, 0.10043649, 0.05621498, 0.08527853),
                *(0.0497915, 0.13451001, 0.07458916, 0.05003023, 0.09187879, 0.05545106),
            ),
        ),
        # Faraldo, Jorda and Herrera 2017, means of Beatport's tracks with the weakest at 0.
        "bgate": (
            (1.00, 0.00, 0.42, 0.00, 0.53, 0.37, 0.00, 0.77, 0.00, 0.38, 0.21, 0.30),
            (1.00, 0.00, 0.36, 0.39, 0.00, 0.38, 0.00, 0.74, 0.27, 0.00, 0.42, 0.23),
        ),
    }
)
"""Weights of C, C#, ... B in C major and in C minor."""


def profile_rows(profiles: Array, classes: int) -> Array:
    """(2, classes, classes): each mode's profile, rotated to every tonic, zero mean, length 1.

    With more than 12 classes an octave, weights between two notes lie on the line between theirs.
    """
    at = np.arange(classes) * 12 / classes
    fine = np.stack([np.interp(at, np.arange(13), [*row, row[0]]) for row in profiles])
    steps = np.arange(classes)
    rows = fine[:, (steps - steps[:, np.newaxis]) % classes]
    rows = rows - rows.mean(axis=-1, keepdims=True)
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True))


def best_keys(chroma: Array, rows: Array) -> tuple[tuple[int, float], tuple[int, float]]:
    """The two keys that (classes,) correlates best with, each with Pearson's r.

    Keys are numbered C to B major, then C to B minor. With more than 12 classes an octave, a tonic
    may lie between two notes; it counts for the nearest.
    """
    centred = chroma - chroma.mean()
    found = rows @ (centred / np.linalg.norm(centred))
    fine = found.shape[1] // 12
    nearest = ((np.arange(found.shape[1]) + fine // 2) // fine) % 12
    each = np.array([[r[nearest == tonic].max() for tonic in range(12)] for r in found]).ravel()
    first, second = np.argsort(-each, kind="stable")[:2]
    return (int(first), float(each[first])), (int(second), float(each[second]))
