"""Hold the tables against librosa, file by file, over folders of real audio.

usage: python bench/parity.py FOLDER... [--precision float64] [--json OUT]

Each folder is extracted by the command line into a temporary folder at two settings and read back
from Parquet, so decoding, resampling, the engine and the tables are all in it.  For every file and
feature: |ours - librosa's| over the largest |librosa's| of the file (in dB for dB scales), its
99.9th percentile and maximum, over values less than 160 dB under their frame's peak.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import librosa
import numpy as np
import numpy.typing as npt
import pyarrow.dataset as ds

Array = npt.NDArray[np.float64]
Reference = Callable[["Heard"], npt.NDArray[np.floating]]

SETTINGS = ((22050, 2048, 512), (16000, 1024, 256))
AIMS = {"mel": 1e-3, "mfcc": 1e-2, "mfcc_delta": 1e-2}
"""In dB; every other feature is relative to the file's maximum and aims at 1e-4."""

CONFIG = """
sample_rate: {0}
n_fft: {1}
hop_length: {2}
precision: {3}
features:
  - rms
  - zero_crossing_rate
  - stft
  - mel
  - mfcc
  - delta: {{of: mfcc}}
  - spectral_centroid
  - spectral_flux
  - chroma_stft
tables: [frames]
"""


class Heard:
    """One file as librosa hears it."""

    def __init__(self, file: Path, rate: int, n_fft: int, hop: int) -> None:
        self.rate, self.n_fft, self.hop = rate, n_fft, hop
        self.samples, _ = librosa.load(file, sr=rate)
        self.complex = librosa.stft(self.samples, n_fft=n_fft, hop_length=hop)
        self.magnitude = np.abs(self.complex)
        power = self.magnitude**2
        self.mel = librosa.feature.melspectrogram(S=power, sr=rate)
        self.mel_db = librosa.power_to_db(self.mel, top_db=None)


def _flux(heard: Heard) -> npt.NDArray[np.floating]:
    magnitude = heard.magnitude.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = magnitude / magnitude.sum(axis=0)
    steps = np.sqrt(np.square(np.diff(shares, axis=1)).sum(axis=0))
    return np.concatenate([[np.nan], steps])[np.newaxis]


def _mfcc(heard: Heard) -> npt.NDArray[np.floating]:
    return np.asarray(librosa.feature.mfcc(S=heard.mel_db, n_mfcc=13))


def _delta(heard: Heard) -> npt.NDArray[np.floating]:
    coefficients = _mfcc(heard)
    if coefficients.shape[1] < 9:
        return np.full_like(coefficients, np.nan)
    return np.asarray(librosa.feature.delta(coefficients))


def _chroma(heard: Heard) -> npt.NDArray[np.floating]:
    return np.asarray(
        librosa.feature.chroma_stft(
            y=heard.samples, sr=heard.rate, n_fft=heard.n_fft, hop_length=heard.hop
        )
    )


REFERENCES: dict[str, Reference] = {
    "rms": lambda h: librosa.feature.rms(y=h.samples, frame_length=h.n_fft, hop_length=h.hop),
    "zero_crossing_rate": lambda h: librosa.feature.zero_crossing_rate(
        h.samples, frame_length=h.n_fft, hop_length=h.hop
    ),
    "stft": lambda h: h.magnitude,
    "mel": lambda h: h.mel_db,
    "mfcc": _mfcc,
    "mfcc_delta": _delta,
    "spectral_centroid": lambda h: librosa.feature.spectral_centroid(S=h.magnitude, sr=h.rate),
    "spectral_flux": _flux,
    "chroma_stft": _chroma,
}


def audible(name: str, heard: Heard, reference: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Values that count: less than 160 dB under the peak of their frame, and defined."""
    counted = np.isfinite(reference)
    if name == "stft":
        counted &= reference > 1e-8 * heard.magnitude.max(axis=0)
    if name == "mel":
        counted &= heard.mel > 1e-16 * heard.mel.max(axis=0)
    if name == "spectral_centroid":
        counted &= heard.magnitude.sum(axis=0) > 0
    return np.asarray(counted)


def differences(
    folder: Path, settings: tuple[int, int, int], precision: str, out: Path
) -> Iterator[tuple[str, str, float, float]]:
    """(feature, file, 99.9th percentile, maximum) of each; raises where frame counts differ."""
    config = out / f"parity_{settings[0]}.yaml"
    config.write_text(CONFIG.format(*settings, precision))
    command = [sys.executable, "-m", "audiofeat_cli", "extract", str(folder), "-q"]
    tables = out / f"tables_{settings[0]}"
    subprocess.run([*command, "-c", str(config), "-o", str(tables)], check=True)
    rows = ds.dataset(tables / "frames")
    files = sorted(set(rows.to_table(columns=["path"])["path"].to_pylist()))
    names = rows.schema.names
    for file in files:
        table = rows.to_table(filter=ds.field("path") == file).sort_by("frame")
        heard = Heard(Path(file), *settings)
        for name, refer in REFERENCES.items():
            columns = [n for n in names if n == name or n.rpartition("_")[0] == name]
            ours = np.stack([table[c].to_numpy() for c in columns]).astype(np.float64)
            reference = refer(heard).astype(np.float64)
            if ours.shape != reference.shape:
                raise SystemExit(f"{file}: {name}: {ours.shape} against {reference.shape}")
            counted = audible(name, heard, reference)
            if not counted.any():
                continue
            error = np.nan_to_num(np.abs(ours - reference)[counted], nan=np.inf)
            if name not in AIMS:
                error /= max(np.abs(reference[counted]).max(), 1e-30)
            yield name, file, float(np.quantile(error, 0.999)), float(error.max())


def main() -> None:
    """Print one line for each setting and feature."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--precision", default="float64", choices=["float64", "float32"])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for settings in SETTINGS:
        for number, folder in enumerate(options.folders):
            with tempfile.TemporaryDirectory() as temporary:
                out = Path(temporary)
                for name, file, high, top in differences(folder, settings, options.precision, out):
                    key = f"{'/'.join(map(str, settings))} {name}"
                    found.setdefault(key, {})[f"{number}:{file}"] = (high, top)
    print(f"{'setting, feature':42} files  within   median p99.9    worst p99.9        max")
    for key, files in found.items():
        aim = AIMS.get(key.split()[1], 1e-4)
        highs = np.array([h for h, _ in files.values()])
        tops = np.array([t for _, t in files.values()])
        print(
            f"{key:42} {len(files):5d} {int((highs <= aim).sum()):7d}"
            f" {np.median(highs):14.2e} {highs.max():14.2e} {tops.max():10.2e}"
        )
        for file, (high, top) in files.items():
            if high > aim:
                print(f"    over {aim:g}: {file}  p99.9 {high:.2e}  max {top:.2e}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
