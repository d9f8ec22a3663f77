"""Derivative in time of another feature."""

import math
from collections.abc import Sequence

import numpy as np

from audiofeat_cli.reach import Reach, Span
from audiofeat_cli.step import Array, Count, Problem, chosen, feature


def _whole_window(*, width: Count = 9) -> Reach:
    return Reach(1, width - 1, width, edges="cut")


def _odd(*, width: Count = 9, order: Count = 1) -> Sequence[Problem]:
    problems = []
    if width < 3 or width % 2 == 0:
        problems.append(Problem("width", f"expected an odd number of at least 3, got {width}"))
    if order >= width:
        problems.append(Problem("order", f"expected less than width ({width}), got {order}"))
    return problems


def derivative_weights(width: int, order: int) -> Array:
    """(width,) weights that give the derivative of the polynomial fitted to a window.

    A polynomial of degree `order` has one derivative of that order, the same all over the window.
    """
    at = np.arange(width) - width // 2
    coefficients = np.linalg.pinv(np.vander(at, order + 1, increasing=True))[order]
    return np.asarray(coefficients * math.factorial(order))


@feature(
    chosen("of"),
    reach=_whole_window,
    check=_odd,
    unit=lambda *, source_unit, order: f"{source_unit}/frame" + (f"^{order}" if order > 1 else ""),
    gain=lambda *, source_gain: source_gain if source_gain in {"linear", "power"} else "invariant",
    reference="librosa.feature.delta 0.11 (mode interp)",
    width=lambda *, source_width: source_width,
    labels=lambda *, source_labels: source_labels,
    suffix=lambda *, order: "delta" if order == 1 else f"delta{order}",
)
def delta(values: Array, span: Span, *, of: str, width: Count = 9, order: Count = 1) -> Array:
    r"""Derivative in time: that of the polynomial of degree `order` fitted to `width` frames.

    .. math:: d_t = \frac{\sum_n n \, c_{t+n}}{\sum_n n^2}, \quad |n| \le (width - 1) / 2

    (for order 1), per frame. The first and last frames take the fit of the first and last window.
    Silence: 0, or null where the feature is. Null in clips shorter than `width`, and where a frame
    within reach is null.
    Source: Savitzky and Golay 1964; Furui 1986.
    """
    del of
    if len(values) < width:
        return np.full_like(values[: span.count], np.nan)
    flat = np.ascontiguousarray(values.T)
    windows = np.lib.stride_tricks.sliding_window_view(flat, width, axis=-1)
    inner = (windows @ derivative_weights(width, order)).astype(np.float32)
    half = width // 2
    out = np.pad(inner, [(0, 0)] * (inner.ndim - 1) + [(half, half)], mode="edge")
    return out[..., span.offset : span.offset + span.count].T
