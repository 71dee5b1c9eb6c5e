"""Runs C functions in native threads that Python does not know."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import ctypes
import sys
from typing import Any

from . import prototypes

#: The C library with its functions that start threads; opened at first use.
_posix: Any = None
#: Larger than a `sigset_t` on any system.
_SIGNAL_SET = 1024


def detached(function: Any, argument: int) -> bool:
    """Call a C function of one argument in a thread that nobody waits for.

    The thread blocks all signals, so that those for the program reach the main thread.

    Parameters
    ----------
    function : ctypes function
        What to call; it must not be a Python function.
    argument : int
        The address that it gets.

    Returns
    -------
    bool
        False when the system cannot start another thread.
    """
    start = ctypes.cast(function, ctypes.c_void_p)
    if sys.platform == "win32":
        # libzmq leaks the thread's handle, but the thread's memory is freed when it ends.
        return bool(prototypes.zmq_threadstart(start, argument))
    global _posix
    if _posix is None:
        _posix = ctypes.CDLL(None)
        _posix.pthread_create.argtypes = (ctypes.c_void_p,) * 4
        _posix.pthread_detach.argtypes = (ctypes.c_void_p,)
        _posix.pthread_sigmask.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    thread = ctypes.c_void_p()
    none = ctypes.create_string_buffer(_SIGNAL_SET)
    before = ctypes.create_string_buffer(_SIGNAL_SET)
    ctypes.memset(none, 0xFF, _SIGNAL_SET)
    _posix.pthread_sigmask(int(_signal.SIG_SETMASK), none, before)
    failed: int = _posix.pthread_create(ctypes.byref(thread), None, start, argument)
    _posix.pthread_sigmask(int(_signal.SIG_SETMASK), before, None)
    if not failed:
        _posix.pthread_detach(thread)
    return not failed
