"""Fault injection: the numbered points of the commit protocol, where tests kill processes.

Inert unless the environment variable AUDIOFEAT_PAUSE_AT is set, which nobody but a test does.  Its
value is `point:folder`.  Each time the point is reached, one file of the folder is removed; whoever
removes the one named 0, the last, stops itself (SIGSTOP), and the test then kills whom it likes and
reruns.  The folder is shared by all processes, so a rerun or a new worker is not stopped again.
"""

import os
import signal
from pathlib import Path

VARIABLE = "AUDIOFEAT_PAUSE_AT"
LAST_TOKEN = "0"

WORKER_POINTS = (
    "batch-started",
    "clip-done",
    "parts-open",
    "parts-closed",
    "receipt-ready",
)
COMMIT_POINTS = (
    "receipt-received",
    "journal-before",
    "journal-torn",
    "journal-written",
    "part-renamed",
    "batch-published",
    "views-before",
    "view-failures",
    "views-written",
    "run-closed",
)
REPLACE_POINTS = (
    "replace-staged",
    "replace-old-removed",
)
COMPACT_POINTS = (
    "merge-staged",
    "merge-aside",
    "merge-old-removed",
    "merge-put-back",
)
SWAP_POINTS = (
    "swap-before",
    "swap-marked",
    "swap-retired-one",
    "swap-retired",
    "swap-installed-one",
    "swap-installed",
    "swap-cleaned",
)
POINTS = (*WORKER_POINTS, *COMMIT_POINTS, *REPLACE_POINTS, *COMPACT_POINTS, *SWAP_POINTS)


def reach(point: str) -> None:
    """Say that a point is reached; a test may have asked to be stopped there."""
    order = os.environ.get(VARIABLE)
    if order is None:
        return
    wanted, _, folder = order.partition(":")
    if wanted == point and _took_last_token(Path(folder)):
        os.kill(os.getpid(), signal.SIGSTOP)


def _took_last_token(folder: Path) -> bool:
    for token in sorted(folder.iterdir(), reverse=True):
        try:
            token.unlink()
        except FileNotFoundError:
            continue
        return token.name == LAST_TOKEN
    return False
