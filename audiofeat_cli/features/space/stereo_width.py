"""How wide a stereo signal is."""

from audiofeat_cli.step import Array, feature
from audiofeat_cli.steps.pair import pair_energy
from audiofeat_cli.steps.ratio import ratio_or_nan


@feature(
    pair_energy,
    unit="1",
    gain="invariant",
    reference="naive float64 loop over frames of samples",
)
def stereo_width(energies: Array) -> Array:
    r"""Energy of the side signal over that of the mid signal.

    .. math:: \frac{\sum_n (l_n - r_n)^2}{\sum_n (l_n + r_n)^2}

    (frames, 1, 1): 0 where both channels are the same, 1 where they are unrelated and equally loud
    or only one sounds, more where they are of opposite phase. Over the samples of each frame
    without a window, at the file's own rate; of more than two channels the first two.
    Silence: null, and so is a frame whose mid is silent (exactly opposite channels), and a file of
    one channel. Source: Blumlein 1933 (sum and difference).
    """
    return ratio_or_nan(energies[..., 3:4], energies[..., 2:3])
