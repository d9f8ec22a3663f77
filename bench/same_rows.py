"""The same rows, bit for bit, for any number of jobs and any sharding.

usage: python bench/same_rows.py FOLDER... [--config mel]

Runs `--jobs 0`, `1`, `2` and the union of `--shard 0/3`, `1/3`, `2/3`; sorts each by path (and
channel, frame) and compares every column's bits. Prints what it saw; exits 1 at a difference.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds

VARIANTS = {
    "--jobs 0": [["--jobs", "0"]],
    "--jobs 1": [["--jobs", "1"]],
    "--jobs 2": [["--jobs", "2"]],
    "--shard 0/3 + 1/3 + 2/3": [["--jobs", "1", "--shard", f"{i}/3"] for i in range(3)],
}


def rows(folder: Path, table: str) -> pa.Table:
    """A table sorted by its keys."""
    found = ds.dataset(folder / table).to_table()
    keys = [k for k in ("path", "channel", "frame") if k in found.schema.names]
    return found.sort_by([(k, "ascending") for k in keys]).combine_chunks()


def main() -> None:
    """Run and compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--config", default="mel")
    options = parser.parse_args()
    reference: dict[str, pa.Table] = {}
    same = True
    for name, runs in VARIANTS.items():
        with tempfile.TemporaryDirectory() as temporary:
            for extra in runs:
                command = [sys.executable, "-m", "audiofeat_cli", "extract", *options.folders]
                command += ["-q", "-c", options.config, "-o", temporary + "/out", *extra]
                subprocess.run(command, check=True)
            for table in ("frames", "clips"):
                found = rows(Path(temporary) / "out", table)
                equal = found.equals(reference.setdefault(table, found))
                same &= equal
                shape = f"{found.num_rows} rows, {found.num_columns} columns"
                print(f"{name:25} {table:7} {shape:28} {'same' if equal else 'DIFFERENT'}")
    raise SystemExit(0 if same else 1)


if __name__ == "__main__":
    main()
