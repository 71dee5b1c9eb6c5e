"""Polls that wait in an asyncio event loop for sockets and descriptors."""

from __future__ import annotations

from asyncio import Future
from typing import Any, Callable

from ..core import poll as _poll
from ..core import pollitems as _pollitems
from ..core import registry
from ..error import ZMQError
from ..waiting.edge import POLLIN, POLLOUT, EdgeSocket
from .edge import LoopEdge
from .hub import LoopHub


class Polling(Future[Any]):
    """A poll that waits.

    Parameters
    ----------
    hub : LoopHub
        Where it waits.
    sockets : list of (socket or descriptor, events)
        What it waits for.
    convert : callable
        Makes the result from the list of ready ones.
    strict : bool
        Whether the poll is cancelled when a socket is closed.
    """

    __slots__ = (
        "_convert",
        "_hub",
        "_observed",
        "_sockets",
        "_strict",
        "_timer",
        "_watches",
        "woken",
    )

    def __init__(
        self,
        hub: LoopHub,
        sockets: list[tuple[Any, int]],
        convert: Callable[[list[tuple[Any, int]]], Any],
        strict: bool,
    ) -> None:
        super().__init__(loop=hub.loop)
        self._hub = hub
        self._sockets = sockets
        self._convert = convert
        self._strict = strict
        self._timer: Any = None
        self._watches: list[Any] = []
        self._observed: list[tuple[EdgeSocket, LoopEdge, tuple[Any, int]]] = []
        self.woken = False

    def limit(self, seconds: float) -> None:
        """Finish with an empty result after some seconds."""
        self._timer = self._loop.call_later(seconds, self._finish, [])

    def lose(self, moved: bool) -> None:
        """Go on without a socket that was closed or has moved to another loop."""
        if self._strict or moved or self._loop.is_closed():
            self.cancel()
        else:
            self.wake()

    def observe(self, socket: EdgeSocket, events: int) -> None:
        """Wait for a socket."""
        try:
            edge = socket._join()
        except ZMQError:
            if self._strict or not socket.closed:
                raise
            # A signal handler has closed it just now.
            return
        observer = self, events
        edge.observers.append(observer)
        # The socket may have been made for this poll only.
        self._observed.append((socket, edge, observer))
        edge.arm()

    def watch(self, descriptor: int, events: int) -> None:
        """Wait for a descriptor."""
        for event, write in ((POLLIN, False), (POLLOUT, True)):
            if events & event:
                self._watches.append(self._hub.watch(descriptor, self.wake, write))

    def wake(self) -> None:
        """Check soon what is ready."""
        if not self.woken:
            self.woken = True
            self._loop.call_soon(self.run)

    def run(self) -> None:
        """Check now what is ready."""
        # Polling reads EVENTS, which must not wake this poll again.
        self.woken = True
        if self.done():
            return
        closings = registry.closings
        try:
            ready = _poll.zmq_poll(self._sockets, timeout=0)
            if not ready and self._timer is None:
                _pollitems.check_end(self._sockets)
        except Exception as error:
            # A signal handler may have closed a socket and so cancelled a strict poll.
            if not self.done():
                self.set_exception(error)
                self.leave()
            return
        if ready:
            self._finish(ready)
            return
        self.woken = False
        if registry.closings != closings:
            # A close during the poll could not wake it.
            self.wake()
        for _, edge, _ in self._observed:
            if not edge.over():
                edge.look()

    def _finish(self, ready: list[tuple[Any, int]]) -> None:
        if not self.done():
            self.set_result(self._convert(ready))
            self.leave()

    def leave(self) -> None:
        """Stop watching everything."""
        if self._timer is not None:
            self._timer.cancel()
        for watch in self._watches:
            self._hub.unwatch(watch)
        for _, edge, observer in self._observed:
            if observer in edge.observers:
                edge.observers.remove(observer)
                edge.settle()
        self._timer, self._watches, self._observed, self._sockets = None, [], [], []

    def cancel(self, msg: Any = None) -> bool:
        """Cancel the poll."""
        if self.done():
            return False
        try:
            super().cancel(msg)
        finally:
            self.leave()
        return True
