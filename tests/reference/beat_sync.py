"""librosa.util.sync 0.11 between the beats of librosa.beat.beat_track 0.11."""

from typing import Any

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import Case, Settings, Tolerance
from tests.reference import _onsets, _sources, beats

TOLERANCE = Tolerance(2e-5, 2e-5, "float32 of what is pooled")
DEFINED_ON = _onsets.pulse
CASES = (
    *(
        Case({"of": "mfcc", "statistic": statistic}, {}, _onsets.pulse)
        for statistic in ("mean", "median", "min", "max")
    ),
    Case({"of": "mfcc"}, {}, _onsets.LOOP, start_bound=True),  # the first interval begins there
    Case({"of": "mfcc"}, {}, "silence", start_bound=True),
    Case({"of": "rms", "bpm": 97.0}, {"sample_rate": 16000, "hop_length": 256}, _onsets.pulse),
    Case({"of": "spectral_centroid", "statistic": "median"}, {}, _onsets.LOOP),
)


def expected(
    samples: Array, settings: Settings, *, of: str, statistic: str = "mean", **parameters: Any
) -> Array:
    import librosa

    values = _sources.values_of(of, samples, settings)
    at = beats.tracked(samples, settings, **parameters)[0]
    values = values.reshape(len(values), -1)
    if len(at) == 0:
        return np.full(values.shape, np.nan)
    pooled = librosa.util.sync(values.T, at.tolist(), aggregate=getattr(np, f"nan{statistic}"))
    edges = librosa.util.fix_frames(at, x_min=0, x_max=len(values))
    return np.repeat(pooled, np.diff(edges), axis=1).T
