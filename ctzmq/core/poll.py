"""Waits until sockets and file descriptors are ready."""

from __future__ import annotations

import errno
import sys
import threading
from math import ceil, inf
from time import monotonic
from typing import Any

from ..enums import Errno, PollEvent
from ..error import ZMQError, from_errno
from ..libzmq import prototypes
from ..libzmq.provider import calls
from ..libzmq.structs import zmq_pollitem_t

__all__ = ["Poller", "select", "zmq_poll"]

POLLIN = int(PollEvent.POLLIN)
POLLOUT = int(PollEvent.POLLOUT)
POLLERR = int(PollEvent.POLLERR)

#: The longest wait that fits C's `long` on every platform, in milliseconds.
_LONGEST = 2**31 - 1
#: On Windows no signal interrupts `zmq_poll`: the main thread looks up this often, in milliseconds.
_GLANCE = 50


def milliseconds(timeout: float | None) -> float:
    """Turn a time-out as users write it into one that counts down.

    Parameters
    ----------
    timeout : float or None
        Milliseconds; None or less than 0 waits for ever.

    Returns
    -------
    float
        Whole milliseconds, or infinity.
    """
    if timeout is None or timeout < 0:
        return inf
    return int(timeout) if timeout != inf else inf


def _slice(left: float) -> int:
    """Tell how long one call of `zmq_poll` may take, in milliseconds; -1 is for ever."""
    if sys.platform == "win32" and threading.current_thread() is threading.main_thread():
        return int(min(left, _GLANCE))
    return -1 if left == inf else int(min(left, _LONGEST))


def wait(items: Any, count: int, timeout: float) -> int:
    """Wait until one of the poll items is ready; signal handlers run meanwhile.

    Parameters
    ----------
    items : array of zmq_pollitem_t
        What to wait for; libzmq writes `revents`.
    count : int
        How many items there are.
    timeout : float
        Milliseconds, or infinity.

    Returns
    -------
    int
        How many items are ready; 0 when the time is over.

    Raises
    ------
    ZMQError
        When libzmq refuses, such as ENOTSOCK for a socket that is closed.
    ContextTerminated
        When the context of one of the sockets is terminated.

    Source: libzmq `zmq_poll`.
    """
    poll = prototypes.zmq_poll
    if not timeout:
        deadline = left = 0.0
    else:
        deadline, left = monotonic() + timeout / 1000, timeout
    while True:
        ready: int = poll(items, count, _slice(left))
        if ready > 0:
            return ready
        if ready < 0:
            number = calls.errno()
            if number != errno.EINTR:
                raise from_errno(number)
        if left != inf:
            left = max(0, ceil((deadline - monotonic()) * 1000))
            if ready == 0 and left == 0:
                return 0


def _descriptor(item: Any) -> int:
    """Find the file descriptor of something that is no socket of ours."""
    if isinstance(item, int):
        return item
    try:
        fileno = item.fileno
    except AttributeError:
        raise TypeError(
            f"expected a zmq socket, a file descriptor or an object with fileno(), got {item!r:.60}"
        ) from None
    try:
        return int(fileno())
    except Exception as error:
        raise ValueError(f"fileno() of {item!r:.60} gave no valid descriptor: {error}") from error


def pollitems(sockets: Any) -> Any:
    """Build libzmq's table of what to wait for.

    Parameters
    ----------
    sockets : sequence of (socket or descriptor, events)
        Sockets, descriptors and objects with `fileno`, each with a mask of events.

    Returns
    -------
    array of zmq_pollitem_t

    Raises
    ------
    ZMQError
        ENOTSOCK when a socket is closed.
    TypeError, ValueError
        When something else than these is given.
    """
    items = (zmq_pollitem_t * len(sockets))()
    for item, (socket, events) in zip(items, sockets):
        address = getattr(socket, "_address", None)
        if address is None:
            item.fd = _descriptor(socket)
        elif address:
            item.socket = address
        else:
            # NULL would make libzmq wait for descriptor 0 instead.
            raise ZMQError(Errno.ENOTSOCK, f"cannot poll {socket!r}: it is closed")
        item.events = events
    return items


def zmq_poll(sockets: Any, timeout: float | None = -1) -> list[tuple[Any, int]]:
    """Wait until at least one socket or descriptor is ready.

    Parameters
    ----------
    sockets : sequence of (socket or descriptor, events)
        Sockets, descriptors and objects with `fileno`, each with POLLIN, POLLOUT or both.
    timeout : int
        Milliseconds; less than 0 waits for ever, 0 does not wait.

    Returns
    -------
    list of (socket or descriptor, events)
        Those that are ready; of objects with `fileno`, the descriptor.

    Raises
    ------
    ZMQError
        ENOTSOCK when a socket is closed.
    ContextTerminated
        When a context is terminated.
    TypeError, ValueError
        When something else than sockets and descriptors is given.

    Source: libzmq `zmq_poll`, pyzmq `zmq.zmq_poll`.
    """
    if not sockets:
        return []
    items = pollitems(sockets)
    if not wait(items, len(items), milliseconds(timeout)):
        return []
    return _ready(sockets, items)


def _ready(sockets: Any, items: Any) -> list[tuple[Any, int]]:
    return [
        (socket if item.socket else item.fd, item.revents)
        for (socket, _), item in zip(sockets, items)
        if item.revents > 0
    ]


class Poller:
    """A set of sockets and descriptors to wait for, again and again.

    Source: pyzmq `zmq.Poller`.
    """

    sockets: list[tuple[Any, int]]

    def __init__(self) -> None:
        self.sockets = []
        self._map: dict[Any, int] = {}

    def __contains__(self, socket: Any) -> bool:
        return socket in self._map

    def register(self, socket: Any, flags: int = PollEvent.POLLIN | PollEvent.POLLOUT) -> None:
        """Add a socket or descriptor, or change what it is watched for.

        Parameters
        ----------
        socket : Socket, int or object with fileno()
            What to wait for.
        flags : int
            POLLIN, POLLOUT, POLLERR or several; 0 removes the socket.

        Source: pyzmq `Poller.register`.
        """
        if not flags:
            if socket in self._map:
                self.unregister(socket)
            return
        index = self._map.setdefault(socket, len(self.sockets))
        self.sockets[index : index + 1] = [(socket, flags)]

    def modify(self, socket: Any, flags: int = PollEvent.POLLIN | PollEvent.POLLOUT) -> None:
        """Change what a socket or descriptor is watched for; the same as `register`.

        Parameters
        ----------
        socket : Socket, int or object with fileno()
            What to wait for.
        flags : int
            POLLIN, POLLOUT, POLLERR or several; 0 removes the socket.

        Source: pyzmq `Poller.modify`.
        """
        self.register(socket, flags)

    def unregister(self, socket: Any) -> None:
        """Remove a socket or descriptor.

        Parameters
        ----------
        socket : Socket, int or object with fileno()
            What was registered.

        Raises
        ------
        KeyError
            When it was not registered.

        Source: pyzmq `Poller.unregister`.
        """
        index = self._map.pop(socket)
        del self.sockets[index]
        for later, (moved, _) in enumerate(self.sockets[index:], index):
            self._map[moved] = later

    def poll(self, timeout: float | None = None) -> list[tuple[Any, int]]:
        """Wait until at least one of the registered is ready.

        Parameters
        ----------
        timeout : int, optional
            Milliseconds; None or less than 0 waits for ever, 0 does not wait.

        Returns
        -------
        list of (socket or descriptor, events)
            Those that are ready; of objects with `fileno`, the descriptor.

        Raises
        ------
        ZMQError
            ENOTSOCK when a registered socket was closed meanwhile: unregister it first.
        ContextTerminated
            When a context is terminated.

        Source: libzmq `zmq_poll`, pyzmq `Poller.poll`.
        """
        return zmq_poll(self.sockets, timeout)


def select(
    rlist: list[Any], wlist: list[Any], xlist: list[Any], timeout: float | None = None
) -> tuple[list[Any], list[Any], list[Any]]:
    """Wait as `select.select` does, for sockets as well as descriptors.

    Parameters
    ----------
    rlist, wlist, xlist : list
        What to watch for input, for output, for errors.
    timeout : float, optional
        Seconds; None or less than 0 waits for ever.

    Returns
    -------
    list, list, list
        Those that are ready, of each list.

    Raises
    ------
    ZMQError, ContextTerminated, TypeError, ValueError
        As `zmq_poll` does.

    Source: pyzmq `zmq.select`.
    """
    watched: dict[Any, int] = {}
    for group, event in ((rlist, POLLIN), (wlist, POLLOUT), (xlist, POLLERR)):
        for socket in group:
            watched[socket] = watched.get(socket, 0) | event
    ready = zmq_poll(list(watched.items()), -1 if timeout is None else timeout * 1000)
    readable, writable, failed = (
        [socket for socket, events in ready if events & event]
        for event in (POLLIN, POLLOUT, POLLERR)
    )
    return readable, writable, failed
