"""Spectrum as a sound level meter weighs it."""

import numpy as np

from audiofeat_cli.step import Array, Decibels, feature, when
from audiofeat_cli.steps.scale import compressed, limited
from audiofeat_cli.steps.spectrum import bin_labels, bins_mean_one_thing, power_spectrum
from audiofeat_cli.steps.weighting import weighting_curve

_levels = compressed.reading(power_spectrum)


@feature(
    when(
        "top_db",
        limited(_levels).pinned(scale="db", power=2.0),
        _levels.pinned(scale="db", power=2.0),
    ),
    weighting_curve,
    unit="dB",
    gain="decibel",
    reference="librosa.perceptual_weighting 0.11",
    width=lambda *, n_fft: 1 + n_fft // 2,
    labels=bin_labels,
    check=bins_mean_one_thing,
)
def perceptual_spectrum(levels: Array, curve: Array, *, top_db: Decibels | None = None) -> Array:
    r"""Energy of each frame's spectrum in dB, its frequencies weighted by curve A, B, C, D or Z.

    .. math:: 10 \log_{10} \max(|X_{m,k}|^2, \text{amin}) + W(f_k)

    (frames, channels, 1 + n_fft // 2), dB. `top_db` floors the clip before it is weighted, as
    librosa does. Silence: the floor, lower where a bin weighs less.
    Source: IEC 61672-1 (A, C, Z); IEC 60651 (B); IEC 537 (D); librosa.perceptual_weighting.
    """
    del top_db  # chose the input
    return (levels.T + curve.astype(np.float32)[:, np.newaxis, np.newaxis]).T
