"""The polls that currently wait in libzmq, and how closing a socket interrupts them.

libzmq must not free a socket while another thread polls it. So `close` interrupts those polls, and
the last one to return frees the socket.
"""

from __future__ import annotations

import os
import sys
from _thread import get_ident
from typing import Any, Callable

__all__ = ["WakeupPipe", "come_back", "inherit", "interrupt", "new_wakeup", "waiting"]


class WakeupPipe:
    """A pipe that all polls of this process watch; writing to it, once, ends them all."""

    __slots__ = ("_writer", "_written", "reader")

    def __init__(self) -> None:
        self._written = False
        # Stays so if there is no descriptor left.
        self._writer = -1
        self.reader, self._writer = os.pipe()

    def wake(self) -> None:
        """End all polls that watch it."""
        if not self._written:
            self._written = True
            os.write(self._writer, b"!")

    def __del__(self, _close: Callable[[int], None] = os.close) -> None:
        if self._writer >= 0:
            _close(self.reader)
            _close(self._writer)


#: The table, a `PollItems`, of each thread that currently waits in libzmq.
waiting: dict[int, Any] = {}

#: The pipe for the next polls; one that was written to is kept by the polls that still watch it.
wakeup: WakeupPipe | None = None


def new_wakeup() -> WakeupPipe | None:
    """Make the pipe for the next polls.

    Returns
    -------
    WakeupPipe or None
        None where the system has no descriptor left, or cannot watch pipes.
    """
    global wakeup
    if sys.platform != "win32":
        try:
            wakeup = WakeupPipe()
        except OSError:
            return None
    return wakeup


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
    global wakeup
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
            if items.wakeup is not None:
                if items.wakeup is wakeup:
                    wakeup = None
                items.wakeup.wake()
    return found


def inherit() -> None:
    """Forget the polls of the parent's other threads, in a child of a fork."""
    global wakeup
    here = get_ident()
    for thread in waiting.copy():
        if thread != here:
            del waiting[thread]
    wakeup = None
