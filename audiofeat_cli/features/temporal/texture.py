"""Statistics of other features over a texture window."""

from typing import Literal

import numpy as np

from audiofeat_cli.reach import Reach, Span
from audiofeat_cli.step import Array, Count, Gain, chosen, feature
from audiofeat_cli.steps.variance import windowed

Statistic = Literal["mean", "var", "std"]


def _so_far(*, length: Count = 43) -> Reach:
    return Reach(1, length - 1, 1, edges="cut")


def _unit(*, source_unit: str, statistic: Statistic) -> str:
    if statistic != "var" or source_unit == "1":
        return source_unit
    compound = not source_unit.isalpha()
    return f"({source_unit})^2" if compound else f"{source_unit}^2"


def _gain(*, source_gain: Gain, statistic: Statistic) -> Gain:
    if statistic == "mean" or source_gain in ("none", "invariant"):
        return source_gain
    if source_gain == "decibel":
        return "invariant"
    if statistic == "std":
        return source_gain
    return "power" if source_gain == "linear" else "none"


@feature(
    chosen("of"),
    reach=_so_far,
    unit=_unit,
    gain=_gain,
    reference="naive float64 loop over frames",
    width=lambda *, source_width: source_width,
    labels=lambda *, source_labels: source_labels,
    suffix=lambda *, statistic: f"texture_{statistic}",
)
def texture(
    values: Array,
    span: Span,
    *,
    of: str,
    length: Count = 43,
    statistic: Statistic = "mean",
) -> Array:
    r"""Running mean, variance or standard deviation of another feature over the last frames.

    .. math:: \mu_t = \frac{1}{L} \sum_{l=0}^{L-1} c_{t-l}, \quad
        \sigma_t^2 = \frac{1}{L} \sum_{l=0}^{L-1} (c_{t-l} - \mu_t)^2

    L is `length` in frames, the current one with them; 43 are 1 s at 22050 Hz and hop 512. The
    first frames take what there is so far, nulls are passed over. (frames, channels, values).
    Silence: 0, the feature's floor (of mean), or null where all frames of the window are.
    Source: Tzanetakis and Cook 2002, section III.B (texture window).
    """
    del of
    missing = length - 1 - span.offset
    flat = values.T.astype(np.float64)
    if missing > 0:
        flat = np.pad(flat, [(0, 0)] * (flat.ndim - 1) + [(missing, 0)], constant_values=np.nan)
    moments = windowed(flat, length)
    found = moments.average if statistic == "mean" else moments.variance
    if statistic == "std":
        found = np.sqrt(found)
    return np.asarray(found.T, dtype=np.float32)
