"""Runs a program to its end, and ends what it leaves running."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from support import venvs

PATIENCE = 3.0


class Ending(NamedTuple):
    """How a program ended: its exit code, or None if it had to be stopped."""

    code: int | None
    output: str
    seconds: float
    left: int = 0
    """How many processes it left running, which were ended. Only Linux tells."""


def run(
    command: Sequence[str | Path],
    log: Path,
    timeout: float,
    cwd: Path | None = None,
    extra: Mapping[str, str] | None = None,
) -> Ending:
    """Run a program until it ends or its time is over; its output goes through the file ``log``.

    ``timeout`` is in seconds; ``extra`` are environment variables.
    """
    # What it starts inherits this mark, even in a session of its own.
    mark = f"CTZMQ_SCRIPT_RUN={uuid.uuid4().hex}"
    environment = venvs.clean_environment({**(extra or {}), **dict([mark.split("=")])})
    start = time.monotonic()
    with open(log, "wb") as output:
        process = subprocess.Popen(
            [os.fspath(word) for word in command],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        code: int | None = None
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(timeout)
        finally:
            seconds = time.monotonic() - start
            process.kill()
            process.wait()
            left = end_marked(mark.encode(), patience=0 if code is None else PATIENCE)
    return Ending(code, log.read_text("utf-8", "replace").strip(), seconds, left)


def end_marked(mark: bytes, patience: float) -> int:
    """End the processes whose environment has a mark; return how many did not by themselves."""
    deadline = time.monotonic() + patience
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    for pid in left:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    return len(left)


def marked(mark: bytes) -> list[int]:
    """List the processes whose environment has a mark."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found
