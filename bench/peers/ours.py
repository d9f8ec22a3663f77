"""The tasks by audiofeat: its engine and its writer, in this process."""

from collections.abc import Callable
from pathlib import Path

from audiofeat_cli.audio.discover import Clip, discover
from audiofeat_cli.planning import load_plan
from audiofeat_cli.run.clip import ClipExtractor
from audiofeat_cli.startup import keep_memory
from audiofeat_cli.tables import PartWriter


def worker(config: Path, out: Path) -> tuple[Callable[[Path], float], Callable[[], object]]:
    """Work on one file, giving back its seconds; and what is left to do in the end."""
    keep_memory()  # as a worker process does
    plan = load_plan(str(config), ()).plan
    extractor, writer = ClipExtractor(plan), PartWriter(plan, out, "bench")

    def work(file: Path) -> float:
        (clip,) = discover([str(file)])
        if not isinstance(clip, Clip):
            raise SystemExit(f"{file}: {clip}")
        return extractor.extract(clip, writer).audio_seconds

    return work, writer.close
