"""What it costs to begin and to be: imports, sockets, memory."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

from benchmarks.workloads.greenlets import idle
from benchmarks.workloads.setup import Loop, Setup, workload

_IMPORT = """
from time import perf_counter
start = perf_counter()
import {module}
print(perf_counter() - start)
"""


@workload
def fresh_import(setup: Setup) -> Loop:
    """Import the binding, each time in a new interpreter."""
    program = _IMPORT.format(module=setup.spec["module"])
    command = [sys.executable, "-I", "-c", program]

    def loop(count: int) -> float:
        return sum(float(subprocess.check_output(command, text=True)) for _ in range(count))

    return loop


@workload
def open_close(setup: Setup) -> Loop:
    """Make a socket, close it."""
    make, kind = setup.context.socket, setup.zmq.PULL

    def loop(count: int) -> None:
        for _ in range(count):
            make(kind).close()

    return loop


@workload
def socket_memory(setup: Setup) -> Loop:
    """Measure the bytes that sockets need."""
    return growth(setup, lambda count: [setup.socket("PULL") for _ in range(count)])


@workload
def waiter_memory(setup: Setup) -> Loop:
    """Measure the bytes that greenlets need which wait, each with its socket."""
    return growth(setup, lambda count: idle(setup, count))


def growth(setup: Setup, make: Callable[[int], Any]) -> Loop:
    """Return the loop that tells how much larger the process becomes; it can be called once."""
    kept = [make(1)]

    def loop(count: int) -> float:
        gc.collect()
        before = resident()
        kept.append(make(count))
        gc.collect()
        return resident() - before

    return loop


def resident() -> int:
    """Return the bytes of memory that this process has."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
