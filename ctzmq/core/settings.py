"""Settings that programs change as attributes of the package."""

from __future__ import annotations

import sys
from operator import index

#: Messages of this many bytes or more are shared when `copy` is left out.
COPY_THRESHOLD = 65536

_public = vars(sys.modules[__name__.partition(".")[0]])


def copy_threshold() -> int:
    """Return the current value of `ctzmq.COPY_THRESHOLD`.

    Raises
    ------
    TypeError
        When a program has set it to something other than an int.

    Source: pyzmq `zmq.COPY_THRESHOLD`.
    """
    return index(_public.get("COPY_THRESHOLD", COPY_THRESHOLD))
