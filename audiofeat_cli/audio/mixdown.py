"""What a mono mix leaves of its channels."""

import numpy as np

from audiofeat_cli.audio.blocks import Samples

ANTIPHASE = 0.2
"""Share of what unrelated channels would leave; a mix with less has lost its sound.

Of two channels that are equally loud it is 1 plus their correlation: below -0.8, a mix that is
10 dB under its channels. Unrelated channels give 1, equal ones as many as there are, and sound in
one channel alone gives 1.
"""


class MixMeter:
    """Energies of channels and of their mix, added up piece by piece."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._parts = 0.0
        self._mix = 0.0

    def add(self, samples: Samples, scale: float, mixed: Samples) -> None:
        """Take (n, channels), of which `scale` makes full scale 1, and their average (n,)."""
        flat = samples.reshape(-1)
        self._parts += float(np.dot(flat, flat)) * scale**2
        self._mix += float(np.dot(mixed, mixed))

    @property
    def is_antiphase(self) -> bool:
        """Whether the channels cancel each other; not of silence."""
        return self._channels**2 * self._mix < ANTIPHASE * self._parts
