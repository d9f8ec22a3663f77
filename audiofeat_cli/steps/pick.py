"""One of the values that a step gives together."""

import numpy as np

from audiofeat_cli.step import Array, local


@local()
def pick(values: Array, *, item: int) -> Array:
    """Value number `item`, as (frames, channels, 1); of a value of the clip, (channels, 1)."""
    values = np.asarray(values)
    if values.shape[-1] == 1 and np.isnan(values).all():
        return values  # the clip is too short for any of them
    return values[..., item : item + 1]
