"""A plugin that misbehaves, in the way that the clip asks for by its level.

Put this folder on PYTHONPATH: the dist-info folder beside this file makes it a plugin.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Callable

import numpy as np

from audiofeat_cli.step import Array, analysis_samples, feature
from audiofeat_cli.steps.spectrum import framing

LEVELS = 64


def raises() -> None:
    raise ValueError("this feature does not like this clip")


def exits_python() -> None:
    sys.exit("this plugin thinks that it is a program")


def exits() -> None:
    os._exit(7)


def crashes() -> None:
    ctypes.string_at(0)


def is_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hangs() -> None:
    while True:
        time.sleep(0.01)


def hangs_and_swallows() -> None:
    while True:
        with contextlib.suppress(Exception):
            time.sleep(0.01)


def hangs_in_c() -> None:
    """Holds the interpreter's lock for ever, and no signal comes through."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    ctypes.PyDLL(None).pause()


def eats_memory() -> None:
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()  # noqa: PTH123, SIM115
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, limits[1]))
    try:
        np.ones(2**40)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


def prints() -> None:
    print("noise from Python")  # noqa: T201
    print("complaint from Python", file=sys.stderr)  # noqa: T201
    os.write(1, b"noise from C\n")
    os.write(2, b"complaint from C\n")


def prints_and_raises() -> None:
    prints()
    raises()


def has_wrong_shape() -> None:
    """Done where the values are returned."""


def fills_the_disk() -> None:
    raise OSError(28, "No space left on device")


WAYS: tuple[Callable[[], None], ...] = (
    raises,
    exits_python,
    exits,
    crashes,
    is_killed,
    hangs,
    hangs_and_swallows,
    hangs_in_c,
    eats_memory,
    prints,
    prints_and_raises,
    has_wrong_shape,
    fills_the_disk,
)


def level_of(way: str) -> float:
    """The constant level of a clip that asks for this."""
    return (1 + [known.__name__ for known in WAYS].index(way)) / LEVELS


@feature(analysis_samples, reach=framing, unit="1", gain="none", reference="none")
def saboteur(samples: Array, *, n_fft: int, hop_length: int) -> Array:
    """1 per frame, unless the clip asks for something else."""
    del n_fft
    frames = 1 + (len(samples) - 256) // hop_length
    level = float(np.max(np.abs(samples)))
    code = round(level * LEVELS)
    if abs(level * LEVELS - code) < 1e-6 and 1 <= code <= len(WAYS):
        way = WAYS[code - 1]
        way()
        frames += way is has_wrong_shape
    return np.ones((1, samples.shape[1], frames), np.float32).T
