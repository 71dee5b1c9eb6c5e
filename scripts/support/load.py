"""Whether other programs keep this machine busy."""

from __future__ import annotations

import os

BUSY = 0.5  # processes that want to run, for each core


def warning(harm: str) -> str:
    """Say that this machine is busy, and what that does; return an empty text if it is not."""
    if not hasattr(os, "getloadavg"):
        return ""
    load = os.getloadavg()[0]
    cores = os.cpu_count() or 1
    if load <= BUSY * cores:
        return ""
    return f"This machine is busy (load {load:.1f} on {cores} cores): {harm}."
