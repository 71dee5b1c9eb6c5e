"""Waits until sockets and file descriptors are ready."""

from __future__ import annotations

import errno
import sys
from _struct import Struct, calcsize
from ctypes import sizeof
from operator import index
from time import monotonic

from ..error import ContextTerminated, ZMQError, from_errno
from ..libzmq import numbers
from ..libzmq.provider import calls
from ..libzmq.structs import zmq_fd_t, zmq_pollitem_t
from . import lifetime, options
from .lifecycle import Lifecycle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, Callable

__all__ = ["Poller", "select", "zmq_poll"]

inf = float("inf")
POLLIN = numbers.POLLIN
POLLOUT = numbers.POLLOUT
POLLERR = numbers.POLLERR
try_poll = calls.try_poll

#: Masks from 1 to this one ask for nothing but what the EVENTS of a socket tells.
QUICK = POLLIN | POLLOUT
#: So many sockets tell their EVENTS one by one in less time than `zmq_poll` takes for all.
FEW = 3

# zmq_pollitem_t: socket, fd, events, revents, and what C pads it with.
_FIELDS = "Pihh" if sizeof(zmq_fd_t) == 4 else "PPhh"
_ITEM = Struct(f"{_FIELDS}{sizeof(zmq_pollitem_t) - calcsize(_FIELDS)}x")
# Where the low byte of `revents` is: an event is one of the four lowest bits.
_REVENTS = zmq_pollitem_t.revents.offset + (sys.byteorder == "big")

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
    if timeout.__class__ is int:
        return timeout
    return int(timeout) if timeout != inf else inf


def signals_interrupt() -> bool:
    """Tell whether a signal ends a waiting call; on Windows the main thread has to look itself."""
    if sys.platform != "win32":
        return True
    import threading

    return threading.current_thread() is not threading.main_thread()


def _slice(left: float) -> int:
    """Tell how long one call of `zmq_poll` may take, in milliseconds; -1 is for ever."""
    if not signals_interrupt():
        return int(min(left, _GLANCE))
    return -1 if left == inf else int(min(left, _LONGEST))


class PollItems:
    """libzmq's table of what to wait for, made once and used again and again.

    Parameters
    ----------
    entries : sequence of (address, descriptor, events)
        The address of a socket, or 0 and a descriptor; and a mask of events.
    unlocked : bool
        Whether none of the sockets has a lock that a blocked thread may hold.

    Source: libzmq `zmq_poll`.
    """

    __slots__ = ("_count", "_memory", "_table", "_unlocked", "entries")

    def __init__(self, entries: list[tuple[int, int, int]], unlocked: bool) -> None:
        self.entries = entries
        self._unlocked = unlocked
        self._count = len(entries)
        self._memory = bytearray(_ITEM.size * self._count)
        for number, (address, descriptor, events) in enumerate(entries):
            _ITEM.pack_into(self._memory, number * _ITEM.size, address, descriptor, events, 0)
        self._table = calls.table(self._memory)

    def wait(self, timeout: float) -> int:
        """Wait until an item is ready; signal handlers run meanwhile.

        Parameters
        ----------
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
        if self._unlocked:
            ready = try_poll(self._table, self._count, 0)
            if ready > 0 or (ready == 0 and timeout == 0):
                return ready
        else:
            self._check()
        left = timeout
        deadline = monotonic() + timeout / 1000
        while True:
            ready = calls.poll(self._table, self._count, _slice(left))
            if ready > 0:
                return ready
            if ready < 0 and calls.errno() != errno.EINTR:
                if calls.errno() == numbers.ETERM:
                    raise ContextTerminated()
                # A signal handler may have run since the call, and changed errno with calls of its
                # own: another failure is believed only when it comes again at once.
                ready = calls.poll(self._table, self._count, 0)
                if ready > 0:
                    return ready
                if ready < 0:
                    raise from_errno(calls.errno())
            if left != inf:
                left = max(0, -int((monotonic() - deadline) * 1000 // 1))
                if ready == 0 and left == 0:
                    return 0

    def _check(self) -> None:
        # Where thread-safe sockets are among others, libzmq aborts the process if the context of
        # one is terminated already.
        for address, _, _ in self.entries:
            if address:
                options.read(address, numbers.EVENTS)

    def ready(self, count: int, keys: Sequence[Any]) -> list[tuple[Any, int]]:
        """List the items that are ready after a wait, which said how many there are.

        Parameters
        ----------
        count : int
            What `wait` returned.
        keys : sequence
            What to name each item.

        Returns
        -------
        list of (key, events)
        """
        if not count:
            return []
        masks = self._memory[_REVENTS :: _ITEM.size]
        if count > 1:
            return [(key, mask) for key, mask in zip(keys, masks) if mask]
        # Of 1,000 items the one is found in 2 us; a look at each of them takes 25.
        rest = masks.lstrip(b"\0")
        # It is not there when a signal handler has used this poller since.
        return [(keys[-len(rest)], rest[0])] if rest else []


def _descriptor(item: Any) -> int:
    """Find the file descriptor of something that is no socket of ours."""
    number: int = item
    if not isinstance(item, int):
        try:
            fileno = item.fileno
        except AttributeError:
            raise TypeError(
                f"expected a zmq socket, a descriptor or an object with fileno(), got {item!r:.60}"
            ) from None
        try:
            number = int(fileno())
        except Exception as error:
            raise ValueError(
                f"fileno() of {item!r:.60} gave no valid descriptor: {error}"
            ) from error
    if not 0 <= number < 2 ** (8 * sizeof(zmq_fd_t) - 1):
        raise ValueError(f"{number} is no file descriptor: is {item!r:.60} closed?")
    return number


def entry(socket: Any, events: int) -> tuple[int, int, int]:
    """Describe for libzmq what to wait for.

    Parameters
    ----------
    socket : Socket, int or object with fileno()
        The socket or descriptor.
    events : int
        A mask of events.

    Returns
    -------
    int, int, int
        The address of a socket or 0, a descriptor or 0, the events.

    Raises
    ------
    ZMQError
        ENOTSOCK when the socket is closed.
    TypeError, ValueError
        When it is no socket and has no valid descriptor, or the events are no mask.
    """
    mask = index(events)
    if not 0 <= mask < 2**15:
        raise ValueError(f"expected a mask of POLLIN, POLLOUT, POLLERR and POLLPRI, got {events!r}")
    if not isinstance(socket, Lifecycle):
        return 0, _descriptor(socket), mask
    address = socket.underlying
    if not address:
        # NULL would make libzmq wait for descriptor 0 instead.
        raise ZMQError(numbers.ENOTSOCK, f"cannot poll {socket!r}: it is closed")
    return address, 0, mask


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
    entries = [entry(socket, events) for socket, events in sockets]
    if not entries:
        return []
    items = PollItems(entries, unlocked(sockets))
    try:
        return items.ready(items.wait(milliseconds(timeout)), _keys(sockets, entries))
    finally:
        if lifetime.Sharers.waited:
            _notice(socket for socket, _ in sockets)


def _notice(sockets: Iterable[Any]) -> None:
    """Wake those who wait in a hub for what a poll may have taken note of in their place."""
    for socket in sockets:
        if isinstance(socket, Lifecycle):
            socket._notice()


def unlocked(sockets: Any) -> bool:
    """Tell whether none of the sockets is a thread-safe one, which have no quick handle."""
    return all(socket._handle for socket, _ in sockets if isinstance(socket, Lifecycle))


def _keys(sockets: Any, entries: list[tuple[int, int, int]]) -> list[Any]:
    """List what poll results name: sockets themselves, of everything else the descriptor."""
    return [
        socket if address else descriptor
        for (socket, _), (address, descriptor, _) in zip(sockets, entries)
    ]


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
        self._closings = 0

    def __contains__(self, socket: Any) -> bool:
        return socket in self._map

    def register(self, socket: Any, flags: int = numbers.POLLIN | numbers.POLLOUT) -> None:
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
        position = self._map.pop(socket)
        del self.sockets[position]
        for later, (moved, _) in enumerate(self.sockets[position:], position):
            self._map[moved] = later
        self._items, self._few = None, []

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
                    return found
        items = self._items
        # A closed socket's address, and a descriptor behind a fileno(), may be somebody else's now.
        if items is None or self._closings != lifetime.closings:
            items = self._prepare()
            if items is None:
                return zmq_poll(self.sockets, timeout)
        try:
            return items.ready(items.wait(milliseconds(timeout)), self._keys)
        finally:
            if lifetime.Sharers.waited:
                _notice(self._keys)

    def _prepare(self) -> PollItems | None:
        """Make the table anew; none is kept of objects with fileno(), or of nothing."""
        self._closings, self._items, self._few = lifetime.closings, None, []
        entries = [entry(socket, events) for socket, events in self.sockets]
        keys = _keys(self.sockets, entries)
        if entries and all(key is socket for key, (socket, _) in zip(keys, self.sockets)):
            quick = unlocked(self.sockets)
            self._items, self._keys = PollItems(entries, quick), keys
            if quick and len(entries) <= FEW and all(e[0] and e[2] <= QUICK for e in entries):
                for socket in keys:
                    socket._look = socket._look or calls.new_look()
                self._few = [(socket, events) for socket, (_, _, events) in zip(keys, entries)]
        return self._items


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
    return select_with(zmq_poll, rlist, wlist, xlist, timeout)


def select_with(
    wait: Callable[[list[tuple[Any, int]], float], list[tuple[Any, int]]],
    rlist: list[Any],
    wlist: list[Any],
    xlist: list[Any],
    timeout: float | None,
) -> tuple[list[Any], list[Any], list[Any]]:
    """Wait as `select` does, by a `zmq_poll` of any flavour."""
    watched: dict[Any, int] = {}
    for group, event in ((rlist, POLLIN), (wlist, POLLOUT), (xlist, POLLERR)):
        for socket in group:
            watched[socket] = watched.get(socket, 0) | event
    ready = wait(list(watched.items()), -1 if timeout is None else timeout * 1000)
    readable, writable, failed = (
        [socket for socket, events in ready if events & event]
        for event in (POLLIN, POLLOUT, POLLERR)
    )
    return readable, writable, failed
