"""A proxy in Python, for sockets of greenlets.

A message is taken from one side only when the other has room for it, and goes there before anybody
else runs, so that none is lost when the proxy's greenlet is killed. A side that is full does not
hold up the other direction; a capture socket that is full holds up both.
"""

from __future__ import annotations

from struct import pack
from typing import Any

from ..core.poll import POLLIN, POLLOUT
from ..core.proxy import checked
from ..core.socket import Socket
from ..enums import Errno, SocketType
from ..error import Again, ZMQError
from ..libzmq.provider import calls
from ..options import SocketOption
from . import engine
from .hub import Hub

#: How many messages go one way before those of the other way, and other greenlets, get a turn.
BATCH = 100


def pass_on(socket: Any, frames: list[Any]) -> None:
    """Send a message, before anybody else runs if there is room."""
    if isinstance(socket, engine.GreenSocket):
        # Turns are given before the next message is taken.
        socket._midway = True
    try:
        # Even where others wait for room: they have not noticed yet that there is some.
        Socket.send_multipart(socket, frames, calls.DONTWAIT, copy=False)
    except Again:
        Socket.send_multipart(socket, frames, copy=False)


class Way:
    """One direction of a proxy.

    Parameters
    ----------
    source, target, capture : Socket
        Where messages come from, where they go, and where a copy goes, if anywhere.
    """

    __slots__ = ("_capture", "_source", "_target", "bytes", "count", "full")

    def __init__(self, source: Any, target: Any, capture: Any) -> None:
        self._source, self._target, self._capture = source, target, capture
        #: Whether to wait for room, not for a message.
        self.full = False
        self.count = self.bytes = 0

    def awaited(self) -> tuple[Any, int]:
        """Return the socket and the event to wait for."""
        return (self._target, POLLOUT) if self.full else (self._source, POLLIN)

    def forward(self) -> None:
        """Pass on some of the messages that are there."""
        for _ in range(BATCH):
            # A socket that answers to itself, such as a REP, has no room before it has received.
            if self._source is not self._target:
                self.full = not self._target.get(SocketOption.EVENTS) & POLLOUT
            if self.full:
                return
            try:
                frames = self._source.recv_multipart(calls.DONTWAIT, copy=False)
            except Again:
                return
            self.count += 1
            self.bytes += sum(map(len, frames))
            pass_on(self._target, frames)
            if self._capture is not None:
                pass_on(self._capture, frames)


class Relay:
    """A proxy that runs in a greenlet.

    Parameters
    ----------
    hub : Hub
        Where to wait.
    frontend, backend, capture, control : Socket
        As for `ctzmq.proxy_steerable`.

    Raises
    ------
    ZMQError
        ENOTSOCK when a socket is closed.
    TypeError
        When something else than a socket is given.
    """

    def __init__(
        self, hub: Hub, frontend: Any, backend: Any, capture: Any = None, control: Any = None
    ) -> None:
        checked({"frontend": frontend, "backend": backend, "capture": capture, "control": control})
        self._hub, self._control = hub, control
        self._there = Way(frontend, backend, capture)
        self._back = Way(backend, frontend, capture)
        self._ways = [self._there] if frontend is backend else [self._there, self._back]
        self._paused = self._over = False

    def run(self) -> int:
        """Pass messages on until told to stop, or until the context is terminated."""
        while not self._over:
            awaited: dict[Any, int] = {}
            for socket, event in [] if self._paused else [way.awaited() for way in self._ways]:
                awaited[socket] = awaited.get(socket, 0) | event
            if self._control is not None:
                awaited[self._control] = awaited.get(self._control, 0) | POLLIN
            ready = dict(engine.poll(self._hub, awaited.items(), None, strict=True))
            if self._control is not None and ready.get(self._control, 0) & POLLIN:
                self._obey()
                continue
            for way in self._ways:
                socket, event = way.awaited()
                if ready.get(socket, 0) & event:
                    way.forward()
            self._hub.breathe()
        return 0

    def _obey(self) -> None:
        command = b"".join(self._control.recv_multipart())
        reply = [b""] if self._control.type == SocketType.REP else None
        if command == b"STATISTICS":
            there, back = self._there, self._back
            if there is self._ways[-1]:
                back = there
            numbers = (there.count, there.bytes, back.count, back.bytes)
            reply = [pack("=Q", number) for number in (*numbers, *numbers[2:], *numbers[:2])]
        elif command == b"TERMINATE":
            self._over = True
        elif command in (b"PAUSE", b"RESUME"):
            self._paused = command == b"PAUSE"
        else:
            raise ZMQError(
                Errno.EINVAL,
                f"a proxy obeys PAUSE, RESUME, TERMINATE and STATISTICS, not {command!r:.60}",
            )
        if reply is not None:
            self._control.send_multipart(reply)
