"""Sockets that let others run while they wait, for any hub that switches between greenlets.

ZMQ_FD, the descriptor of a socket, is edge-triggered: it tells that something changed, not that
there is something to do, and it tells so once. Four rules make it safe to wait for, and they are
enough:

1. *Try first.* A call that can go on at once never comes here: no wait, no lock, no timer.
2. *Every operation may swallow the edge that another waits for*, because libzmq takes note of all
   changes in each of them. So while anybody waits, the socket has no quick handle: every operation
   comes through `_persist`, `get` or `_endpoint_call`, and each ends with a look at EVENTS that
   wakes those who can go on. While nobody waits, nothing of this costs anything.
3. *Line up, then try again.* Who has to wait first takes its place in the line, then tries once
   more, then parks. Whatever changed before the second try is seen by it; whatever changes later
   makes the descriptor readable, and the watch looks at EVENTS.
4. *Whoever leaves the line looks.* A greenlet that was woken and is killed, or whose time is over,
   passes its turn on in the `finally` that every way out goes through.

A readable descriptor without an event is normal: reading EVENTS makes it unreadable again. Only
the first in each line is woken, so ten thousand that wait cost nothing when one message comes.
"""

from __future__ import annotations

import errno as _errno
import weakref
from collections import deque
from time import monotonic
from typing import Any, Callable

from ..core import poll as _poll
from ..core import socket as _socket
from ..core.messaging import SNDMORE
from ..enums import Errno, SocketOption
from ..error import Again, ZMQError
from ..libzmq.provider import calls
from .hub import Hub

POLLIN = _poll.POLLIN
POLLOUT = _poll.POLLOUT
DONTWAIT = calls.DONTWAIT

_EVENTS = int(SocketOption.EVENTS)
_RCVMORE = int(SocketOption.RCVMORE)
_TIMEOUTS = {POLLIN: SocketOption.RCVTIMEO, POLLOUT: SocketOption.SNDTIMEO}

#: How many calls a greenlet may make on one socket before the others get their turn.
TURNS = 1000


class Place:
    """A greenlet's place in a line, or its watch over several sockets."""

    __slots__ = ("_hub", "_resumption", "greenlet", "woken")

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._resumption: Any = None
        self.greenlet = hub.greenlet()
        self.woken = False

    def wake(self) -> None:
        """Have the greenlet run soon."""
        if not self.woken:
            self.woken = True
            self._resumption = self._hub.resume(self.greenlet)

    def park(self, deadline: float | None) -> bool:
        """Wait until woken; return whether that was before the deadline."""
        left = None if deadline is None else deadline - monotonic()
        if left is not None and left <= 0:
            return False
        if self.woken:
            # The look that woke it came while it ran.
            self.leave()
        else:
            self._hub.park(left, self.wake)
        self.woken, self._resumption = False, None
        return True

    def leave(self) -> None:
        """Take back a resumption that was not used."""
        if self._resumption is not None:
            self._hub.cancel(self._resumption)


class Edge:
    """Those who wait for one libzmq socket, and the watch over its descriptor."""

    __slots__ = ("__weakref__", "_pointer", "_socket", "_watch", "hub", "lines", "observers", "owners")

    def __init__(self, socket: GreenSocket, hub: Hub) -> None:
        self.hub = hub
        self.lines: dict[int, deque[Place]] = {POLLIN: deque(), POLLOUT: deque()}
        #: Who is in the middle of a message of several parts, which nobody may interrupt.
        self.owners: dict[int, Any] = {}
        self.observers: list[Place] = []
        self._pointer = socket._pointer
        self._socket = weakref.ref(socket)
        # Only weakly, so that a socket that nobody else refers to is collected.
        reference = weakref.ref(self)
        self._watch = hub.watch(socket.fileno(), lambda: _look(reference))

    def busy(self) -> bool:
        """Tell whether anybody waits."""
        return bool(self.lines[POLLIN] or self.lines[POLLOUT] or self.observers)

    def events(self) -> int | None:
        """Read EVENTS; None when the socket or its context came to an end."""
        return calls.try_get(self._pointer, _EVENTS)

    def look(self) -> None:
        """Wake the first in each line that can go on."""
        if not self.busy():
            # The read alone makes the descriptor quiet again.
            self.events()
            return
        events = self.events()
        for event, line in self.lines.items():
            if events is None:
                for place in line:
                    place.wake()
            elif line and events & event:
                line[0].wake()
        for place in self.observers:
            place.wake()

    def arm(self) -> None:
        """Send every operation the way that ends with a look."""
        self.hub.attend(self._watch, True)
        socket = self._socket()
        if socket is not None:
            socket._slow_down()

    def settle(self) -> None:
        """Look, or let operations go the quick way again when nobody waits any more."""
        if self.busy():
            self.look()
            return
        socket = self._socket()
        if socket is None or not socket._address:
            return
        self.hub.attend(self._watch, False)
        if socket._quick:
            for sharer in socket._sharers:
                sharer._handle = sharer._pointer

    def close(self) -> None:
        """Wake everybody, and stop watching."""
        self._pointer = calls.NULL
        self.hub.unwatch(self._watch)
        self.look()


def _look(reference: weakref.ref[Edge]) -> None:
    edge = reference()
    if edge is not None:
        edge.look()


class GreenSocket(_socket.Socket):
    """A socket whose calls let other greenlets run while they wait.

    Each flavour derives from it and gives it a hub.

    Parameters
    ----------
    ctx_or_socket, socket_type, shadow, copy_threshold
        As for `ctzmq.Socket`.

    Source: pyzmq `zmq.green.Socket`, `eventlet.green.zmq.Socket`.
    """

    __slots__ = ("_edge", "_quick", "_turns")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._edge: Edge | None = None
        self._turns = TURNS
        super().__init__(*args, **kwargs)
        #: Whether libzmq allows the quick calls when nobody waits.
        self._quick = bool(self._handle)

    def _hub(self) -> Hub:
        raise NotImplementedError("a flavour of green sockets says which hub it runs in")

    def _join(self) -> Edge:
        """Return the edge of this thread's hub, shared by all that share the libzmq socket."""
        hub = self._hub()
        edge = self._edge
        if edge is None:
            edges = (getattr(sharer, "_edge", None) for sharer in self._sharers)
            edge = self._edge = next((e for e in edges if e is not None), None)
        if edge is not None and edge.hub is not hub:
            if edge.busy():
                raise RuntimeError(f"{self!r} is waited for in another thread's hub")
            edge.close()
            edge = None
        if edge is None:
            edge = self._edge = Edge(self, hub)
        return edge

    def _abandon(self) -> None:
        edge, self._edge = self._edge, None
        super()._abandon()
        if edge is not None:
            edge.close()

    def _slow_down(self) -> None:
        super()._slow_down()

    # -- Calls that swallow edges ------------------------------------------------------------------

    def get(self, option: int) -> Any:
        """Read an option; reading EVENTS also wakes those who wait for what it shows.

        Parameters
        ----------
        option : int
            As in `ctzmq.Socket.get`.

        Source: pyzmq `Socket.get`.
        """
        value = super().get(option)
        if option == _EVENTS and self._edge is not None:
            self._edge.look()
        return value

    def _endpoint_call(self, verb: str, function: Callable[..., int], addr: Any) -> None:
        try:
            super()._endpoint_call(verb, function, addr)
        finally:
            if self._edge is not None:
                self._edge.look()

    # -- Waiting -----------------------------------------------------------------------------------

    def _persist(self, attempt: Callable[[int], int], flags: int, event: int) -> Any:
        edge = self._edge
        if flags & DONTWAIT:
            try:
                return super()._persist(attempt, flags, event)
            finally:
                if edge is not None:
                    edge.look()
        mine = edge is not None and edge.owners.get(event) is self._hub().greenlet()
        if edge is None or mine or not edge.lines[event]:
            result = attempt(flags | DONTWAIT)
            if result >= 0:
                if edge is not None:
                    self._passed(edge, flags, event)
                    edge.look()
                return result
            errno = calls.errno()
            if errno not in (Errno.EAGAIN, _errno.EINTR):
                raise self._error(errno)
        timeout = super().get(_TIMEOUTS[event])
        if timeout == 0:
            raise Again()
        deadline = None if timeout < 0 else monotonic() + timeout / 1000
        return self._wait(attempt, flags, event, deadline, mine)

    def _wait(
        self,
        attempt: Callable[[int], int],
        flags: int,
        event: int,
        deadline: float | None,
        first: bool,
    ) -> int:
        edge = self._join()
        line = edge.lines[event]
        place = Place(edge.hub)
        if first:
            line.appendleft(place)
        else:
            line.append(place)
        edge.arm()
        try:
            while True:
                if line[0] is place or not self._address:
                    result = attempt(flags | DONTWAIT)
                    if result >= 0:
                        self._passed(edge, flags, event)
                        return result
                    errno = calls.errno()
                    if errno not in (Errno.EAGAIN, _errno.EINTR):
                        raise self._error(errno)
                    events = edge.events()
                    if events is None or events & event:
                        # libzmq takes note of new room only now and then when it sends.
                        edge.hub.breathe()
                        continue
                elif edge.events() is None:
                    raise self._ended(attempt, flags)
                if not place.park(deadline):
                    raise Again()
        finally:
            line.remove(place)
            place.leave()
            edge.settle()

    def _ended(self, attempt: Callable[[int], int], flags: int) -> ZMQError:
        """Make the exception for a socket that ended while others stood before this one."""
        attempt(flags | DONTWAIT)
        return self._error(calls.errno())

    def _passed(self, edge: Edge, flags: int, event: int) -> None:
        """Note who is in the middle of a message, so that its next part goes before the line."""
        if event == POLLOUT:
            more: Any = flags & SNDMORE
        else:
            more = calls.try_get(self._pointer, _RCVMORE)
        edge.owners[event] = edge.hub.greenlet() if more else None

    def poll(self, timeout: float | None = None, flags: int = POLLIN) -> int:
        """Wait until the socket is ready, while others run.

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
        if not self._address:
            raise self._error(Errno.ENOTSOCK)
        ready = poll(self._hub(), [(self, flags)], timeout)
        return ready[0][1] if ready else 0


def poll(hub: Hub, sockets: Any, timeout: float | None) -> list[tuple[Any, int]]:
    """Wait until a socket or descriptor is ready, while others run.

    Parameters
    ----------
    hub : Hub
        Where to wait.
    sockets : sequence of (socket or descriptor, events)
        As in `ctzmq.zmq_poll`; sockets of any flavour.
    timeout : float or None
        Milliseconds; None or less than 0 waits for ever, 0 does not wait.

    Returns
    -------
    list of (socket or descriptor, events)
        Those that are ready.

    Raises
    ------
    ZMQError, ContextTerminated, TypeError, ValueError
        As `ctzmq.zmq_poll` does.

    Source: libzmq `zmq_poll`, pyzmq `zmq.green.poll`.
    """
    left = _poll.milliseconds(timeout)
    ready = _poll.zmq_poll(sockets, 0)
    edges = [s._edge for s, _ in sockets if isinstance(s, GreenSocket) and s._edge is not None]
    for edge in edges:
        edge.look()
    if ready or not left or not sockets:
        return ready
    place = Place(hub)
    deadline = None if left == _poll.inf else monotonic() + left / 1000
    edges = []
    watches = []
    try:
        for socket, events in sockets:
            if isinstance(socket, GreenSocket):
                edge = socket._join()
                edge.observers.append(place)
                edges.append(edge)
                edge.arm()
            else:
                watches += _watches(hub, socket, events, place)
        while True:
            ready = _poll.zmq_poll(sockets, 0)
            if ready or not place.park(deadline):
                return ready
    finally:
        place.leave()
        for watch in watches:
            hub.unwatch(watch)
        for edge in edges:
            edge.observers.remove(place)
            edge.settle()


def _watches(hub: Hub, socket: Any, events: int, place: Place) -> list[Any]:
    if isinstance(socket, _socket.Socket):
        return [hub.watch(socket.fileno(), place.wake)]
    descriptor = socket if isinstance(socket, int) else socket.fileno()
    watches = []
    if events & POLLIN:
        watches.append(hub.watch(descriptor, place.wake))
    if events & POLLOUT:
        watches.append(hub.watch(descriptor, place.wake, write=True))
    return watches
