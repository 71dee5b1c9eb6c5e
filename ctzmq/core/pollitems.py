"""The table of poll items for libzmq, and the wait itself.

A closed socket is skipped, whether it was closed before the wait or during it, by a signal handler
or in another thread. It is never ready. Only if nothing else is left and there is no time-out is
that an error, because the wait would have no end. `registry.closings` tells when a table may be out
of date. A socket that is closed in another thread is not freed before libzmq has returned from the
wait; `polls` sees to that.
"""

from __future__ import annotations

import errno
import sys
from _thread import _count, get_ident
from collections.abc import Iterable, Sequence
from ctypes import sizeof
from struct import Struct, calcsize
from time import monotonic
from typing import Any, Callable

from ..error import ContextTerminated, ZMQError, from_errno
from ..libzmq import numbers
from ..libzmq.provider import calls
from ..libzmq.structs import zmq_fd_t, zmq_pollitem_t
from . import causes, options, polls, registry
from .handle import bare
from .lifecycle import Lifecycle
from .polls import waiting

__all__ = ["PollItems", "entry", "inf", "milliseconds", "signals_interrupt", "table", "wait"]

inf = float("inf")
_AGES = 2**53
try_poll = calls.try_poll

# zmq_pollitem_t: socket, fd, events, revents, and padding.
_FIELDS = "Pihh" if sizeof(zmq_fd_t) == 4 else "PPhh"
_ITEM = Struct(f"{_FIELDS}{sizeof(zmq_pollitem_t) - calcsize(_FIELDS)}x")
# The offset of the low byte of `revents`, which has all four events.
_REVENTS = zmq_pollitem_t.revents.offset + (sys.byteorder == "big")

#: An invalid descriptor, for which a wait ends at once.
_NONE = 2**31 - 1 if sys.platform != "win32" else 2 ** (8 * sizeof(zmq_fd_t)) - 1
_LONGEST = 2**31 - 1  # milliseconds that fit C's `long` on every platform
#: PyPy's ctypes is itself written in Python: a signal handler may close a socket after a call has
#: read its address, and the call would use what is made there next. So tables are told of closes.
_INTERLEAVED = sys.implementation.name == "pypy" and not calls.NATIVE
#: Whether nobody can close a socket between the check and a quick poll; before 3.11 they can.
_TRIES = sys.implementation.name == "cpython" and sys.version_info >= (3, 11)
#: On Windows no signal interrupts `zmq_poll`: the main thread returns from it this often, in
#: milliseconds.
_GLANCE = 50


def milliseconds(timeout: float | None) -> float:
    """Convert a user's time-out into milliseconds to count down.

    Parameters
    ----------
    timeout : float or None
        Milliseconds; None or less than 0 waits for ever.

    Returns
    -------
    float
        Whole milliseconds, or infinity.

    Raises
    ------
    TypeError, ValueError
        When it is no number.
    """
    try:
        if timeout is None or timeout < 0:
            return inf
    except TypeError:
        raise TypeError(f"a time-out is a number of milliseconds, got {timeout!r:.60}") from None
    if timeout.__class__ is int and timeout < _AGES:
        return timeout
    if timeout != timeout:
        raise ValueError("a time-out is a number of milliseconds, got nan")
    return int(timeout) if timeout < _AGES else inf


def signals_interrupt() -> bool:
    """Tell whether send and receive may block in libzmq, because signals interrupt them.

    Elsewhere the main thread, in which handlers run, blocks only in polls.
    """
    if sys.platform != "win32" and not _INTERLEAVED:
        return True
    import threading

    return threading.current_thread() is not threading.main_thread()


def _slice(left: float) -> int:
    """Return how long one `zmq_poll` may wait, in milliseconds; -1 is for ever."""
    if sys.platform == "win32" and not signals_interrupt():
        return int(min(left, _GLANCE))
    return -1 if left == inf else int(min(left, _LONGEST))


class PollItems:
    """A table of poll items, made once and used again and again.

    Parameters
    ----------
    entries : list of (address, descriptor, events)
        The address of a socket, or 0 and a descriptor; and a mask of events.
    unlocked : bool
        Whether no socket has a lock that a blocked thread may hold.
    closings : int
        The value of `registry.closings` before the sockets were found open.

    Source: libzmq `zmq_poll`.
    """

    __slots__ = (
        "_memory",
        "closings",
        "count",
        "entries",
        "lost",
        "table",
        "unlocked",
        "wakeup",
    )

    def __init__(self, entries: list[tuple[int, int, int]], unlocked: bool, closings: int) -> None:
        self.entries = entries
        self.unlocked = unlocked
        self.closings = closings
        self.count = len(entries)
        #: The descriptor in the table's last item, which is not counted.
        self.wakeup: polls.WakeupPipe | None = None
        #: If everything is closed: one of the closed sockets.
        self.lost: Any = None
        self._memory = bytearray(_ITEM.size * (self.count + 1))
        for number, (address, descriptor, events) in enumerate(entries):
            _ITEM.pack_into(self._memory, number * _ITEM.size, address, descriptor, events, 0)
        self.table = calls.table(self._memory)

    def watch(self, wakeup: polls.WakeupPipe | None) -> None:
        """Watch a wakeup pipe with the last item, whose event `ready` passes over."""
        self.wakeup = wakeup
        reader = 0 if wakeup is None else wakeup.reader
        _ITEM.pack_into(self._memory, -_ITEM.size, 0, reader, numbers.POLLIN, 0)

    def forget(self, address: int) -> None:
        """Remove a socket that is about to be freed from the table, and let no wait begin."""
        for number, entry in enumerate(self.entries):
            if entry[0] == address:
                _ITEM.pack_into(self._memory, number * _ITEM.size, 0, _NONE, 0, 0)
                # Another socket may be made at this address.
                self.entries[number] = 0, _NONE, entry[2]

    def check(self) -> None:
        """Raise the error of a socket that has one."""
        # If there are thread-safe sockets among others, libzmq aborts the process when the context
        # of one is terminated already.
        for address, _, _ in self.entries:
            if address:
                options.read(bare(address), numbers.EVENTS)

    def ready(self, count: int, keys: Sequence[Any]) -> list[tuple[Any, int]]:
        """List the items that are ready after a wait, which said how many there are.

        Parameters
        ----------
        count : int
            How many there are.
        keys : sequence
            What to name each item.

        Returns
        -------
        list of (key, events)
        """
        if count <= 0:
            return []
        masks = self._memory[_REVENTS : -_ITEM.size : _ITEM.size]
        if count > 1:
            return [(key, mask) for key, mask in zip(keys, masks) if mask]
        # Finds the one ready item of 1,000 in 2 us; a loop over all takes 25 us.
        rest = masks.lstrip(b"\0")
        # Missing if a signal handler has used this poller meanwhile.
        return [(keys[-len(rest)], rest[0])] if rest else []


def _descriptor(item: Any) -> int:
    """Return the file descriptor of anything but a ctzmq socket; less than 0 if it is closed."""
    number: int = item
    if not isinstance(item, int):
        try:
            fileno = item.fileno
        except AttributeError:
            raise causes.no_descriptor(item) from None
        try:
            number = int(fileno())
        except Exception as error:
            raise ValueError(
                f"fileno() of {item!r:.60} gave no valid descriptor: {error}"
            ) from error
    if number >= 2 ** (8 * sizeof(zmq_fd_t) - 1):
        raise ValueError(f"{number} is no file descriptor")
    return number


def entry(socket: Any, events: int) -> tuple[int, int, int] | None:
    """Return the poll item for a socket or descriptor.

    Parameters
    ----------
    socket : Socket, int or object with fileno()
        The socket or descriptor.
    events : int
        A mask of events.

    Returns
    -------
    (int, int, int) or None
        The address of a socket or 0, a descriptor or 0, the events; None for a closed socket or a
        descriptor less than 0, which are never ready.

    Raises
    ------
    ZMQError
        ENOTSOCK when the socket belongs to the parent process.
    TypeError, ValueError
        When it is no socket and has no valid descriptor, or the events are no mask.
    """
    mask = events if events.__class__ is int else causes.events(events)
    if not 0 <= mask < 2**15:
        raise ValueError(f"expected a mask of POLLIN, POLLOUT, POLLERR and POLLPRI, got {events!r}")
    if not isinstance(socket, Lifecycle):
        descriptor = _descriptor(socket)
        return None if descriptor < 0 else (0, descriptor, mask)
    address = socket.underlying
    if address:
        return address, 0, mask
    if socket._left_by:
        raise socket._error(numbers.ENOTSOCK)
    # NULL would make libzmq wait for descriptor 0 instead.
    return None


def table(sockets: Iterable[tuple[Any, int]]) -> tuple[PollItems, list[Any]]:
    """Make a table of all open sockets and descriptors; also list how results name them.

    Parameters
    ----------
    sockets : iterable of (socket, int or object with fileno(), events)
        What to wait for.

    Returns
    -------
    PollItems, list of (Socket or descriptor)

    Raises
    ------
    ZMQError, TypeError, ValueError
        As `entry` does.
    """
    closings = registry.closings
    entries, keys = [], []
    unlocked, lost = True, None
    for socket, events in sockets:
        found = entry(socket, events)
        if found is None:
            lost = socket
            continue
        entries.append(found)
        if found[0]:
            keys.append(socket)
            unlocked = unlocked and bool(socket._handle)
        else:
            keys.append(found[1])
    items = PollItems(entries, unlocked, closings)
    if not entries:
        items.lost = lost
    return items, keys


def wait(
    items: PollItems,
    keys: Sequence[Any],
    renew: Callable[[PollItems], tuple[PollItems, Sequence[Any]]],
    timeout: float,
) -> list[tuple[Any, int]]:
    """Wait until an item is ready; signal handlers run meanwhile.

    Parameters
    ----------
    items : PollItems
        The table.
    keys : sequence
        What to name each item.
    renew : callable
        Rebuilds both from the table after a socket was closed.
    timeout : float
        Milliseconds, or infinity.

    Returns
    -------
    list of (key, events)
        Those that are ready; none when the time is over.

    Raises
    ------
    ZMQError
        ENOTSOCK when all is closed and there is no time-out, or when a signal handler has closed
        all meanwhile; others when libzmq refuses.
    ContextTerminated
        When the context of one of the sockets is terminated.

    Source: libzmq `zmq_poll`.
    """
    if _TRIES and items.unlocked and items.closings == registry.closings:
        count = try_poll(items.table, items.count, 0)
        if count > 0 or (count == 0 and timeout == 0):
            return items.ready(count, keys)
    left = timeout
    deadline = monotonic() + timeout / 1000
    doubted = False
    while True:
        if left == inf and not items.count:
            if items.lost is None:
                return []
            raise endless(items.lost)
        # With a single thread nobody would write to it.
        wakeup = (polls.wakeup or polls.new_wakeup()) if _count() else None
        if wakeup is not items.wakeup:
            items.watch(wakeup)
        here = get_ident()
        outer = waiting.get(here)
        # Sockets in the table may be freed before libzmq reads it.
        count, failure = -1, 0
        try:
            try:
                waiting[here] = items
                if items.closings == registry.closings:
                    if not items.unlocked:
                        items.check()
                    longest = 0 if doubted else _slice(left)
                    count = calls.poll(items.table, items.count + (wakeup is not None), longest)
                    if count < 0:
                        failure = calls.errno()
            finally:
                polls.come_back(here, outer)
        finally:
            # Repeated in case a signal handler raised an exception before the first was done.
            polls.come_back(here, outer)
            outdated = items.closings != registry.closings
            by_handler = registry.closer == here
            if outdated:
                _free(keys)
        if outdated:
            ready = [(key, mask) for key, mask in items.ready(count, keys) if not _closed(key)]
            if ready:
                return ready
            before = items.count
            items, keys = renew(items)
            if before and not items.count:
                if failure == numbers.ETERM:
                    raise ContextTerminated()
                if by_handler and items.lost is not None:
                    # If a signal handler closes them, the call that it interrupts returns.
                    raise closed(items.lost)
        elif count > 0:
            return items.ready(count, keys)
        elif failure == numbers.ETERM:
            raise ContextTerminated()
        elif failure and failure != errno.EINTR:
            if doubted:
                raise from_errno(failure)
            # A signal handler may have run since the call and changed errno, so any other error
            # counts only if it occurs again.
            doubted = True
            continue
        doubted = False
        if left != inf:
            left = max(0, -int((monotonic() - deadline) * 1000 // 1))
            if count == 0 and left == 0:
                return []


def _free(keys: Sequence[Any]) -> None:
    """Free the sockets that other threads closed while libzmq waited for them."""
    for key in keys:
        if isinstance(key, Lifecycle) and key._sharers.claim and not key._sharers.pointer:
            key._sharers.end()


def _closed(key: Any) -> bool:
    return isinstance(key, Lifecycle) and not key._address


def closed(lost: Any) -> ZMQError:
    """Make the exception for a wait for something closed.

    Parameters
    ----------
    lost : Socket, int or object with fileno()
        One of those that are closed.

    Returns
    -------
    ZMQError
    """
    if isinstance(lost, Lifecycle):
        return lost._error(numbers.ENOTSOCK)
    return ZMQError(numbers.ENOTSOCK, f"{lost!r:.60} is closed")


def endless(lost: Any) -> ZMQError:
    """Make the exception for a wait without a time-out for something closed.

    Parameters
    ----------
    lost : Socket, int or object with fileno()
        One of those that are closed.

    Returns
    -------
    ZMQError
    """
    return ZMQError(numbers.ENOTSOCK, f"this would wait for ever: {closed(lost).strerror}")


def check_end(sockets: Iterable[tuple[Any, int]]) -> None:
    """Refuse a wait without a time-out when everything to wait for is closed.

    Parameters
    ----------
    sockets : iterable of (socket, int or object with fileno(), events)
        What to wait for.

    Raises
    ------
    ZMQError
        ENOTSOCK when all of them are closed.
    """
    lost = None
    for socket, events in sockets:
        if entry(socket, events) is not None:
            return
        lost = socket
    if lost is not None:
        raise endless(lost)
