"""Pearson's r of librosa.feature.chroma_cqt 0.11 with 24 rotated profiles."""

import numpy as np

from audiofeat_cli.step import Array
from tests.cases import MUSIC, SPEECH, Case, Settings, Tolerance
from tests.signals import noise

DEFINED_ON = "harmonics"
TOLERANCE = Tolerance(1e-5, 1e-5, "float32 of the chroma", absolute=True)
MAJOR = "music/chords/d_major.ogg"
CASES = (
    *(Case({}, {}, name) for name in (MUSIC, MAJOR, "harmonics", "scene")),
    *(Case({}, {}, name) for name in ("silence", "noise", SPEECH)),
    Case({}, {}, lambda rate: noise(rate, 1)[:200]),
    *(Case({"profile": name}, {}, MUSIC) for name in ("krumhansl", "temperley", "edma")),
    Case({"profile": "krumhansl"}, {"sample_rate": 16000, "hop_length": 256}, MAJOR),
    Case({"of": "chroma_stft"}, {}, MUSIC),
    Case({"of": "chroma_cens", "profile": "krumhansl"}, {}, MAJOR),
    Case({"of": "hpcp", "profile": "edma"}, {}, MUSIC),
    Case({"min_contrast": 0.0, "min_strength": 0.0}, {}, "noise"),
)
WEIGHTS = {
    "krumhansl": "6.35 2.23 3.48 2.33 4.38 4.09 2.52 5.19 2.39 3.66 2.29 2.88 "
    "6.33 2.68 3.52 5.38 2.60 3.53 2.54 4.75 3.98 2.69 3.34 3.17",
    "temperley": "5 2 3.5 2 4.5 4 2 4.5 2 3.5 1.5 4 5 2 3.5 4.5 2 4 2 4.5 3.5 2 1.5 4",
    "edma": ".16519551 .04749026 .08293076 .06687112 .09994645 .09274123 .05294487 .13159476 "
    ".05218986 .07443653 .06940723 .0642515 .17235348 .05336489 .0761009 .10043649 .05621498 "
    ".08527853 .0497915 .13451001 .07458916 .05003023 .09187879 .05545106",
    "bgate": "1 0 .42 0 .53 .37 0 .77 0 .38 .21 .3 1 0 .36 .39 0 .38 0 .74 .27 0 .42 .23",
}


def expected(
    samples: Array,
    settings: Settings,
    *,
    of: str = "chroma_cqt",
    profile: str = "bgate",
    min_contrast: float = 0.1,
    min_strength: float = 0.5,
) -> Array:
    chroma = _chroma(samples, settings, of)
    sounding = chroma[:, chroma.max(axis=0) > 0]
    mean = sounding.mean(axis=1) if sounding.size else np.zeros(12)
    if mean.std() <= min_contrast * mean.mean():
        return np.full(5, np.nan)
    fine = len(mean) // 12
    r: dict[tuple[int, int], float] = {}
    for mode, weights in enumerate(np.split(np.array(WEIGHTS[profile].split(), float), 2)):
        between = [weights + (np.roll(weights, -1) - weights) * k / fine for k in range(fine)]
        curve = np.stack(between, axis=1).ravel()
        for step in range(len(mean)):
            tonic = round(step / fine) % 12
            value = np.corrcoef(mean, np.roll(curve, step))[0, 1]
            r[mode, tonic] = max(r.get((mode, tonic), -1), value)
    (best, first), (_, second) = sorted(r.items(), key=lambda item: -item[1])[:2]
    if first < min_strength:
        return np.full(5, np.nan)
    return np.array([best[1], best[0], 12 * best[0] + best[1], first, first - second])


def _chroma(samples: Array, settings: Settings, of: str) -> Array:
    import librosa

    if of == "hpcp":
        from tests.reference.hpcp import expected as profile_of

        return np.asarray(profile_of(samples, settings).T)
    return np.asarray(
        getattr(librosa.feature, of)(
            y=samples, sr=settings.sample_rate, hop_length=settings.hop_length
        )
    )
