"""The polls that currently wait in libzmq, and how closing a socket interrupts them.

libzmq must not free a socket while another thread polls it. So `close` interrupts those polls, and
the last one to return frees the socket.
"""

from __future__ import annotations

import os
import sys
from _thread import get_ident
from typing import Any, Callable

__all__ = ["Bell", "come_back", "inherit", "interrupt", "new_bell", "waiting"]


class Bell:
    """A pipe that all polls of this process watch; writing to it, once, ends them all."""

    __slots__ = ("_rung", "_writer", "reader")

    def __init__(self) -> None:
        self._rung = False
        # Stays so if there is no descriptor left.
        self._writer = -1
        self.reader, self._writer = os.pipe()

    def ring(self) -> None:
        """End all polls that watch it."""
        if not self._rung:
            self._rung = True
            os.write(self._writer, b"!")

    def __del__(self, _close: Callable[[int], None] = os.close) -> None:
        if self._writer >= 0:
            _close(self.reader)
            _close(self._writer)


#: The table, a `PollItems`, of each thread that currently waits in libzmq.
waiting: dict[int, Any] = {}

#: The bell for the next polls; one that has rung is kept by the polls that still watch it.
bell: Bell | None = None


def new_bell() -> Bell | None:
    """Make the bell for the next polls.

    Returns
    -------
    Bell or None
        None where the system has no descriptor left, or cannot watch pipes.
    """
    global bell
    if sys.platform != "win32":
        try:
            bell = Bell()
        except OSError:
            return None
    return bell


def come_back(thread: int, outer: Any) -> None:
    """Note that a thread has left libzmq, or resumes the poll that a signal interrupted."""
    if outer is None:
        waiting.pop(thread, None)
    else:
        waiting[thread] = outer


def interrupt(address: int) -> bool:
    """End the polls of other threads that wait for a socket.

    A poll of this thread is interrupted already; it must not start again with the socket.

    Parameters
    ----------
    address : int
        The socket.

    Returns
    -------
    bool
        Whether there are any, so that the socket must not be freed before they have returned.
    """
    global bell
    if not waiting:
        return False
    here = get_ident()
    found = False
    for thread, items in waiting.copy().items():
        if not any(entry[0] == address for entry in items.entries):
            continue
        if thread == here:
            items.forget(address)
        else:
            found = True
            if items.bell is not None:
                if items.bell is bell:
                    bell = None
                items.bell.ring()
    return found


def inherit() -> None:
    """Forget the polls of the parent's other threads, in a child of a fork."""
    global bell
    here = get_ident()
    for thread in waiting.copy():
        if thread != here:
            del waiting[thread]
    bell = None
