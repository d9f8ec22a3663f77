"""One side on one folder, in a process of its own.

usage: python -m bench.peers.child SIDE TASK CONFIG FOLDER OUT      prints one line of JSON
"""

import json
import sys
import time
from pathlib import Path

SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff"})


def measure(side: str, task: str, config: Path, folder: Path, out: Path) -> dict[str, float]:
    """Seconds of audio and of CPU time, of all files and of the first."""
    if side == "librosa":
        from . import careful_librosa

        work, finish = careful_librosa.worker(task, out)
    else:
        from . import ours

        work, finish = ours.worker(config, out)
    first, *others = sorted(f for f in folder.iterdir() if f.suffix.lower() in SUFFIXES)
    begun = time.process_time()
    first_audio = work(first)
    first_done = time.process_time()
    audio = first_audio + sum(map(work, others))
    finish()
    done = time.process_time()
    return {
        "audio_s": audio,
        "first_audio": first_audio,
        "work_cpu": done - begun,
        "first_cpu": first_done - begun,
    }


if __name__ == "__main__":
    chosen, wanted, *places = sys.argv[1:]
    print(json.dumps(measure(chosen, wanted, *map(Path, places))))
