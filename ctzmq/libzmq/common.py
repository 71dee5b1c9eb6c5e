"""The calls that all providers share, through ctypes: closing, terminating, polling, errno."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from itertools import starmap
from typing import Any, Callable

from . import loader, prototypes

__all__ = [
    "close_socket",
    "errno",
    "last_errno",
    "leave_to",
    "occupied",
    "poll",
    "prepare",
    "quick",
    "table",
    "terminate",
    "try_poll",
]

# PyPy has no PyDLL and needs none: its JIT makes releasing the GIL cheap.
_PyDLL: Any = getattr(ctypes, "PyDLL", ctypes.CDLL)


def quick(**options: Any) -> Any:
    """Open libzmq once more, to call it without releasing the GIL.

    Parameters
    ----------
    **options
        For `ctypes.PyDLL`.
    """
    return _PyDLL(loader.load().handle._name, **options)


_libzmq = quick()
try_poll: Callable[[Any, int, int], int] = _libzmq.zmq_poll
poll: Callable[[Any, int, int], int] = prototypes.zmq_poll
close_socket: Callable[[int], int] = prototypes.zmq_close
terminate: Callable[[int], int] = prototypes.zmq_ctx_term

if sys.platform == "win32":
    # libzmq may have a C runtime of its own, whose errno ctypes cannot see.
    errno: Callable[[], int] = _libzmq.zmq_errno
else:
    errno = ctypes.get_errno
last_errno = errno


def prepare(function: Callable[..., Any], *arguments: Any) -> Iterator[Any]:
    """Return what makes a careful call, once, when it is asked for its next item."""
    return starmap(function, (arguments,))


def occupied(handle: Any) -> bool:
    """Return True: quick calls are not noted."""
    return True


def leave_to(handle: Any, close: Callable[[], object]) -> bool:
    """Return False: quick calls, which keep the GIL where there is one, are not noted."""
    return False


def table(memory: bytearray) -> Any:
    """Return the table of `try_poll` and `poll` for poll items in this memory, which it keeps."""
    return ctypes.byref((ctypes.c_char * len(memory)).from_buffer(memory))
