"""Garbage, and what it leaves open, in the tests of the core."""

from __future__ import annotations

import gc
import os
from typing import Any


def descriptors() -> int:
    """Count the open descriptors of this process."""
    return len(os.listdir("/proc/self/fd"))


def collect() -> None:
    """Collect garbage, and what finalizers turn into garbage."""
    for _ in range(5):
        gc.collect()


def drop(things: list[Any]) -> None:
    """Forget what a list holds, and see that it is collected."""
    things.clear()
    collect()
