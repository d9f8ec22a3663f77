"""Change of the sampling rate inside a step, in pieces."""

import numpy as np
import soxr

from audiofeat_cli.step import Array

QUALITY = "soxr_hq"


class Resampled:
    """A 1-d signal at another rate, ceil(n * rate_out / rate_in) samples in all.

    Samples are divided by `divisor`, then multiplied by `gain`. Any pieces give the same samples.
    Reference: librosa.resample(res_type="soxr_hq"); its `scale` divides by the ratio's root.
    """

    def __init__(
        self, rate_in: float, rate_out: float, *, divisor: float = 1.0, gain: float = 1.0
    ) -> None:
        same = rate_in == rate_out
        self.stream = (
            None
            if same
            else soxr.ResampleStream(rate_in, rate_out, 1, dtype="float32", quality=QUALITY)
        )
        self.ratio = float(rate_out) / rate_in
        self.divisor = np.float64(divisor)
        self.gain = np.float32(gain)
        self.taken = 0
        self.given = 0

    def push(self, samples: Array) -> Array:
        """Take samples, give what is ready."""
        self.taken += len(samples)
        if self.stream is not None:
            samples = self.stream.resample_chunk(samples)
        return self._raised(samples)

    def finish(self) -> Array:
        """Give the rest."""
        rest = np.empty(0, np.float32)
        if self.stream is None:
            return rest
        due = max(int(np.ceil(self.taken * self.ratio)) - self.given, 0)
        rest = self.stream.resample_chunk(rest, last=True)[:due]
        return self._raised(np.pad(rest, (0, due - len(rest))))

    def _raised(self, samples: Array) -> Array:
        self.given += len(samples)
        if self.divisor != 1:
            samples = np.asarray(samples / self.divisor, dtype=np.float32)
        return samples if self.gain == 1 else np.asarray(samples * self.gain)
