"""All open sockets and contexts, and what happens to them at a fork and at exit.

A child of `os.fork` inherits the handles but not libzmq's threads, so all handles are invalidated
there. At exit only one thing is waited for: that libzmq releases zero-copy payloads, whose callback
must not run once the interpreter is gone. For that all sockets are closed; a thread that still uses
one ends silently.
"""

from __future__ import annotations

import atexit
import itertools
import os
import sys
from _thread import get_ident
from collections.abc import Iterator
from ctypes import c_void_p, sizeof
from types import ModuleType
from typing import Any, Callable
from weakref import ref

from . import payload, polls


class Living:
    """A set of weak references to sockets or contexts, which any thread may change at any time.

    Listing a `WeakSet` fails with RuntimeError when another thread adds to it meanwhile; this never
    does, and is faster (0.7 against 0.8 us, on PyPy 0.4 against 1.3). References to dead objects
    that were not removed stay until the set has doubled.
    """

    __slots__ = ("_references", "_room")

    def __init__(self) -> None:
        self._references: set[ref[Any]] = set()
        self._room = 64

    def add(self, handle: Any) -> None:
        """Add one, if it is not there yet."""
        if len(self._references) >= self._room:
            # Copying and removing are atomic.
            gone = [reference for reference in self._references.copy() if reference() is None]
            self._references.difference_update(gone)
            self._room = 2 * len(self._references) + 64
        self._references.add(ref(handle))

    def discard(self, handle: Any) -> None:
        """Remove one, if it is there."""
        self._references.discard(ref(handle))

    def living(self) -> list[Any]:
        """List those that are alive."""
        references = self._references.copy()
        return [one for one in [reference() for reference in references] if one is not None]

    def __contains__(self, handle: Any) -> bool:
        return ref(handle) in self._references

    def __iter__(self) -> Iterator[Any]:
        return iter(self.living())

    def __len__(self) -> int:
        return len(self.living())


# Both have `_abandon`, which forgets the libzmq object without touching it; sockets also have
# `_release`, which closes it without waiting for anything.
#: Every open socket and context of this process.
sockets = Living()
contexts = Living()

#: Changes with each close, after which addresses of sockets may be out of date.
closings = 0
#: The thread that closed a socket or context last.
closer = 0
_numbers = itertools.count(1)

#: The thread that runs the exit functions, once it closes sockets that other threads may use.
ending = 0

#: No object is in the first page of memory, and all are aligned to the size of a pointer.
_LOWEST = 4096
_ALIGNMENT = sizeof(c_void_p)

#: How long an exit waits for libzmq to release zero-copy payloads, in seconds.
EXIT_PATIENCE = 1.0


def plausible(address: int) -> int:
    """Return an address, or refuse one where no libzmq object can be.

    Parameters
    ----------
    address : int
        What a user gave; 0 stands for an object that is closed.

    Raises
    ------
    ValueError
        When no object can be there; libzmq would read the memory regardless.
    """
    if address and (address < _LOWEST or address % _ALIGNMENT):
        raise ValueError(f"{address:#x} is not the address of a libzmq socket or context")
    return address


#: A module that `_at_exit` makes the newest in `sys.modules`. At shutdown the interpreter sets the
#: names of all modules to None, the newest module first, so this one tells when that has begun.
_newest: Any = ModuleType(f"{__name__}.newest")
_newest.ready = False


def torn_down(_newest: Any = _newest, _finalizing: Callable[[], bool] = sys.is_finalizing) -> bool:
    """Tell whether module globals may be None by now, so that hardly anything can be called.

    Finalizers call this, `finalizing` or `inherited` first of all. They hold the function as a
    default argument, because the globals of their own module may be gone too. An interpreter that
    ends without calling its exit functions, as subinterpreters do at the end of the process, counts
    as torn down at once.
    """
    return _newest.ready is None or (not _newest.ready and _finalizing())


def finalizing(
    _finalizing: Callable[[], bool] = sys.is_finalizing,
    _torn_down: Callable[[], bool] = torn_down,
) -> bool:
    """Tell whether the program is ending, so that cleaning up can be left to the system."""
    return _finalizing() or _torn_down()


def left_behind() -> bool:
    """Tell whether this thread still runs although the program is ending."""
    return ending not in (0, get_ident())


#: The process id, once for each thread that is forking right now.
_forking: list[int] = []


def inherited(_forking: list[int] = _forking, _pid: Callable[[], int] = os.getpid) -> bool:
    """Tell whether a finalizer runs in a child of a fork before the hooks for the child have run.

    CPython clears the frames of the parent's other threads before it runs the hooks. Calls in those
    frames may have been half done, so libzmq must not be called for their objects.
    """
    return _pid() not in _forking if _forking else False


def out_of_reach(
    _newest: Any = _newest,
    _forking: list[int] = _forking,
    _inherited: Callable[[], bool] = inherited,
) -> bool:
    """Combine `torn_down` and `inherited` for finalizers, in one call."""
    return _inherited() if _forking else _newest.ready is None


def _before_fork() -> None:
    _forking.append(os.getpid())


def _after_fork_in_parent() -> None:
    _forking.pop()


def forget(handle: Any) -> None:
    """Note that a socket or context is closed."""
    global closings, closer
    closer = get_ident()
    # A unique number, even if two threads are here at once.
    closings = next(_numbers)
    sockets.discard(handle)
    contexts.discard(handle)


def _after_fork_in_child() -> None:
    parent = _forking[-1] if _forking else os.getppid()
    _forking.clear()
    for socket in sockets.living():
        socket._left_by = parent
        socket._sharers.inherit()
        socket._abandon()
    for context in contexts.living():
        context._forsake()
    polls.inherit()
    payload.inherit()


def _at_exit() -> None:
    sys.modules.pop(_newest.__name__, None)
    sys.modules[_newest.__name__] = _newest
    _newest.ready = True
    if not payload.payloads:
        return
    import time

    global ending
    ending = get_ident()
    for handle in sockets.living():
        handle._release()
    deadline = time.monotonic() + EXIT_PATIENCE
    while payload.payloads and time.monotonic() < deadline:
        time.sleep(0.001)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )
atexit.register(_at_exit)
