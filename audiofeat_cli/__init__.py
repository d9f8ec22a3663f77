"""Fast batch audio features: directories of audio become Parquet tables."""

from typing import Any

_HOMES = {
    "extract": "api",
    "load_plan": "planning",
    "run_array": "arrays",
    "Plan": "plan",
    "feature": "step",
    "constant": "step",
    "local": "step",
    "scan": "step",
    "clip": "step",
}
__all__ = ["__version__", *_HOMES]  # noqa: PLE0604 - strings all the same


def __getattr__(name: str) -> Any:
    """Import on first use, so that `import audiofeat_cli` costs nothing."""
    if name == "__version__":
        from audiofeat_cli.versions import DISTRIBUTION, library_versions

        return library_versions().get(DISTRIBUTION, "0+unknown")
    if name not in _HOMES:
        raise AttributeError(f"module 'audiofeat_cli' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"audiofeat_cli.{_HOMES[name]}"), name)
