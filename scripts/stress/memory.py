"""The memory of this process, and whether it grows."""

from __future__ import annotations

import ctypes
import gc
import os
from collections.abc import Sequence
from pathlib import Path

_STATM = Path("/proc/self/statm")
MB = 1 << 20
_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None) if _STATM.exists() else None


def available() -> bool:
    """Whether this system tells the resident memory of a process in /proc."""
    return _STATM.exists()


def resident() -> int:
    """Return the resident memory in bytes, without garbage and without what malloc has free.

    glibc keeps some megabytes of freed memory, now more and now less, for the next large message.
    """
    gc.collect()
    if _TRIM is not None:
        _TRIM(0)
    return int(_STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def growth(samples: Sequence[tuple[float, int]], warm_up: float) -> int:
    """Return by how many bytes memory grew after the warm-up.

    ``samples`` are pairs of progress (0 to 1) and resident bytes in order. The level at the end of
    the warm-up is compared with the highest one seen later.
    """
    before = [resident for done, resident in samples if done <= warm_up]
    after = [resident for done, resident in samples if done > warm_up]
    if not before or not after:
        raise ValueError("there must be samples before and after the end of the warm-up")
    return max(after) - before[-1]
