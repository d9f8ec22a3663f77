"""Key and mode of a clip."""

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from annotated_types import Interval

from audiofeat_cli.step import Array, Named, Problem, chosen, constant, feature
from audiofeat_cli.steps.chroma import NOTES
from audiofeat_cli.steps.keys import PROFILES, Profile, best_keys, profile_rows

MODES = ("major", "minor")
KEYS = tuple(f"{tonic} {mode}" for mode in MODES for tonic in NOTES)

Chroma = Literal["chroma_cqt", "chroma_stft", "chroma_cens", "hpcp"]
Least = Annotated[float, Interval(ge=0, le=1)]
Totals = tuple[Array, Array]
"""Sum of the frames that sound, (channels, classes), and how many they are, (channels,)."""


@constant()
def key_profiles(*, profile: Profile = "bgate") -> Array:
    """(2, 12) weights of the pitch classes of C major and of C minor."""
    return np.array(PROFILES[profile])


def _key(
    state: tuple[Totals, Array] | None, *, min_contrast: Least = 0.1, min_strength: Least = 0.5
) -> Array:
    """(channels, 5): tonic, mode, name (as indices), strength, margin; null where there is none."""
    if state is None:
        return np.full((1, 5), np.nan)
    (sums, counts), profiles = state
    found = np.full((len(sums), 5), np.nan)
    for row, total, count in zip(found, sums, counts, strict=True):
        mean = total / max(count, 1)
        if mean.std() <= min_contrast * mean.mean():
            continue
        (key, strength), (_, second) = best_keys(mean, profile_rows(profiles, len(mean)))
        if strength >= min_strength:
            row[:] = key % 12, key // 12, key, strength, strength - second
    return found


def _twelve_tones(*, of: Chroma = "chroma_cqt", source_width: int) -> Sequence[Problem]:
    if source_width % 12 == 0:
        return []
    message = f"expected a chroma of 12 values an octave or a multiple of that, {of} has "
    return [Problem("of", message + str(source_width))]


@feature(
    chosen("of"),
    key_profiles,
    kind="clip",
    finish=_key,
    check=_twelve_tones,
    reference="numpy.corrcoef of librosa.feature.chroma_cqt 0.11 with 24 rotated profiles",
    outputs=[
        Named("tonic", "1", "none", "string", NOTES, "First note of the scale."),
        Named("mode", "1", "none", "string", MODES, "Major or minor."),
        Named("name", "1", "none", "string", KEYS, "Tonic and mode."),
        Named("strength", "1", summary="Correlation with the key's profile, at most 1."),
        Named("margin", "1", summary="Strength less that of the next best key."),
    ],
)
def key(
    state: tuple[Totals, Array] | None, chroma: Array, profiles: Array, *, of: Chroma = "chroma_cqt"
) -> tuple[Totals, Array]:
    r"""Key and mode: the profile that correlates best with the mean chroma.

    .. math:: \arg\max_{t, m} \; r\big(\bar{C}, \; \text{rotate}(P_m, t)\big)

    One value per clip; r is Pearson's. `of` is the chroma that is read: with the parameters of the
    config where it lists one of that name, else with its defaults. `profile`: `bgate` and `edma`
    were learned from electronic dance music, `krumhansl` from listeners, `temperley` by ear. Frames
    of silence do not count. Silence: null. Null, too, where the chroma says nothing: its standard
    deviation over pitch classes is at most `min_contrast` of its mean (noise), or the strength is
    less than `min_strength` (drums, speech). A single note has a key, with next to no margin.
    Keeps one sum.
    Source: Krumhansl 1990; Temperley 1999; Faraldo et al. 2016 and 2017 (edma, bgate).
    """
    del of  # chose the input
    sums = chroma.sum(axis=0, dtype=np.float64)
    counts = (chroma.max(axis=-1) > 0).sum(axis=0)
    if state is not None:
        (before, count), _ = state
        sums, counts = sums + before, counts + count
    return (sums, counts), profiles
