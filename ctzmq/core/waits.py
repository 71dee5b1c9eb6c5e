"""How a socket waits: for room, for a message, for either.

`_persist` is the one place where a socket waits, and what another flavour of socket replaces.
"""

from __future__ import annotations

import errno as _errno
from _thread import get_ident
from operator import index
from time import monotonic

from ..error import Again
from ..libzmq import numbers
from ..libzmq.provider import calls
from . import poll
from .connections import Connections

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

__all__ = ["Waits"]

POLLIN = poll.POLLIN
DONTWAIT = calls.DONTWAIT
TRANSIENT = (numbers.EAGAIN, _errno.EINTR)


class Waits(Connections):
    """The methods of a socket that may wait, which `Socket` builds on."""

    __slots__ = ()

    def _persist(self, attempt: Callable[[int], int], flags: int, event: int) -> Any:
        """Make a call that may wait, again after each signal, for as long as the time-out allows.

        Parameters
        ----------
        attempt : callable
            Takes the flags, makes the libzmq call and returns its result.
        flags : int
            What the user gave.
        event : int
            What the call waits for, POLLIN or POLLOUT.
        """
        started = monotonic()
        deadline: float | None = None
        here = get_ident()
        self._users.append(here)
        try:
            if not flags & DONTWAIT and not poll.signals_interrupt():
                deadline, flags = self._deadline(started, event), flags | DONTWAIT
            while True:
                result = attempt(flags)
                if result >= 0:
                    return result
                errno = calls.errno()
                if errno == numbers.ETERM:
                    raise self._error(errno)
                if errno not in TRANSIENT:
                    # A signal handler may have run since the call, and changed errno with calls of
                    # its own: another failure is believed only when it comes again at once.
                    result = attempt(flags | DONTWAIT)
                    if result >= 0:
                        return result
                    errno = calls.errno()
                    if errno not in TRANSIENT:
                        raise self._error(errno)
                if flags & DONTWAIT and deadline is None:
                    if errno == numbers.EAGAIN:
                        raise Again()
                    continue
                if deadline is None:
                    deadline = self._deadline(started, event)
                if deadline == poll.inf and not flags & DONTWAIT:
                    continue
                # libzmq would begin the time-out anew: from here on this call keeps the time.
                flags |= DONTWAIT
                left = max(0.0, (deadline - monotonic()) * 1000)
                if errno == numbers.EAGAIN and not self._ready(event, left):
                    raise Again()
        finally:
            self._leave(here)

    def _deadline(self, started: float, event: int) -> float:
        timeout = self.get(numbers.RCVTIMEO if event == POLLIN else numbers.SNDTIMEO)
        return poll.inf if timeout < 0 else started + timeout / 1000

    def _ready(self, event: int, timeout: float) -> bool:
        return poll.PollItems([poll.entry(self, event)], bool(self._handle)).wait(timeout) > 0

    def poll(self, timeout: float | None = None, flags: int = POLLIN) -> int:
        """Wait until the socket is ready.

        Parameters
        ----------
        timeout : int, optional
            Milliseconds; None or less than 0 waits for ever, 0 does not wait.
        flags : int
            What to wait for: POLLIN, POLLOUT or both.

        Returns
        -------
        int
            What it is ready for; 0 when the time is over.

        Raises
        ------
        ContextTerminated
            When the context is terminated.
        ZMQError
            ENOTSOCK when the socket is closed.

        Source: libzmq `zmq_poll`, pyzmq `Socket.poll`.
        """
        mask = flags if flags.__class__ is int else int(index(flags))
        if 0 < mask <= poll.QUICK:
            # Half the time of a call of zmq_poll that need not wait.
            look = self._look
            if look is None:
                look = self._look = calls.new_look()
            events: int = look(self._handle)
            if events > 0 and events & mask:
                return events & mask
            if events >= 0 and timeout == 0:
                return 0
        if not self._address:
            raise self._error(numbers.ENOTSOCK)
        items = self._items
        if items is None or items.entries[0] != (self._address, 0, flags):
            items = poll.PollItems([poll.entry(self, flags)], bool(self._handle))
            if self._handle:  # without one, several threads may be here, each with its own table
                self._items = items
        try:
            ready = items.ready(items.wait(poll.milliseconds(timeout)), (self,))
            return ready[0][1] if ready else 0
        finally:
            self._notice()
