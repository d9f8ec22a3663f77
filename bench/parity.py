"""Hold the tables against the references of the tests, file by file, over folders of real audio.

usage: python -m bench.parity FOLDER... [--features mel,mfcc] [--every 1] [--json OUT]

Each folder is extracted by the command line into a temporary folder at two settings and read back
from Parquet, so decoding, resampling, the engine and the tables are all in it.  Every feature of
the analysis signal is compared with `tests/reference/<feature>.py` (librosa, scipy or a loop), at
its defaults, on what librosa.load gives.  For every file: |ours - theirs| over the largest |theirs|
of the file (as it is where the unit is dB), its 99.9th percentile and maximum, over values less
than 160 dB under their frame's peak; and the share of frames where the two choose differently: one
is null, or a frequency is over 1 cent off.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import yaml

from audiofeat_cli.compiler import roots_of
from audiofeat_cli.registry import accepted_parameters, load_features
from audiofeat_cli.step import Feature
from tests.cases import Settings, reference_of

Floats = npt.NDArray[np.float64]

SETTINGS = (Settings(22050, 2048, 512), Settings(16000, 1024, 256))
AIM, AIM_DB, CEPSTRAL_DB = 1e-4, 1e-3, 1e-2
PICKS = 1e-3
"""Share of frames that may be chosen differently; of voicing ten times that."""

GIVEN: Mapping[str, Mapping[str, Any]] = {"delta": {"of": "mfcc"}}
"""Parameters of features that cannot do without."""

ABSOLUTE = ("dB", "cent", "MIDI")
"""Units whose differences are taken as they are."""

CENT = 2 ** (1 / 1200) - 1


@dataclass
class Compared:
    """One output of a feature over one file."""

    high: float
    top: float
    picked: float


def comparable(names: Sequence[str]) -> list[Feature]:
    """Features of frames of the analysis signal, by name or all."""
    found = []
    for feature in load_features(plugins=False).values():
        needs = any(p.is_required for p in accepted_parameters(feature).values())
        mine = feature.level == "frame" and roots_of(feature.step) == {"analysis"}
        if (feature.name in names) if names else (mine and (not needs or feature.name in GIVEN)):
            found.append(feature)
    return found


def extract(
    folder: Path, features: Sequence[Feature], settings: Settings, every: int, out: Path
) -> Path:
    """The frames of every n-th file."""
    listed = [{f.name: {**GIVEN.get(f.name, {}), "as": f"x_{f.name}"}} for f in features]
    config = {
        "sample_rate": settings.sample_rate,
        "n_fft": settings.n_fft,
        "hop_length": settings.hop_length,
        "tables": ["frames"],
        "features": listed,
    }
    written = out / "parity.yaml"
    written.write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "audiofeat_cli", "extract", "-c", str(written), "-q"]
    listing = subprocess.run(
        [*command, str(folder), "--dry-run", "-o", str(out / "none")],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    names = "\0".join(sorted(listing)[::every])
    tables = out / "tables"
    subprocess.run([*command, "-0", "-", "-o", str(tables)], input=names, text=True, check=True)
    return tables / "frames"


def by_file(frames: Path) -> Iterator[tuple[str, Any]]:
    """Each file with its rows."""
    where: dict[str, set[Path]] = {}
    for part in sorted(frames.glob("*.parquet")):
        for path in set(pq.read_table(part, columns=["path"])["path"].to_pylist()):
            where.setdefault(path, set()).add(part)
    for path, parts in sorted(where.items()):
        yield path, pq.read_table(sorted(parts), filters=[("path", "=", path)]).sort_by("frame")


def audible(reference: Floats, unit: str) -> npt.NDArray[np.bool_]:
    """Values that count: less than 160 dB under the peak of their frame, and defined."""
    counted = np.isfinite(reference)
    if reference.shape[1] < 8 or not counted.any():
        return counted
    peak = np.where(counted, reference, -np.inf).max(axis=1, keepdims=True)
    if unit == "dB":
        return np.asarray(counted & (reference > peak - 160))
    power = 16 if unit == "FS^2" else 8
    return np.asarray(counted & (reference >= peak * 10.0**-power))


def compare(ours: Floats, theirs: Floats, unit: str, period: float | None) -> Compared:
    """Of (frames, values)."""
    both = audible(theirs, unit) & np.isfinite(ours)
    picked = (np.isnan(ours) != np.isnan(theirs)).any(axis=1)
    if not both.any():
        return Compared(0.0, 0.0, float(picked.mean()))
    error = np.abs(ours - theirs)
    if period is not None:
        error = np.minimum(error % period, -error % period)
    if unit == "Hz" and ours.shape[1] == 1:
        picked |= (np.where(both, error, 0) > CENT * np.abs(np.where(both, theirs, 1))).any(axis=1)
    error = error[both]
    if not unit.startswith(ABSOLUTE):
        error = error / max(np.abs(theirs[both]).max(), 1e-30)
    return Compared(float(np.quantile(error, 0.999)), float(error.max()), float(picked.mean()))


def outputs_of(feature: Feature, names: Iterable[str]) -> list[tuple[str, str, list[str]]]:
    """(name, unit, columns) of each output, from the columns of a table."""
    start = f"x_{feature.name}"
    if feature.outputs:
        return [(o.column(feature.name), o.unit, [o.column(start)]) for o in feature.outputs]
    mine = [
        n for n in names if n == start or (n.startswith(start) and n[len(start) + 1 :].isdigit())
    ]
    return [(feature.name, "", mine)]


def values_of(table: Any, columns: Sequence[str]) -> Floats:
    """(frames, values) of some columns."""
    if len(columns) == 1 and str(table.schema.field(columns[0]).type).startswith("list"):
        return np.stack(table[columns[0]].to_numpy()).astype(np.float64)
    found = [table[c].cast("float64").to_numpy() for c in columns]
    return np.stack(found, axis=1)


def expected(feature: Feature, samples: Any, settings: Settings) -> Floats:
    """The reference's values, (frames, values)."""
    reference = reference_of(feature.name).expected(
        samples, settings, **GIVEN.get(feature.name, {})
    )
    return np.asarray(reference, dtype=np.float64)


def differences(
    folder: Path, features: Sequence[Feature], settings: Settings, every: int, out: Path
) -> Iterator[tuple[str, str, Compared]]:
    """(output, file, difference) of each."""
    frames = extract(folder, features, settings, every, out)
    for path, table in by_file(frames):
        samples, _ = librosa.load(path, sr=settings.sample_rate)
        for feature in features:
            theirs = expected(feature, samples, settings)
            theirs = theirs.reshape(table.num_rows, -1)
            at = 0
            period = reference_of(feature.name).tolerance.period
            for name, unit, columns in outputs_of(feature, table.column_names):
                meta = table.schema.field(columns[0]).metadata
                width = len(columns) if len(columns) > 1 or feature.outputs else theirs.shape[1]
                mine, at = theirs[:, at : at + width], at + width
                if str(table.schema.field(columns[0]).type) == "string":
                    continue
                told = unit or meta[b"unit"].decode()
                yield name, path, compare(values_of(table, columns), mine, told, period)


def aim_of(name: str) -> float:
    """How close 99.9 % of the values should be."""
    feature = load_features(plugins=False).get(name)
    unit = "" if feature is None or callable(feature.unit) else feature.unit
    if name.startswith("mfcc") or name in {"delta"}:
        return CEPSTRAL_DB
    return AIM_DB if unit == "dB" or name == "mel" else AIM


def report(key: str, files: Mapping[str, Compared]) -> None:
    """One line for an output, and one for each file that is over."""
    name = key.split()[1]
    aim, picks = aim_of(name), PICKS * (10 if name.startswith(("pyin", "note")) else 1)
    high = np.array([f.high for f in files.values()])
    within = sum(f.high <= aim for f in files.values())
    chosen = sum(f.picked <= picks for f in files.values())
    print(
        f"{key:44} {len(files):5d} {within:6d} {high.max():10.1e}"
        f" {max(f.top for f in files.values()):10.1e} {chosen:6d}"
        f" {max(f.picked for f in files.values()):8.4f}"
    )
    for path, found in files.items():
        if found.high > aim or found.picked > picks:
            print(f"    {path}: {found.high:.1e} {found.top:.1e} {found.picked:.4f}")


def main() -> None:
    """Print one line for each setting and output."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--features", default="")
    parser.add_argument("--every", type=int, default=1, help="take every n-th file")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    features = comparable([n for n in options.features.split(",") if n])
    found: dict[str, dict[str, Compared]] = {}
    for settings in SETTINGS:
        grid = f"{settings.sample_rate}/{settings.n_fft}/{settings.hop_length}"
        for number, folder in enumerate(options.folders):
            with tempfile.TemporaryDirectory() as temporary:
                out = Path(temporary)
                for name, path, value in differences(
                    folder, features, settings, options.every, out
                ):
                    found.setdefault(f"{grid} {name}", {})[f"{number}:{path}"] = value
    print(f"{'setting, output':44} files within worst 99.9        max same picks  differ")
    for key, files in found.items():
        report(key, files)
    if options.json:
        plain = {k: {p: vars(c) for p, c in files.items()} for k, files in found.items()}
        options.json.write_text(json.dumps(plain, indent=1))


if __name__ == "__main__":
    main()
