"""How a socket waits for room, for a message, or for either.

`_persist` is the one place where sends and receives wait; other flavours of sockets override it.
"""

from __future__ import annotations

import errno as _errno
from _thread import get_ident
from math import ceil
from time import monotonic
from typing import Any, Callable

from ..error import again
from ..libzmq import numbers
from ..libzmq.contract import DONTWAIT, UNKNOWN
from ..libzmq.provider import calls
from . import causes, poll, registry
from .monitoring import Monitoring
from .pollitems import PollItems, inf, milliseconds, signals_interrupt, table, wait

__all__ = ["REFUSED", "TRANSIENT", "Waits", "done"]

POLLIN = poll.POLLIN
#: What `poll` bypasses, unless a program has replaced it.
Poller: Any = poll.Poller
POLL = poll.POLL
ZMQ_POLL = poll.ZMQ_POLL
QUICK = poll.QUICK
TRANSIENT = (numbers.EAGAIN, _errno.EINTR)

#: How many seconds to wait before the next try when EVENTS and a call contradict each other, in
#: every flavour. EVENTS says that a socket can send to some peer, but a ROUTER with
#: ROUTER_MANDATORY, an XPUB with XPUB_NODROP, a STREAM or a SERVER may have no room for the peer
#: that a message is for. So waiting for POLLOUT would return at once. New room makes the descriptor
#: readable, but another user of the socket may consume that event first; hence no wait is longer
#: than this.
REFUSED = 0.005


def done(result: Any) -> bool:
    """Tell whether a careful call succeeded; otherwise it returned the reason."""
    return result.__class__ is not int or result >= 0


class Waits(Monitoring):
    """The methods of a socket that may wait, which `Socket` builds on."""

    __slots__ = ()

    _poller_class: Any = poll.Poller
    #: The class of pollers that `poll` can do without.
    _plain_poller: Any = poll.Poller

    def _persist(
        self, attempt: Callable[[int], Any], flags: int, event: int, failed: Any = UNKNOWN
    ) -> Any:
        """Make a call that may wait, again after each signal, for as long as the time-out allows.

        Parameters
        ----------
        attempt : callable
            Takes the flags and makes a careful call.
        flags : int
            What the user gave.
        event : int
            What the call waits for, POLLIN or POLLOUT.
        failed : int
            What a quick call of the kind has just returned.
        """
        if failed == -numbers.EAGAIN and flags & DONTWAIT:
            raise again(event)
        started = monotonic()
        deadline: float | None = None
        refused = 0
        token = object()
        try:
            self._sharers.users[token] = get_ident()
            if not flags & DONTWAIT and not signals_interrupt():
                deadline, flags = self._deadline(started, event), flags | DONTWAIT
            while True:
                result = attempt(flags)
                if done(result):
                    return result
                errno = -result
                if errno == numbers.ETERM:
                    raise self._error(errno)
                if errno not in TRANSIENT:
                    # A signal handler may have run since the call and changed errno, so any other
                    # error counts only if it occurs again.
                    result = attempt(flags | DONTWAIT)
                    if done(result):
                        return result
                    errno = -result
                    if errno not in TRANSIENT:
                        raise self._error(errno, event)
                if flags & DONTWAIT and deadline is None:
                    if errno == numbers.EAGAIN:
                        raise again(event)
                    continue
                if deadline is None:
                    deadline = self._deadline(started, event)
                if deadline == inf and not flags & DONTWAIT:
                    continue
                # libzmq would restart the time-out, so from here on this function keeps the time.
                flags |= DONTWAIT
                if errno != numbers.EAGAIN:
                    continue
                left = max(0.0, (deadline - monotonic()) * 1000)
                if refused and not left:
                    raise again(event, (deadline - started) * 1000)
                if refused > 1:
                    # Reading EVENTS processed all pending commands, and still there is no room.
                    self._pause(min(left, REFUSED * 1000))
                if not self._ready(event, left):
                    raise again(event, (deadline - started) * 1000)
                refused += 1
        finally:
            self._leave(token)

    def _deadline(self, started: float, event: int) -> float:
        timeout = self.get(numbers.RCVTIMEO if event == POLLIN else numbers.SNDTIMEO)
        return inf if timeout < 0 else started + timeout / 1000

    def _ready(self, event: int, timeout: float) -> bool:
        if not timeout:
            events = calls.try_get(self._handle, numbers.EVENTS)
            if events is not None:
                return bool(events & event)
        return bool(wait(*self._table(event), self._renew, timeout))

    def _table(self, events: int) -> tuple[PollItems, list[Any]]:
        items, keys = table([(self, events)])
        if not keys:
            raise self._error(numbers.ENOTSOCK)
        return items, keys

    def _renew(self, items: PollItems) -> tuple[PollItems, list[Any]]:
        return self._table(items.entries[0][2])

    def _pause(self, timeout: float) -> None:
        """Wait until the state of the socket changes, for some milliseconds at most."""
        if self._address:
            # Thread-safe sockets have no descriptor.
            descriptor = -1 if self._thread_safe() else self.fileno()
            ZMQ_POLL([(descriptor, POLLIN)], ceil(timeout))

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
        TypeError
            When the time-out or the flags are no number.

        Source: libzmq `zmq_poll`, pyzmq `Socket.poll`.
        """
        if (
            (self._replaced and self._poller_class is not self._plain_poller)
            or Poller.poll is not POLL
            or poll.zmq_poll is not ZMQ_POLL
        ):
            found: int = self._poll_with(self._poller_class, timeout, flags)
            return found
        mask = flags if flags.__class__ is int else causes.events(flags)
        if 0 < mask <= QUICK:
            # Takes half the time of a `zmq_poll` that need not wait.
            look = self._look
            if look is None:
                look = self._look = calls.new_look()
            events: int = look(self._handle)
            if events > 0 and events & mask:
                if timeout.__class__ is not int and timeout is not None:
                    milliseconds(timeout)
                return events & mask
            if events >= 0 and timeout == 0:
                return 0
        closings = registry.closings
        items = self._items
        if items is None or items.entries[0] != (self._address, 0, flags):
            items, _ = self._table(flags)
            if self._handle:  # without one, several threads may be here, each with its own table
                self._items = items
        else:
            items.closings = closings
        try:
            ready = wait(items, (self,), self._renew, milliseconds(timeout))
            return ready[0][1] if ready else 0
        finally:
            self._notice()

    def _poll_with(self, poller_class: Any, timeout: float | None, flags: int) -> Any:
        """Do what `poll` does with a poller of another class."""
        if not self._address:
            raise self._error(numbers.ENOTSOCK)
        poller = poller_class()
        poller.register(self, flags)
        return dict(poller.poll(timeout)).get(self, 0)
