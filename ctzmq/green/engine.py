"""Sockets that let other greenlets run while they wait, for any hub that switches greenlets.

`waiting.edge` explains the rules of ZMQ_FD that all flavours keep; this module has the greenlets'
part. While anybody waits, all operations on a socket go through `_persist`, `get` or
`_endpoint_call`.
"""

from __future__ import annotations

from _thread import get_ident
from itertools import islice, repeat
from operator import index
from time import monotonic
from typing import Any, Callable

from ..constants.enums import Errno
from ..constants.options import SocketOption
from ..core import names, registry
from ..core import poll as _poll
from ..core import pollitems as _pollitems
from ..core import socket as _socket
from ..core.messaging import SNDMORE, Messaging
from ..core.receiving import RECV, RECV_MULTIPART
from ..core.replaceable import put
from ..core.sending import SEND, SEND_MULTIPART
from ..core.tracker import MessageTracker
from ..core.waits import REFUSED, TRANSIENT, done
from ..error import Again, ZMQError, again
from ..libzmq.annotations import like
from ..libzmq.contract import DONTWAIT, LARGE, UNKNOWN
from ..libzmq.provider import calls
from ..waiting.edge import Edge, EdgeSocket
from ..waiting.hub import Hub
from .parking import HasHub, Place, aside

POLLIN = _poll.POLLIN
POLLOUT = _poll.POLLOUT
try_send = calls.send
try_receive: Any = calls.receive
#: Blocking sockets, whose methods the fast paths bypass unless a program has replaced them.
Blocking: Any = _socket.Socket

_EVENTS = int(SocketOption.EVENTS)
_RCVMORE = int(SocketOption.RCVMORE)
_TIMEOUTS = {POLLIN: SocketOption.RCVTIMEO, POLLOUT: SocketOption.SNDTIMEO}

#: How many calls that need not wait are made before other greenlets get a turn, which is every few
#: milliseconds; it can be set at any time. A long call, such as a poll or a message of 64 KiB or
#: more, counts as `_LONG`; a message of many parts counts as one call for each part.
TURNS = 5000
_LONG = 100
_MANY = 4
# Counts down in C: decrementing an int would add 45 to 70 ns to each call, a tenth of it.
_turns = repeat(None, TURNS)


def _breathe(hub: Hub) -> None:
    global _turns
    _turns = repeat(None, TURNS)
    hub.breathe()


def _spend(count: int) -> None:
    """Count one call as several."""
    next(islice(_turns, count - 1, None), None)


class GreenSocket(EdgeSocket[bytes], HasHub):
    """A socket whose calls let other greenlets run while they wait.

    Each flavour derives from it and gives it a hub.

    Parameters
    ----------
    ctx_or_socket, socket_type, shadow, copy_threshold
        As for `ctzmq.Socket`.

    Source: pyzmq `zmq.green.Socket`, `eventlet.green.zmq.Socket`.
    """

    __slots__ = ("_midway",)

    #: The class of the trackers that `send` returns.
    _tracker_class: Any = None
    #: Whether the last part was sent with SNDMORE. It may stay True for one extra call.
    _midway: bool
    _looks_up = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        put(self, "_midway", False)
        super().__init__(*args, **kwargs)

    # -- The fast path -----------------------------------------------------------------------------

    # As in `ctzmq.Socket`, but counted. Others get their turn before a message is touched, so that
    # an exception thrown into the greenlet loses no message, and never between two parts.

    @like(lambda: Messaging.send)
    def send(
        self,
        data: Any,
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        routing_id: int | None = None,
        group: str | None = None,
    ) -> MessageTracker | None:
        for _ in _turns:
            break
        else:
            self._rest(POLLOUT)
        if Blocking.send is not SEND:
            more = {"routing_id": routing_id, "group": group}
            kwargs = {name: value for name, value in more.items() if value is not None}
            replaced: Any = super().send
            tracker: MessageTracker | None = self._insist(
                lambda flags: replaced(data, flags, copy, track, **kwargs), index(flags), POLLOUT
            )
        elif type(data) is bytes and copy and not flags and routing_id is None and group is None:
            failed = try_send(self._handle, data, 0)
            if failed:
                if failed > 0:
                    _spend(_LONG)
                self._send_bytes(data, 0, failed)
            return None
        else:
            tracker = super().send(data, flags, copy, track, routing_id, group)
        if index(flags) & SNDMORE:
            # Not before it is sent, because others may run until then.
            put(self, "_midway", True)
        return tracker

    @like(lambda: Messaging.send_multipart)
    def send_multipart(
        self,
        msg_parts: Any,
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        **kwargs: Any,
    ) -> MessageTracker | None:
        for _ in _turns:
            break
        else:
            self._rest(POLLOUT)
        if kwargs or Blocking.send_multipart is not SEND_MULTIPART:
            return super().send_multipart(msg_parts, flags, copy, track, **kwargs)
        if msg_parts.__class__ is list and len(msg_parts) > _MANY:
            _spend(len(msg_parts))
        tracker: MessageTracker | None = SEND_MULTIPART(self, msg_parts, flags, copy, track)
        if flags and index(flags) & SNDMORE:
            put(self, "_midway", True)
        return tracker

    @like(lambda: Messaging.recv)
    def recv(self, flags: int = 0, copy: bool = True, track: bool = False) -> Any:
        for _ in _turns:
            break
        else:
            self._rest(POLLIN)
        if Blocking.recv is not RECV:
            replaced = super().recv
            return self._insist(lambda flags: replaced(flags, copy, track), index(flags), POLLIN)
        if not copy:
            return super().recv(flags, copy, track)
        data = try_receive(self._handle)
        if data.__class__ is bytes:
            return data
        data = self._received(data, index(flags))
        if len(data) >= LARGE:
            _spend(_LONG)
        return data

    def _receive(self, flags: int = 0, copy: bool = True, track: bool = False) -> Any:
        for _ in _turns:
            break
        else:
            self._rest(POLLIN)
        return super()._receive(flags, copy, track)

    @like(lambda: Messaging.recv_multipart)
    def recv_multipart(self, flags: int = 0, copy: bool = True, track: bool = False) -> Any:
        for _ in _turns:
            break
        else:
            self._rest(POLLIN)
        if Blocking.recv_multipart is not RECV_MULTIPART:
            return super().recv_multipart(flags, copy, track)
        parts: Any = RECV_MULTIPART(self, flags, copy, track)
        if len(parts) > _MANY:
            _spend(len(parts))
        return parts

    def _insist(self, call: Any, flags: int, event: int) -> Any:
        """Repeat a call that a program has replaced in the class, until it need not wait."""
        if flags & DONTWAIT:
            return call(flags)
        deadline = self._deadline(monotonic(), event)
        refused = False
        while True:
            try:
                return call(flags | DONTWAIT)
            except Again:
                now = monotonic()
                if now >= deadline:
                    raise
                if refused:
                    Place(self._hub()).park(min(deadline, now + REFUSED))
                elif not self._ready(event, max(0.0, deadline - now) * 1000):
                    raise
                refused = not refused

    def _rest(self, event: int) -> None:
        """Let others run, unless a message is half sent or received."""
        if event == POLLOUT:
            midway, self._midway = self._midway, False
        else:
            midway = bool(calls.try_get(self._pointer, _RCVMORE))
        if not midway:
            _breathe(self._hub())

    def _send_object(self, *args: Any, **kwargs: Any) -> MessageTracker | None:
        tracker = super()._send_object(*args, **kwargs)
        if tracker is not None and tracker.__class__ is MessageTracker and tracker.events:
            # A frame may share this tracker, which then waits in the hub too.
            tracker.__class__ = self._tracker_class
        return tracker

    def _ready(self, event: int, timeout: float) -> bool:
        return bool(poll(self._hub(), [(self, event)], timeout, strict=True))

    # -- Waiting -----------------------------------------------------------------------------------

    def _persist(
        self, attempt: Callable[[int], Any], flags: int, event: int, failed: Any = UNKNOWN
    ) -> Any:
        edge = self._busy_edge()
        if flags & DONTWAIT:
            result = super()._persist(attempt, flags, event, failed)
            if edge is not None:
                self._passed(edge, flags, event)
            return result
        mine = edge is not None and edge.owners.get(event) is edge.hub.greenlet()
        if event == POLLIN and self._handle:
            # Nobody waits, and the quick call has just failed.
            pass
        elif edge is None or mine or not edge.lines[event] or edge.lines[event][0].refused:
            result = self._counted(attempt, flags)
            if edge is not None:
                if done(result):
                    self._passed(edge, flags, event)
                edge.look()
            if done(result):
                return result
            if -result not in TRANSIENT:
                raise self._error(-result, event)
        timeout = super().get(_TIMEOUTS[event])
        if timeout == 0:
            try:
                return self._persist(attempt, flags | DONTWAIT, event)
            except Again:
                raise again(event, 0) from None
        deadline = None if timeout < 0 else monotonic() + timeout / 1000
        return self._wait(attempt, flags, event, deadline, mine)

    def _wait(
        self,
        attempt: Callable[[int], Any],
        flags: int,
        event: int,
        deadline: float | None,
        first: bool,
    ) -> Any:
        edge = self._join()
        line = edge.lines[event]
        place = Place(edge.hub)
        if first:
            line.appendleft(place)
        else:
            line.append(place)
        tries = 0
        try:
            edge.arm()
            while True:
                limit = deadline
                if line[0] is place:
                    result = self._counted(attempt, flags)
                    if done(result):
                        self._passed(edge, flags, event)
                        return result
                    if -result not in TRANSIENT:
                        raise self._error(-result, event)
                    place.refused = bool(edge.look() & event)
                    if place.refused:
                        place.forget()
                        tries += 1
                        if tries < 2:
                            # A send processes new room only now and then, but reading EVENTS just
                            # did.
                            continue
                        soon = monotonic() + REFUSED
                        limit = soon if deadline is None else min(deadline, soon)
                elif edge.look() < 0:
                    raise self._ended(attempt, flags)
                if place.park(limit):
                    tries = 0
                elif limit == deadline:
                    raise again(event, super().get(_TIMEOUTS[event]))
        finally:
            line.remove(place)
            place.forget()
            edge.settle()

    def _ended(self, attempt: Callable[[int], Any], flags: int) -> ZMQError:
        """Make the exception for a socket that ended while others were ahead in the line."""
        return self._error(-self._counted(attempt, flags))

    def _counted(self, attempt: Callable[[int], Any], flags: int) -> Any:
        """Make a careful call without waiting, and keep the socket from being freed meanwhile."""
        token = object()
        try:
            self._sharers.users[token] = get_ident()
            return attempt(flags | DONTWAIT)
        finally:
            self._sharers.leave(token)

    def _passed(self, edge: Edge, flags: int, event: int) -> None:
        """Note which greenlet is in the middle of a message, whose next part skips the line."""
        if event == POLLOUT:
            more: Any = flags & SNDMORE
        else:
            more = calls.try_get(self._pointer, _RCVMORE)
        edge.owners[event] = edge.hub.greenlet() if more else None

    def _look_up(self, host: bytes, ipv6: bool) -> bytes | None:
        return aside(self._hub(), lambda: names.look_up(host, ipv6))

    def close(self, linger: int | None = None) -> None:
        """Close the socket, which wakes those who wait in it with ENOTSOCK.

        Parameters
        ----------
        linger : int, optional
            As in `ctzmq.Socket.close`.

        Raises
        ------
        RuntimeError
            When greenlets of another native thread wait in it; it stays open then.
        TypeError
            When `linger` is no number; the socket stays open then.
        OverflowError
            When it has more than 32 bits; the socket stays open then.
        ZMQError
            EINVAL when it is less than -1; the socket stays open then.

        Source: libzmq `zmq_close`, pyzmq `Socket.close`.
        """
        if not registry.ending:
            self._busy_edge()
        super().close(linger)

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
        TypeError
            When the time-out or the flags are no number.

        Source: libzmq `zmq_poll`, pyzmq `Socket.poll`.
        """
        if self._poller_class is not self._plain_poller:
            found: int = self._poll_with(self._poller_class, timeout, flags)
            return found
        ready = poll(self._hub(), [(self, flags)], timeout, strict=True)
        return ready[0][1] if ready else 0


_socket.OWN.update((GreenSocket.send, GreenSocket.recv))


class _Guest(GreenSocket):
    """A green stand-in for a socket of another flavour while it is polled."""

    __slots__ = ("_hub",)

    def __init__(self, hub: Hub, socket: Any) -> None:
        self._hub = lambda: hub  # type: ignore[misc]
        super().__init__(socket)


def poll(
    hub: Hub, sockets: Any, timeout: float | None, strict: bool = False
) -> list[tuple[Any, int]]:
    """Wait until a socket or descriptor is ready, while others run; what is closed never is.

    Parameters
    ----------
    hub : Hub
        Where to wait.
    sockets : sequence of (socket or descriptor, events)
        As in `ctzmq.zmq_poll`; sockets of any flavour.
    timeout : float or None
        Milliseconds; None or less than 0 waits for ever, 0 does not wait.
    strict : bool
        Whether a socket that is closed is an error.

    Returns
    -------
    list of (socket or descriptor, events)
        Those that are ready.

    Raises
    ------
    ZMQError, ContextTerminated, TypeError, ValueError
        As `ctzmq.zmq_poll` does; ENOTSOCK for each that is closed, if `strict`.

    Source: libzmq `zmq_poll`, pyzmq `zmq.green.poll`.
    """
    left = _pollitems.milliseconds(timeout)
    sockets = list(sockets)
    for _ in _turns:
        break
    else:
        _breathe(hub)
    _spend(_LONG // 5)
    for socket, _ in sockets:
        if isinstance(socket, GreenSocket):
            socket._busy_edge()
    ready = _look(sockets, strict)
    if ready or not left or not sockets:
        return ready
    place = Place(hub)
    deadline = None if left == _pollitems.inf else monotonic() + left / 1000
    # This keeps guests alive, whose edges would be collected with them.
    observed: list[tuple[GreenSocket, Edge, tuple[Place, int]]] = []
    watches: list[Any] = []
    try:
        for socket, events in sockets:
            found = _pollitems.entry(socket, events)
            if found is None:
                continue
            address, descriptor, _ = found
            if address:
                green = socket if isinstance(socket, GreenSocket) else _Guest(hub, socket)
                edge, observer = green._join(), (place, events)
                edge.observers.append(observer)
                observed.append((green, edge, observer))
                edge.arm()
            else:
                watches += _watches(hub, descriptor, events, place)
        while True:
            ready = _look(sockets, strict)
            if ready:
                return ready
            if deadline is None:
                _pollitems.check_end(sockets)
            for _, edge, _ in observed:
                if not edge.over():
                    edge.look()
            if not place.park(deadline):
                return ready
    finally:
        place.forget()
        for watch in watches:
            hub.unwatch(watch)
        for _, edge, observer in observed:
            edge.observers.remove(observer)
            edge.settle()


def _look(sockets: list[tuple[Any, int]], strict: bool) -> list[tuple[Any, int]]:
    if strict:
        for socket, _ in sockets:
            if not socket._address:
                raise socket._error(Errno.ENOTSOCK)
    return _poll.zmq_poll(sockets, timeout=0)


def _watches(hub: Hub, descriptor: int, events: int, place: Place) -> list[Any]:
    watches = []
    if events & POLLIN:
        watches.append(hub.watch(descriptor, place.wake))
    if events & POLLOUT:
        watches.append(hub.watch(descriptor, place.wake, write=True))
    return watches
