"""Peak memory of a whole run, all its processes together, for a short and a long file.

usage: python bench/memory.py FOLDER... [--config mel] [--jobs 1]

Each folder is extracted by the command line; while it runs, the resident memory of the process and
all its children is summed (shared pages counted once where the kernel tells: Pss) every 20 ms.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def tree(root: int) -> list[int]:
    """A process and all below it."""
    found = [root]
    for pid in found:
        for thread in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                found += [int(child) for child in thread.read_text().split()]
            except OSError:
                continue
    return found


def proportional_kib(pid: int) -> int:
    """Proportional set size: pages shared by n processes count 1/n in each."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def peak_mib(command: list[str]) -> float:
    """Largest sum seen while the command runs, MiB."""
    peak = 0
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            peak = max(peak, sum(map(proportional_kib, tree(process.pid))))
            time.sleep(0.02)
        if process.returncode:
            raise SystemExit(f"exit {process.returncode}: {' '.join(command)}")
    return peak / 1024


def main() -> None:
    """Print one line for each folder."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--config", default="mel")
    parser.add_argument("--jobs", default="1")
    options = parser.parse_args()
    for folder in options.folders:
        with tempfile.TemporaryDirectory() as out:
            command = [sys.executable, "-m", "audiofeat_cli", "extract", str(folder), "-q"]
            command += ["-c", options.config, "-j", options.jobs, "-o", f"{out}/tables"]
            print(f"{folder}: {peak_mib(command):.0f} MiB")


if __name__ == "__main__":
    main()
