"""Share of clipped samples."""

from audiofeat_cli.step import feature
from audiofeat_cli.steps.totals import share_at_full_scale


@feature(
    share_at_full_scale,
    kind="clip",
    unit="1",
    gain="none",
    reference="itertools.groupby",
)
def clipped_share(share: float) -> float:
    r"""Share of the samples that lie in runs of three or more at full scale.

    .. math:: \frac{1}{N} \sum_{\text{runs}} n_r [n_r \ge 3], \quad |x| \ge 32767 / 32768

    One value per clip, between 0 and 1, over all channels at the file's own rate. Full scale is the
    largest sample of 16 bits, of either sign. What was clipped and made quieter later is not found,
    nor what a lossy codec has smoothed since. Silence: 0.
    Source: no standard is known; audio editors find clipping so. Keeps one count a channel.
    """
    return share
