"""What is to be computed, as audiofeat is told."""

from collections.abc import Mapping

TASKS: Mapping[str, tuple[str, ...]] = {
    "A": ("mel",),
    "B": (
        "mfcc",
        "spectral_centroid",
        "spectral_bandwidth",
        "spectral_contrast",
        "spectral_rolloff",
        "spectral_flatness",
        "zero_crossing_rate",
        "rms",
        "chroma_stft",
    ),
    "C": ("chroma_cqt", "cqt", "pyin"),
    "D": ("onset_strength", "tempo", "tempogram"),
}
ALL = "all"


def config_of(task: str, precision: str) -> str:
    """The task as a config."""
    wanted = sum(TASKS.values(), ()) if task == ALL else TASKS[task]
    features = "".join(f"  - {name}\n" for name in wanted)
    return f"sample_rate: 22050\nprecision: {precision}\nfeatures:\n{features}"
