"""The lecture's classifier: a random forest on pooled MFCC (13 -> 26 columns) of spoken digits.

usage: python bench/digits.py FOLDER      (files named digit_speaker_index.wav)

The first five recordings of each digit and speaker are held out. Printed beside each other: the
accuracy with audiofeat's clips table and with librosa's own MFCC pooled by numpy, over ten seeds.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import librosa
import numpy as np
import numpy.typing as npt
import pyarrow.dataset as ds
from sklearn.ensemble import RandomForestClassifier

RATE, N_FFT, HOP, MELS = 8000, 512, 128, 40
HELD_OUT = 5
SEEDS = 10
CONFIG = f"""
sample_rate: {RATE}
n_fft: {N_FFT}
hop_length: {HOP}
features:
  - mfcc: {{n_mels: {MELS}}}
pooling: [mean, var]
tables: [clips]
"""


def by_audiofeat(folder: Path) -> dict[str, npt.NDArray[np.floating]]:
    """Pooled columns of each file, from the clips table."""
    with tempfile.TemporaryDirectory() as temporary:
        config = Path(temporary) / "digits.yaml"
        config.write_text(CONFIG)
        out = Path(temporary) / "out"
        command = [sys.executable, "-m", "audiofeat_cli", "extract", str(folder), "-q"]
        subprocess.run([*command, "-c", str(config), "-o", str(out)], check=True)
        table = ds.dataset(out / "clips").to_table()
    columns = [n for n in table.schema.names if n.startswith("mfcc_")]
    values = np.stack([table[c].to_numpy() for c in columns], axis=1)
    return dict(zip((Path(p).name for p in table["path"].to_pylist()), values, strict=True))


def by_librosa(folder: Path) -> dict[str, npt.NDArray[np.floating]]:
    """The same columns, by librosa and numpy."""
    found = {}
    for file in sorted(folder.glob("*.wav")):
        samples, _ = librosa.load(file, sr=RATE)
        mel = librosa.feature.melspectrogram(
            y=samples, sr=RATE, n_fft=N_FFT, hop_length=HOP, n_mels=MELS
        )
        mfcc = librosa.feature.mfcc(S=librosa.power_to_db(mel, top_db=None), n_mfcc=13)
        pooled = np.stack([mfcc.mean(axis=1), mfcc.var(axis=1)], axis=1)
        found[file.name] = pooled.ravel()
    return found


def accuracies(rows: dict[str, npt.NDArray[np.floating]]) -> npt.NDArray[np.floating]:
    """Share of held-out recordings whose digit is named right, for each seed."""
    names = sorted(rows)
    held_out = np.array([int(Path(n).stem.split("_")[2]) < HELD_OUT for n in names])
    digits = np.array([int(n.split("_")[0]) for n in names])
    values = np.stack([rows[n] for n in names])
    found = []
    for seed in range(SEEDS):
        forest = RandomForestClassifier(n_estimators=300, random_state=seed)
        forest.fit(values[~held_out], digits[~held_out])
        found.append(forest.score(values[held_out], digits[held_out]))
    return np.array(found)


def main() -> None:
    """Print both accuracies."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    ours, theirs = by_audiofeat(folder), by_librosa(folder)
    if ours.keys() != theirs.keys():
        raise SystemExit("the two did not read the same files")
    columns = len(next(iter(ours.values())))
    print(f"{len(ours)} recordings, {columns} columns, chance 0.10")
    for name, rows in (("audiofeat", ours), ("librosa", theirs)):
        score = accuracies(rows)
        print(f"{name:10} {score.mean():.3f}  ({score.min():.3f} to {score.max():.3f})")


if __name__ == "__main__":
    main()
