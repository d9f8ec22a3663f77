"""Maximum short-term loudness (EBU R128)."""

from audiofeat_cli.step import feature
from audiofeat_cli.steps.loudness import SHORT_TERM_STEPS, loudest_window


@feature(
    loudest_window.pinned(window_steps=SHORT_TERM_STEPS),
    kind="clip",
    unit="LUFS",
    gain="decibel",
    reference="scipy.signal.sosfilt and a loop; EBU Tech 3341 case 10",
)
def short_term_max(loudness: float) -> float:
    r"""Largest short-term loudness of the clip, all channels at the file's own rate.

    .. math:: \max_t \Big( -0.691 + 10 \log_{10} \sum_i G_i z_i(t) \Big),
        \quad z_i \text{ mean square over 3 s}

    One value per clip, LUFS, of windows that begin every 10 ms. Silence: null, as is all that is
    not over -120 LUFS. Null for clips under 3 s and for files below 4 kHz, too.
    Source: EBU Tech 3341; EBU R 128 s1. Keeps one window.
    """
    return loudness
