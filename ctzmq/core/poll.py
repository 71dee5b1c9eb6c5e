"""Waits until sockets and file descriptors are ready."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Callable

from ..libzmq import numbers
from ..libzmq.provider import calls
from . import causes, registry
from .handle import Handle
from .lifecycle import Lifecycle
from .pollitems import PollItems, milliseconds, table, wait

__all__ = ["Poller", "select", "zmq_poll"]

POLLIN = numbers.POLLIN
POLLOUT = numbers.POLLOUT
POLLERR = numbers.POLLERR

#: Masks from 1 to this one ask only for events that EVENTS has.
QUICK = POLLIN | POLLOUT
#: Reading EVENTS of up to so many sockets one by one is faster than one `zmq_poll`.
FEW = 3


def zmq_poll(sockets: Any, timeout: float | None = -1) -> list[tuple[Any, int]]:
    """Wait until at least one socket or descriptor is ready; what is closed never is.

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
        ENOTSOCK when all that is given is closed and there is no time-out, so that the wait would
        have no end.
    ContextTerminated
        When a context is terminated.
    TypeError
        When something else is given than pairs of sockets, or descriptors, and events, or the
        time-out is no number.
    ValueError
        When a `fileno` gives no descriptor, or the events are no mask.

    Source: libzmq `zmq_poll`, pyzmq `zmq.zmq_poll`.
    """
    limit = milliseconds(timeout)
    try:
        sockets = list(sockets)
        made = table(sockets)
    except (TypeError, ValueError):
        causes.check_pairs(sockets)
        raise
    if not sockets:
        return []
    try:
        return wait(*made, lambda _: table(sockets), limit)
    finally:
        if Handle.waited:
            _notice(socket for socket, _ in sockets)


#: The functions that polls bypass, unless a program has replaced them.
ZMQ_POLL: Any = zmq_poll


def _notice(sockets: Iterable[Any]) -> None:
    """Wake waiters in a hub whose event a poll may have consumed."""
    for socket in sockets:
        if isinstance(socket, Lifecycle):
            socket._notice()


def _shown(flags: int) -> str:
    names = (("POLLIN", POLLIN), ("POLLOUT", POLLOUT), ("POLLERR", POLLERR))
    return "|".join(name for name, flag in names if flags & flag) or str(flags)


class Poller:
    """A set of sockets and descriptors to wait for, again and again.

    Source: pyzmq `zmq.Poller`.
    """

    sockets: list[tuple[Any, int]]

    def __init__(self) -> None:
        self.sockets = []
        self._map: dict[Any, int] = {}
        self._items: PollItems | None = None
        self._keys: list[Any] = []
        self._few: list[tuple[Any, int]] = []

    def __contains__(self, socket: Any) -> bool:
        return socket in self._map

    def __repr__(self) -> str:
        watched = [f"{socket!r} for {_shown(flags)}" for socket, flags in self.sockets]
        return f"<zmq.{type(self).__name__}({', '.join(watched) or 'nothing'})>"

    def register(self, socket: Any, flags: int = numbers.POLLIN | numbers.POLLOUT) -> None:
        """Add a socket or descriptor, or change what it is watched for.

        Parameters
        ----------
        socket : Socket, int or object with fileno()
            What to wait for.
        flags : int
            POLLIN, POLLOUT, POLLERR or several; 0 removes the socket.

        Raises
        ------
        ZMQError
            ENOTSOCK when the socket is closed already.
        TypeError
            When the flags are no number.

        Source: pyzmq `Poller.register`.
        """
        if flags.__class__ is not int and flags is not None:
            causes.events(flags)
        if not flags:
            if socket in self._map:
                self.unregister(socket)
            return
        if isinstance(socket, Lifecycle) and not socket._address and socket not in self._map:
            raise socket._error(numbers.ENOTSOCK)
        position = self._map.setdefault(socket, len(self.sockets))
        self.sockets[position : position + 1] = [(socket, flags)]
        self._items, self._few = None, []

    def modify(self, socket: Any, flags: int = numbers.POLLIN | numbers.POLLOUT) -> None:
        """Change what a socket or descriptor is watched for; the same as `register`.

        Parameters
        ----------
        socket : Socket, int or object with fileno()
            What to wait for.
        flags : int
            POLLIN, POLLOUT, POLLERR or several; 0 removes the socket.

        Raises
        ------
        ZMQError
            ENOTSOCK when the socket is closed and was not registered before.
        TypeError
            When the flags are no number.

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
        try:
            position = self._map.pop(socket)
        except KeyError:
            raise KeyError(f"{socket!r:.60} is not registered") from None
        del self.sockets[position]
        for later, (moved, _) in enumerate(self.sockets[position:], position):
            self._map[moved] = later
        self._items, self._few = None, []

    def poll(self, timeout: float | None = None) -> list[tuple[Any, int]]:
        """Wait until at least one of the registered is ready; what was closed since never is.

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
            ENOTSOCK when all the registered are closed and there is no time-out, so that the wait
            would have no end.
        ContextTerminated
            When a context is terminated.
        TypeError
            When the time-out is no number, or what is registered is neither a socket nor has a
            descriptor.
        ValueError
            When a `fileno` gives no descriptor.

        Source: libzmq `zmq_poll`, pyzmq `Poller.poll`.
        """
        if zmq_poll is not ZMQ_POLL:
            return poll_by_name(self.sockets, timeout)
        few = self._few
        if few:
            found = []
            for socket, mask in few:
                events = socket._look(socket._handle)
                if events & mask:
                    if events < 0:
                        break
                    found.append((socket, events & mask))
            else:
                if found or timeout == 0:
                    milliseconds(timeout)
                    return found
        items = self._items
        # The address of a closed socket, and the descriptor behind a fileno(), may have been
        # reused.
        if items is None or items.closings != registry.closings:
            if not self.sockets:
                milliseconds(timeout)
                return []
            items, _ = self._prepare()
        try:
            return wait(items, self._keys, self._prepare, milliseconds(timeout))
        finally:
            if Handle.waited:
                _notice(self._keys)

    def _prepare(self, _: Any = None) -> tuple[PollItems, list[Any]]:
        """Rebuild the table; one with `fileno` objects is never kept."""
        self._few = []
        items, keys = table(self.sockets)
        kept = all(isinstance(socket, (Lifecycle, int)) for socket, _ in self.sockets)
        self._items, self._keys = items if kept else None, keys
        if kept and items.unlocked and items.count <= FEW:
            entries = items.entries
            if all(address and mask <= QUICK for address, _, mask in entries):
                for socket in keys:
                    socket._look = socket._look or calls.new_look()
                self._few = [(socket, mask) for socket, (_, _, mask) in zip(keys, entries)]
        return items, keys


POLL: Any = Poller.poll


def poll_by_name(sockets: list[tuple[Any, int]], timeout: float | None) -> list[tuple[Any, int]]:
    """Poll with a `zmq_poll` that a program has put in this module, called as pyzmq calls it."""
    return zmq_poll(sockets, timeout=-1 if timeout is None or timeout < 0 else int(timeout))


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
        The ready ones of each list.

    Raises
    ------
    ZMQError, ContextTerminated, TypeError, ValueError
        As `zmq_poll` does.

    Source: pyzmq `zmq.select`.
    """
    return select_with(zmq_poll, rlist, wlist, xlist, timeout)


def select_with(
    wait: Callable[[list[tuple[Any, int]], float], list[tuple[Any, int]]],
    rlist: list[Any],
    wlist: list[Any],
    xlist: list[Any],
    timeout: float | None,
) -> tuple[list[Any], list[Any], list[Any]]:
    """Wait as `select` does, with the `zmq_poll` of any flavour."""
    watched: dict[Any, int] = {}
    for group, event in ((rlist, POLLIN), (wlist, POLLOUT), (xlist, POLLERR)):
        for socket in causes.several(group):
            watched[socket] = watched.get(socket, 0) | event
    if timeout is not None:
        try:
            timeout = timeout * 1000 + 0
        except TypeError:
            raise TypeError(f"a time-out is a number of seconds, got {timeout!r:.60}") from None
    ready = wait(list(watched.items()), -1 if timeout is None else timeout)
    readable, writable, failed = (
        [socket for socket, events in ready if events & event]
        for event in (POLLIN, POLLOUT, POLLERR)
    )
    return readable, writable, failed
