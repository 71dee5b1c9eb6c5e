"""The waiters for a socket, whatever they are: greenlets, or tasks of an event loop.

ZMQ_FD, the descriptor of a socket, is edge-triggered: it says that the state has changed, not that
there is something to do, and it says so once. Four rules are enough to make it safe to wait for:

1. *Try first.* A call that need not wait never gets here: no wait, no lock, no timer.
2. *Every operation may consume the edge that another waits for*, because each one makes libzmq
   process all pending changes. So while anybody waits, the socket and all that share it, blocking
   ones too, have no quick handle: every operation takes the slow path, which ends by reading EVENTS
   and waking those who can go on. While nobody waits, this costs nothing.
3. *Line up, then try again.* A call that has to wait takes its place in the line, tries once more,
   and then waits. The second try sees whatever changed before it; whatever changes later makes the
   descriptor readable, and the watch reads EVENTS.
4. *Whoever leaves the line looks.* On every way out, a waiter that was woken and is then killed or
   cancelled, or whose time-out expires, passes its turn on.

A readable descriptor without an event is normal: reading EVENTS makes it unreadable again. Only the
first in each line is woken, so ten thousand waiters cost nothing when one message arrives.
"""

from __future__ import annotations

import weakref
from collections import deque
from typing import Any, Callable, ClassVar, Protocol

from ..constants.enums import Errno
from ..constants.options import SocketOption
from ..core import options, registry
from ..core import poll as _poll
from ..core import socket as _socket
from ..core.handle import Handle
from ..core.replaceable import put
from ..core.sockopts import SocketOptions
from ..error import ZMQError
from ..libzmq.annotations import TypeVar, like
from ..libzmq.provider import calls
from .hub import Watcher

R = TypeVar("R", default=bytes)

POLLIN = _poll.POLLIN
POLLOUT = _poll.POLLOUT

ENOTSOCK = int(Errno.ENOTSOCK)
_EVENTS = int(SocketOption.EVENTS)


class Waiter(Protocol):
    """A call that waits in a line, or a poll of several sockets."""

    woken: bool

    def wake(self) -> None:
        """Resume it soon."""

    def run(self) -> None:
        """Resume it at once; only callbacks of the loop may call this."""


class Edge:
    """The waiters for one libzmq socket, and the watch on its descriptor."""

    __slots__ = (
        "__weakref__",
        "_armed",
        "_events",
        "_news",
        "_pointer",
        "_quick",
        "_sharers",
        "_socket",
        "_watch",
        "hub",
        "lines",
        "observers",
        "owners",
    )

    def __init__(self, socket: EdgeSocket[Any], hub: Watcher) -> None:
        self.hub: Any = hub
        self.lines: dict[int, deque[Any]] = {POLLIN: deque(), POLLOUT: deque()}
        #: Who is in the middle of a multipart message, which nobody may interrupt.
        self.owners: dict[int, Any] = {}
        #: The polls of the socket, each with its events.
        self.observers: list[tuple[Waiter, int]] = []
        self._events = calls.new_look()
        self._pointer = socket._pointer
        # Weak references, so that a socket that nobody else refers to is collected.
        self._sharers = socket._sharers
        self._socket = weakref.ref(socket)
        self._quick = socket._quick
        self._armed = False
        self._watch: Any = None
        reference: weakref.ref[Edge] = weakref.ref(self)
        descriptor = socket.fileno()
        try:
            self._watch = hub.watch(descriptor, lambda: _changed(reference))
        except Exception:
            if socket._address:
                raise
            # A signal handler has just closed it.
            raise socket._error(ENOTSOCK) from None
        # Needed for thread-safe sockets, whose descriptor is that of a draft poller.
        self._news = socket._draft_poller

    def __del__(self, _finalizing: Any = registry.finalizing) -> None:
        # Needed for shadows, which are collected without being closed.
        if not _finalizing():
            self._unwatch()

    def busy(self) -> bool:
        """Tell whether anybody waits."""
        return bool(self.lines[POLLIN] or self.lines[POLLOUT] or self.observers)

    def over(self) -> bool:
        """Tell whether the socket was closed or has moved to another hub."""
        return self._watch is None

    def alone(self) -> tuple[Waiter, int] | None:
        """Return the only waiter and its event, or None."""
        receivers, senders = self.lines[POLLIN], self.lines[POLLOUT]
        if len(receivers) + len(senders) != 1 or self.observers:
            return None
        return (receivers[0], POLLIN) if receivers else (senders[0], POLLOUT)

    def events(self) -> int:
        """Read EVENTS, which clears the descriptor; -1 if the socket or its context ended."""
        if self._quick:
            return self._events(self._pointer)
        if self._news is not None:
            self._news.take_news()
        try:
            return int(options.read(self._sharers.call, _EVENTS))
        except ZMQError:
            return -1

    def look(self) -> int:
        """Wake those who can go on; return EVENTS, or -1 when the socket or its context ended."""
        events = self.events()
        for event, line in self.lines.items():
            if events < 0:
                for place in line:
                    place.wake()
            elif line and events & event:
                line[0].wake()
        for place, wanted in self.observers:
            if events < 0 or events & wanted:
                place.wake()
        return events

    def changed(self) -> None:
        """Do what `look` does in the loop, where a single waiter can be resumed at once."""
        alone = self.alone()
        if alone is None:
            self.look()
            return
        place, wanted = alone
        if self.events() & wanted and not place.woken:
            place.run()

    def arm(self) -> None:
        """Make every operation take the slow path, which ends with a look at EVENTS."""
        if self._armed:
            return
        self._armed = Handle.waited = True
        self._sharers.edge = self
        self.hub.attend(self._watch, True)
        socket = self._single()
        if socket is not None:
            put(socket, "_handle", calls.NULL)
            return
        for sharer in self._sharers.living():
            put(sharer, "_handle", calls.NULL)

    def _single(self) -> Any:
        """Return the socket if no other shares its libzmq socket, which is quicker than the set."""
        return self._socket() if len(self._sharers) == 1 else None

    def settle(self) -> None:
        """Look at EVENTS, or reopen the fast path if nobody waits any more."""
        if self._watch is None:
            return
        if self.busy():
            self.look()
            return
        self.owners.clear()
        self._disarm()

    def _disarm(self) -> None:
        """Reopen the fast path."""
        if not self._armed:
            return
        self._armed = False
        self._sharers.edge = None
        self.hub.attend(self._watch, False)
        if not self._quick:
            return
        socket = self._single()
        if socket is not None:
            put(socket, "_handle", socket._pointer)
            return
        for sharer in self._sharers.living():
            put(sharer, "_handle", sharer._pointer)

    def slow_down(self) -> None:
        """Keep the fast path closed even while nobody waits."""
        self._quick = False

    def here(self) -> bool:
        """Tell whether the waiters may be woken in this thread."""
        here: bool = self.hub.here()
        return here

    def abandoned(self) -> bool:
        """Tell whether the hub has ended, so that its waiters never go on."""
        ended: bool = self.hub.ended()
        return ended

    def close(self, moved: bool = False) -> None:
        """Wake everybody, and stop watching.

        Parameters
        ----------
        moved : bool
            Whether the socket is still open, and is waited for in another hub from now on.
        """
        busy = self.busy()
        self._end()
        if not registry.finalizing() and self.here():
            self.look()
            if busy:
                self.hub.rouse()

    def noticed(self) -> None:
        """Look at EVENTS after a call of a sharer; in another thread nobody can be woken."""
        if self.here():
            self.look()

    def _end(self) -> None:
        self._pointer = calls.NULL
        if self._sharers.edge is self:
            self._sharers.edge = None
        self._unwatch()

    def _unwatch(self) -> None:
        watch, self._watch = self._watch, None
        # At interpreter shutdown no hub runs any more, and its modules may be gone.
        if watch is not None and not registry.finalizing():
            self.hub.unwatch(watch)


def _changed(reference: weakref.ref[Edge]) -> None:
    edge = reference()
    if edge is not None:
        edge.changed()


class EdgeSocket(_socket.Socket[R]):
    """A socket that can be waited for without blocking its thread.

    Each flavour gives it a hub, and says how to wait.

    Parameters
    ----------
    ctx_or_socket, socket_type, shadow, copy_threshold
        As for `ctzmq.Socket`.

    Source: own.
    """

    __slots__ = ("_edge", "_quick")

    #: Returns the hub of the thread that calls it.
    _hub: ClassVar[Any]
    _edge_class: type[Edge] = Edge
    _edge: Edge | None
    #: Whether quick calls are allowed on this socket while nobody waits.
    _quick: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        put(self, "_edge", None)
        put(self, "_quick", True)
        super().__init__(*args, **kwargs)
        for original in self._sharers.living():
            if original is not self and isinstance(original, EdgeSocket):
                self._edge, self._quick = original._edge, original._quick
                break
        else:
            put(self, "_quick", bool(self._handle))

    def _join(self) -> Any:
        """Return the edge of this thread's hub, shared by all that share the libzmq socket."""
        hub = self._hub()
        edge = self._edge
        if edge is None or edge.hub is not hub:
            if edge is not None:
                if edge.busy() and not edge.abandoned():
                    raise self._elsewhere()
                edge.close(moved=True)
            edge = self._edge_class(self, hub)
            for sharer in self._sharers.living():
                if isinstance(sharer, EdgeSocket):
                    sharer._edge = edge
            if not self._address:
                # A signal handler closed the socket before it had an edge.
                self._edge = None
                edge.close()
                raise self._error(ENOTSOCK)
        return edge

    def _busy_edge(self) -> Edge | None:
        """Return the edge if anybody waits; refuse if they wait in the hub of another thread."""
        edge = self._edge
        if edge is None or not edge.busy():
            return None
        if not edge.here():
            if edge.abandoned():
                return None
            raise self._elsewhere()
        return edge

    def _elsewhere(self) -> RuntimeError:
        return RuntimeError(f"{self!r} is waited for in another thread's hub: use it there")

    def _abandon(self) -> None:
        edge, self._edge = self._edge, None
        super()._abandon()
        if edge is not None:
            edge.close()

    def _slow_down(self) -> None:
        super()._slow_down()
        for sharer in self._sharers.living():
            if isinstance(sharer, EdgeSocket):
                sharer._quick = False
        if self._edge is not None:
            self._edge.slow_down()

    # -- Calls that swallow edges ------------------------------------------------------------------

    @like(lambda: SocketOptions.get)
    def get(self, option: int) -> Any:
        """Read an option; reading EVENTS also wakes those who can go on.

        Parameters
        ----------
        option : int
            As in `ctzmq.Socket.get`.

        Source: pyzmq `Socket.get`.
        """
        if option == _EVENTS:
            self._busy_edge()
        return super().get(option)

    @like(lambda: SocketOptions.get)
    def getsockopt(self, option: int) -> Any:
        """Do what `get` does, by the `getsockopt` of blocking sockets, which may be replaced."""
        if option == _EVENTS:
            self._busy_edge()
        return super().getsockopt(option)

    _socket.OWN.add(getsockopt)

    def _endpoint_call(
        self, verb: str, function: Callable[..., int], addr: Any, resolved: bytes | None = None
    ) -> None:
        self._busy_edge()
        super()._endpoint_call(verb, function, addr, resolved)
