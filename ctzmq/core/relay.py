"""A steerable proxy in Python, because libzmq's own differs between releases.

The relay keeps what is in transit: a part for which there was no room after all, or a message whose
other parts have not arrived. So a relay can be left after any part and resumed, and it never waits
itself; whoever runs it waits, in a poll or in a hub.
"""

from __future__ import annotations

import errno as _errno
from _thread import get_ident
from collections.abc import Iterable
from contextlib import suppress
from struct import pack
from typing import Any

from ..error import ZMQError, check
from ..libzmq import numbers, prototypes
from ..libzmq.contract import DONTWAIT
from ..libzmq.provider import calls
from .content import Content
from .waits import REFUSED

__all__ = ["Relay"]

POLLIN = numbers.POLLIN
POLLOUT = numbers.POLLOUT
SNDMORE = numbers.SNDMORE
TRANSIENT = (numbers.EAGAIN, _errno.EINTR)
receive_message = calls.receive_message
send_message = calls.send_message
message_more = calls.message_more

#: How many messages go in one direction before the other direction gets a turn.
BATCH = 100

# What to do next with the part that a `Way` holds.
_RECEIVE, _COPY, _SEND = range(3)


class Way:
    """One direction of a proxy.

    Parameters
    ----------
    source, target, capture : Socket
        Where messages come from, where they go, and where a copy goes, if anywhere.
    """

    __slots__ = (
        "_capture",
        "_copy",
        "_looks",
        "_message",
        "_more",
        "_next",
        "_source",
        "_target",
        "bytes",
        "count",
        "full",
        "refused",
    )

    def __init__(self, source: Any, target: Any, capture: Any) -> None:
        self._source, self._target, self._capture = source, target, capture
        self._message, self._copy = Content(calls.new_message()), Content(calls.new_message())
        self._next = _RECEIVE
        #: Whether parts of the same message follow the last one.
        self._more: int = False
        # A socket that is both sides, such as a REP, cannot send before it has received.
        receivers = [capture, None if source._address == target._address else target]
        self._looks = [(each, calls.new_look()) for each in receivers if each is not None]
        #: The full socket that is waited for, if any.
        self.full: Any = None
        #: Whether a socket refused a part although EVENTS said that it had room.
        self.refused = False
        #: The number of parts, and of bytes of content, that were passed on.
        self.count = self.bytes = 0

    def awaited(self) -> tuple[Any, int]:
        """Return the socket and the event to wait for."""
        return (self._source, POLLIN) if self.full is None else (self.full, POLLOUT)

    def forward(self, most: int = BATCH) -> None:
        """Pass on some of the available messages, as far as there is room for them.

        Parameters
        ----------
        most : int
            How many messages at most.

        Raises
        ------
        ZMQError
            When a socket fails.
        """
        source, target, message = self._source, self._target, self._message.message
        self.full, self.refused = None, False
        left = most
        while left:
            if self._next == _RECEIVE:
                if not self._more and self._crowded():
                    return
                size = receive_message(source._handle, message)
                if size < 0:
                    # There is nothing after earlier parts, or the careful call has confirmed it.
                    size = -1 if left < most else self._receive()
                    if size < 0:
                        return
                self._next = _SEND if self._capture is None else _COPY
                self._more = message_more(message)
                self.count += 1
                self.bytes += size
            flags = DONTWAIT | SNDMORE if self._more else DONTWAIT
            if self._next == _COPY:
                if not self._show(flags):
                    return
                self._next = _SEND
            if send_message(target._handle, message, flags) < 0 and not self._send(
                target, message, flags
            ):
                return
            self._next = _RECEIVE
            if not self._more:
                left -= 1

    def finish(self) -> None:
        """Pass on the rest of a message whose first parts were sent, if there is room."""
        if self._next != _RECEIVE or self._more:
            with suppress(ZMQError):
                self.forward(1)

    def _crowded(self) -> bool:
        """Return a socket that has no room for another message."""
        for socket, look in self._looks:
            events = look(socket._handle)
            if events < 0:
                # The socket has no quick handle, or is closed.
                events = socket.get(numbers.EVENTS)
            if not events & POLLOUT:
                self.full = socket
                return True
        return False

    def _receive(self) -> int:
        """Receive with a careful call; return -1 when there is nothing."""
        source = self._source
        for _ in range(2):
            size = calls.wait_receive_message(source._pointer, self._message.message, DONTWAIT)
            if size >= 0:
                return size
            errno = -size
            if errno in TRANSIENT:
                return -1
        # A signal handler may have changed errno since, so an error counts only if it occurs twice.
        raise source._error(errno)

    def _send(self, socket: Any, message: Any, flags: int) -> bool:
        """Send with a careful call; return whether the message was taken."""
        for _ in range(2):
            sent = calls.wait_send_message(socket._pointer, message, flags)
            if sent >= 0:
                return True
            errno = -sent
            if errno in TRANSIENT:
                self.full = socket
                self.refused = bool(socket.get(numbers.EVENTS) & POLLOUT)
                return False
        raise socket._error(errno)

    def _show(self, flags: int) -> bool:
        """Send a copy of a part to the capture socket; return whether it was taken."""
        copy = calls.reference(self._copy.message)
        check(prototypes.zmq_msg_copy(copy, calls.reference(self._message.message)))
        return self._send(self._capture, self._copy.message, flags)


class Relay:
    """A proxy that its caller runs one turn at a time.

    Parameters
    ----------
    frontend, backend, capture, control : Socket
        As for `ctzmq.proxy_steerable`, of any flavour; they are open.
    """

    __slots__ = ("_back", "_control", "_message", "_paused", "_sockets", "_there", "_ways", "over")

    def __init__(
        self, frontend: Any, backend: Any, capture: Any = None, control: Any = None
    ) -> None:
        self._control = control
        sockets = frontend, backend, capture, control
        self._sockets = [socket for socket in sockets if socket is not None]
        self._message = Content(calls.new_message())
        self._there = self._back = Way(frontend, backend, capture)
        self._ways = [self._there]
        if frontend._address != backend._address:
            self._back = Way(backend, frontend, capture)
            self._ways.append(self._back)
        self._paused = False
        #: Whether it was told to end.
        self.over = False

    def awaited(self) -> tuple[tuple[tuple[Any, int], ...], float]:
        """Return what to wait for, as polls take it, and how long: milliseconds, or -1."""
        awaited: dict[Any, int] = {}
        timeout = -1.0
        if self._control is not None:
            awaited[self._control] = POLLIN
        for way in () if self._paused else self._ways:
            if way.refused:
                timeout = REFUSED * 1000
            else:
                socket, event = way.awaited()
                awaited[socket] = awaited.get(socket, 0) | event
        return tuple(awaited.items()), timeout

    def turn(self, found: Iterable[tuple[Any, int]]) -> None:
        """Execute a command, and pass messages on.

        Parameters
        ----------
        found : iterable of (socket, events)
            What a poll for `awaited` returned.

        Raises
        ------
        ZMQError
            When a socket fails.
        """
        ready = dict(found)
        token = self._enter()
        try:
            if self._control is not None and ready.get(self._control, 0) & POLLIN:
                self._obey()
            # Messages get their turn however many commands arrive.
            for way in () if self._paused or self.over else self._ways:
                socket, event = way.awaited()
                if way.refused or ready.get(socket, 0) & event:
                    way.forward()
        finally:
            self._leave(token)

    def finish(self) -> None:
        """Pass on the rest of messages of which some parts were sent already."""
        token = self._enter()
        try:
            for way in self._ways:
                way.finish()
        finally:
            self._leave(token)

    def _enter(self) -> object:
        """From here on, keep a socket that another thread closes from being freed."""
        token = object()
        for socket in self._sockets:
            socket._sharers.users[token] = get_ident()
        return token

    def _leave(self, token: object) -> None:
        for socket in self._sockets:
            socket._leave(token)

    # -- Commands ----------------------------------------------------------------------------------

    def _obey(self) -> None:
        """Execute a command; unknown ones change nothing."""
        parts = self._command()
        if not parts:
            return
        *envelope, command = parts
        if command == b"STATISTICS":
            self._reply([*envelope, *self._statistics()])
            return
        if command == b"TERMINATE":
            self.over = True
        elif command in (b"PAUSE", b"RESUME"):
            self._paused = command == b"PAUSE"
        if self._control._type == numbers.REP:
            self._reply([b""])

    def _command(self) -> list[bytes]:
        parts: list[bytes] = []
        message = self._message.message
        more = 1
        while more:
            size = calls.wait_receive_message(self._control._pointer, message, DONTWAIT)
            if size < 0:
                # The next poll will report the error.
                return []
            parts.append(calls.read(message))
            more = message_more(message)
        calls.empty(message)
        return parts

    def _statistics(self) -> list[bytes]:
        """Return eight numbers: of the frontend, then of the backend, what it received and sent."""
        there, back = self._there, self._back
        came = there.count, there.bytes
        went = (0, 0) if back is there else (back.count, back.bytes)
        return [pack("=Q", number) for number in (*came, *went, *went, *came)]

    def _reply(self, parts: list[bytes]) -> None:
        """Send an answer if the control socket can: no PULL or SUB, and with room at the peer."""
        for number, part in enumerate(parts, 1):
            flags = DONTWAIT | SNDMORE if number < len(parts) else DONTWAIT
            if calls.wait_send(self._control._pointer, part, flags) < 0:
                break
