"""Settings of the package, which programs change in its public module."""

from __future__ import annotations

import sys
from operator import index

#: Messages of this many bytes or more are not copied when copying is left open.
COPY_THRESHOLD = 65536

_public = vars(sys.modules[__name__.partition(".")[0]])


def copy_threshold() -> int:
    """Return what `ctzmq.COPY_THRESHOLD` is now.

    Raises
    ------
    TypeError
        When a program has set it to what is no int.

    Source: pyzmq `zmq.COPY_THRESHOLD`.
    """
    return index(_public.get("COPY_THRESHOLD", COPY_THRESHOLD))
