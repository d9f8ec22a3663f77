"""Versions of what the numbers depend on, for run.json and the tables' metadata."""

import importlib.metadata
import platform
from collections.abc import Mapping
from functools import lru_cache

DISTRIBUTION = "audiofeat-cli"
LIBRARIES = ("numpy", "scipy", "librosa", "soundfile", "soxr", "pyarrow", "joblib")


@lru_cache(maxsize=1)
def library_versions() -> Mapping[str, str]:
    """Version of each; those that are not installed are left out."""
    found = {"python": platform.python_version()}
    for name in (DISTRIBUTION, *LIBRARIES):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
