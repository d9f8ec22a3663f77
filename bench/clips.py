"""Make the timing corpus from a folder of recordings: 30 s clips at 44.1 kHz, half of them stereo.

usage: python bench/clips.py RECORDINGS OUT [--clips 24] [--seconds 30]

Excerpts of 6 to 12 s are drawn with a fixed seed and joined; a mono source gets a second channel
that is 0.3 ms late and 2 dB down. `--seconds 3600 --clips 1` makes the long file.
"""

import argparse
import random
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf
import soxr

RATE = 44100
SUFFIXES = {".wav", ".flac", ".ogg", ".mp3"}


def stereo(file: Path) -> npt.NDArray[np.float32]:
    """(samples, 2) of a file at the corpus rate."""
    samples, rate = sf.read(file, dtype="float32", always_2d=True)
    samples = samples[:, :2]
    if rate != RATE:
        samples = soxr.resample(samples, rate, RATE, quality="HQ")
    if samples.shape[1] == 1:
        samples = np.concatenate([samples, 0.8 * np.roll(samples, 13, axis=0)], axis=1)
    return np.asarray(samples / max(1.0, float(np.abs(samples).max()) / 0.98))


def clip(
    pool: list[npt.NDArray[np.float32]], length: int, draw: random.Random
) -> npt.NDArray[np.float32]:
    """(length, 2) of joined excerpts."""
    parts, have = [], 0
    while have < length:
        source = draw.choice(pool)
        count = min(int(draw.uniform(6, 12) * RATE), len(source), length - have)
        start = draw.randrange(len(source) - count + 1)
        parts.append(source[start : start + count])
        have += count
    return np.concatenate(parts)


def main() -> None:
    """Write the clips."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("recordings", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args()
    files = sorted(f for f in options.recordings.rglob("*") if f.suffix.lower() in SUFFIXES)
    pool = [s for s in map(stereo, files) if len(s) >= 2 * RATE]
    draw = random.Random(20261123)
    options.out.mkdir(parents=True, exist_ok=True)
    for number in range(options.clips):
        samples = clip(pool, options.seconds * RATE, draw)
        if number % 2:
            samples = samples.mean(axis=1)
        sf.write(options.out / f"clip_{number:03d}.wav", samples, RATE, subtype="PCM_16")


if __name__ == "__main__":
    main()
