"""True peak: the highest point of the signal between its samples (ITU-R BS.1770-5 annex 2)."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from audiofeat_cli.step import Array

_FIRST = (
    *(0.001708984375, 0.010986328125, -0.0196533203125, 0.033203125),
    *(-0.0594482421875, 0.1373291015625, 0.97216796875, -0.102294921875),
    *(0.047607421875, -0.026611328125, 0.014892578125, -0.00830078125),
)
_SECOND = (
    *(-0.0291748046875, 0.029296875, -0.0517578125, 0.089111328125),
    *(-0.16650390625, 0.465087890625, 0.77978515625, -0.2003173828125),
    *(0.1015625, -0.0582275390625, 0.0330810546875, -0.0189208984375),
)
# The other two phases of the oversampling are these two from back to front.
_PHASES = np.array([_FIRST, _SECOND, _SECOND[::-1], _FIRST[::-1]], np.float32).T
_TAPS = len(_FIRST)
_CHUNK = 64
_HIGHEST_GAIN = float(np.abs(_PHASES).sum(axis=0).max())


class TruePeak:
    """The true peak of each channel of a signal that comes in blocks.

    Only what can exceed the peak so far is oversampled: a stretch whose samples are lower than that
    by the filter's largest gain cannot.

    Attributes
    ----------
    highest : (channels,) amplitude so far, never below the samples that were oversampled.
    """

    def __init__(self, channels: int) -> None:
        self.highest: NDArray[np.float64] = np.zeros(channels)
        self._before: list[Array] = [np.zeros(0, np.float32)] * channels

    def add(self, rows: Array, absolute: Array) -> None:
        """Take the next (channels, n) float32 samples, and their magnitudes."""
        for channel, row in enumerate(rows):
            joined = np.concatenate([self._before[channel], row])
            self._before[channel] = joined[-(_TAPS - 1) :].copy()
            if len(joined) >= _TAPS and absolute[channel].max() > 0:
                peak = float(absolute[channel].max())
                self._look(channel, joined, max(float(self.highest[channel]), peak))

    def cut(self) -> None:
        """What comes next does not follow on what came before."""
        self._before = [np.zeros(0, np.float32)] * len(self._before)

    def _look(self, channel: int, samples: Array, known: float) -> None:
        windows = sliding_window_view(samples, _TAPS)
        padded = np.zeros(-len(samples) % _CHUNK + len(samples), np.float32)
        padded[: len(samples)] = np.abs(samples)
        chunks = padded.reshape(-1, _CHUNK).max(axis=1)
        # Windows that begin in a chunk reach into the next one.
        reached = np.maximum(chunks, np.append(chunks[1:], 0))
        loud = np.flatnonzero(reached * _HIGHEST_GAIN > known)
        order = loud[np.argsort(-reached[loud], kind="stable")]
        for part in (order[:8], order[8:]):
            wanted = part[reached[part] * _HIGHEST_GAIN > known]
            at = (wanted[:, np.newaxis] * _CHUNK + np.arange(_CHUNK)).ravel()
            at = at[at < len(windows)]
            if len(at):
                known = max(known, float(np.abs(windows[at] @ _PHASES).max()))
        self.highest[channel] = max(self.highest[channel], known)
