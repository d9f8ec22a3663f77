"""`audiofeat` called in this process as a user calls it, and as a process of its own."""

import io
import os
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from unittest.mock import patch

import pytest

from audiofeat_cli.cli import main

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "sample_audio"


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


def audiofeat(*arguments: str, stdin: bytes = b"") -> Result:
    """Run a command in this process."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="", write_through=True)
    err = io.StringIO()
    given = io.TextIOWrapper(io.BytesIO(stdin))
    with (
        patch.object(sys, "argv", ["audiofeat", *arguments]),
        patch.object(sys, "stdin", given),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    out.seek(0)
    return Result(int(ended.value.code or 0), out.read(), err.getvalue())


def start(*arguments: str, stdout: "int | IO[str]" = subprocess.PIPE) -> "subprocess.Popen[bytes]":
    """Start a command as a process of its own, with pipes and stdout buffered as usual."""
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.Popen(
        [sys.executable, "-m", "audiofeat_cli", *arguments],
        env={**usual, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=subprocess.PIPE,
        preexec_fn=_heed_interrupts,  # noqa: PLW1509 - no threads here
    )


def _heed_interrupts() -> None:
    """Even where the tests run in the background of a shell, which makes them ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
