"""Chooses who makes the calls of each message: ctypes, or on PyPy its own FFI.

`CTZMQ_NATIVE_CALLS=0` keeps ctypes on PyPy too. Interpreters other than the first of the process
are guarded against its zero-copy messages.
"""

from __future__ import annotations

import os
import sys

__all__ = ["calls"]

if sys.implementation.name == "pypy" and os.environ.get("CTZMQ_NATIVE_CALLS") != "0":
    from . import native as calls
else:
    from . import calls, interpreters  # type: ignore[no-redef]

    if not interpreters.is_main():
        from . import isolated

        isolated.guard(calls)
