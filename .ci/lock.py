"""Make .ci/requirements.lock from pyproject.toml, or with --check see that it is up to date.

One lock serves every Python from the lowest that pyproject.toml allows: uv resolves them together
and marks what differs. It holds names, versions and hashes and no addresses, so that each machine
installs from the index it is set up for. Making it needs uv (in the `dev` extra) and an index;
checking it needs nothing but Python.
"""

import argparse
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / ".ci" / "requirements.lock"


def wanted() -> tuple[str, list[str]]:
    """The lowest Python, and all that pyproject.toml asks for: to build, to run, for each extra."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = pyproject["project"]
    requirements = {*pyproject["build-system"]["requires"], *project["dependencies"]}
    requirements.update(*project["optional-dependencies"].values())
    return project["requires-python"].removeprefix(">="), sorted(requirements)


def header() -> list[str]:
    """The first lines of the lock: what it was made for."""
    python, requirements = wanted()
    return [
        "# Made by .ci/lock.py for",
        *(f"#   {item}" for item in [f"python {python}", *requirements]),
    ]


def make() -> int:
    """Write the lock with the newest versions that pyproject.toml allows."""
    python, requirements = wanted()
    uv = Path(sys.executable).with_name("uv")
    command = [
        *(str(uv) if uv.exists() else "uv", "pip", "compile", "-", "--quiet"),
        *("--universal", "--python-version", python),
        *("--generate-hashes", "--no-header", "--no-annotate"),
    ]
    done = subprocess.run(
        command, input="\n".join(requirements), stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode == 0:
        LOCK.write_text("\n".join([*header(), done.stdout]), encoding="utf-8")
    return done.returncode


def check() -> int:
    """Compare what the lock was made for with what pyproject.toml asks for now."""
    lock = LOCK.read_text(encoding="utf-8") if LOCK.exists() else ""
    asked = header()
    found = [line for line in lock.splitlines() if line.startswith("#")]
    if "://" in lock:
        print(f"{LOCK.name} holds an address; names, versions and hashes will do")
        return 1
    if found != asked:
        print(f"{LOCK.name} is stale: run `.venv/bin/python .ci/lock.py` (dev extra installed)")
        changes = {"-": set(found) - set(asked), "+": set(asked) - set(found)}
        print(
            "\n".join(sign + line[1:] for sign, lines in changes.items() for line in sorted(lines))
        )
        return 1
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare")
    sys.exit(check() if parser.parse_args().check else make())
