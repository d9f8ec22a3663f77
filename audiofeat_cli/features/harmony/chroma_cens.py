"""Chroma energy normalised statistics."""

import numpy as np

from audiofeat_cli.reach import Reach
from audiofeat_cli.step import Array, Count, constant, feature, local
from audiofeat_cli.steps.chroma import Norm, constant_q_chroma, normalised, note_names

STEPS = (0.4, 0.2, 0.1, 0.05)
"""Shares of a frame's sum; a pitch class scores a quarter for each that it exceeds."""


def _smoothing(*, win_len_smooth: Count | None = 41) -> Reach:
    size = 1 if win_len_smooth is None else win_len_smooth + 2
    before = (size - 1) // 2
    return Reach(1, before, size - before)


@constant()
def smoothing_weights(*, win_len_smooth: Count | None = 41) -> Array:
    """(win_len_smooth + 2,) Hann weights with sum 1, 0 at both ends."""
    if win_len_smooth is None:
        return np.ones(1)
    weights = np.hanning(win_len_smooth + 2)
    return np.asarray(weights / weights.sum())


@local(constant_q_chroma)
def chroma_scores(chroma: Array) -> Array:
    """(frames, channels, n_chroma) float32 in quarters: how many of `STEPS` a class exceeds."""
    shares = normalised(chroma, "1")
    scores = np.zeros(shares.T.shape, np.float32).T
    for step in STEPS:
        scores += np.float32(0.25) * (shares > np.float32(step))
    return scores


@feature(
    chroma_scores,
    smoothing_weights,
    reach=_smoothing,
    unit="1",
    gain="invariant",
    reference="librosa.feature.chroma_cens 0.11",
    width=lambda *, n_chroma: n_chroma,
    labels=note_names,
)
def chroma_cens(
    scores: Array,
    weights: Array,
    *,
    norm: Norm | None = "2",
    win_len_smooth: Count | None = 41,
) -> Array:
    r"""Chroma that keeps the tune and forgets loudness and articulation.

    .. math:: S_c = \frac14 \sum_{q \in \{0.4, 0.2, 0.1, 0.05\}} \Big[
        \frac{C_c}{\lVert C \rVert_1} > q \Big], \quad \text{smoothed in time, length } 1

    (frames, channels, n_chroma) of `chroma_cqt`, smoothed with a Hann window of `win_len_smooth`
    frames (null: not at all). Silence: 0.
    Source: Mueller and Ewert 2011, Chroma Toolbox.
    """
    del win_len_smooth  # said how far to look
    flat = np.ascontiguousarray(scores.T)
    windows = np.lib.stride_tricks.sliding_window_view(flat, len(weights), axis=-1)
    return normalised((windows @ weights).T.astype(np.float32), norm)
