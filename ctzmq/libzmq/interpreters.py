"""Tells the interpreters of a process apart, which share libzmq but no objects."""

from __future__ import annotations

import ctypes
import sys
from typing import Callable

#: Whether there can be interpreters with a lock and memory of their own.
CAN_BE_ISOLATED = sys.implementation.name == "cpython" and sys.version_info >= (3, 12)

#: Return the address of the state of an interpreter: this one, the first, the newest.
_states: list[Callable[[], int]] = []

if sys.implementation.name == "cpython":
    for name in ("Get", "Main", "Head"):
        # By index, ctypes makes a new function object, whose types no other user of pythonapi
        # changes.
        function = ctypes.pythonapi[f"PyInterpreterState_{name}"]
        function.restype = ctypes.c_void_p
        _states.append(function)


def is_main() -> bool:
    """Tell whether this is the first interpreter of the process."""
    return not _states or _states[0]() == _states[1]()


def is_alone() -> bool:
    """Tell whether this is the only interpreter of the process."""
    return not _states or _states[1]() == _states[2]()
