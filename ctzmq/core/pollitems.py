"""libzmq's table of what to wait for, and the wait itself.

A socket that is closed is passed over, whenever that happens: before the wait, or while it goes
on, by a signal handler or in another thread. It is never ready. Only where nothing else is left,
and there is no time-out, that is an error, because the wait would have no end. `registry.closings`
tells that a table may be out of date. What is closed in another thread is not freed before libzmq
has come back from the wait; `polls` sees to that.
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
try_poll = calls.try_poll

# zmq_pollitem_t: socket, fd, events, revents, and what C pads it with.
_FIELDS = "Pihh" if sizeof(zmq_fd_t) == 4 else "PPhh"
_ITEM = Struct(f"{_FIELDS}{sizeof(zmq_pollitem_t) - calcsize(_FIELDS)}x")
# Where the low byte of `revents` is: an event is one of the four lowest bits.
_REVENTS = zmq_pollitem_t.revents.offset + (sys.byteorder == "big")

#: A descriptor that is none: a wait for it ends at once, because it is not open.
_NONE = 2**31 - 1 if sys.platform != "win32" else 2 ** (8 * sizeof(zmq_fd_t)) - 1
#: The longest wait that fits C's `long` on every platform, in milliseconds.
_LONGEST = 2**31 - 1
#: PyPy's ctypes is itself Python: a signal handler may close a socket when a call has read already
#: where it is, and the call would wait in whatever is made there next. A table is told of it.
_INTERLEAVED = sys.implementation.name == "pypy" and not calls.NATIVE
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
    if timeout.__class__ is int:
        return timeout
    if timeout != timeout:
        raise ValueError("a time-out is a number of milliseconds, got nan")
    return int(timeout) if timeout != inf else inf


def signals_interrupt() -> bool:
    """Tell whether a call of a message may wait, because a signal ends it whenever that comes.

    Elsewhere the main thread, in which handlers run, waits for a table only.
    """
    if sys.platform != "win32" and not _INTERLEAVED:
        return True
    import threading

    return threading.current_thread() is not threading.main_thread()


def _slice(left: float) -> int:
    """Tell how long one call of `zmq_poll` may take, in milliseconds; -1 is for ever."""
    if sys.platform == "win32" and not signals_interrupt():
        return int(min(left, _GLANCE))
    return -1 if left == inf else int(min(left, _LONGEST))


class PollItems:
    """A table of what to wait for, made once and used again and again.

    Parameters
    ----------
    entries : list of (address, descriptor, events)
        The address of a socket, or 0 and a descriptor; and a mask of events.
    unlocked : bool
        Whether none of the sockets has a lock that a blocked thread may hold.
    closings : int
        What `registry.closings` was before it was found out that the sockets are open.

    Source: libzmq `zmq_poll`.
    """

    __slots__ = (
        "_memory",
        "bell",
        "closings",
        "count",
        "entries",
        "lost",
        "table",
        "unlocked",
    )

    def __init__(self, entries: list[tuple[int, int, int]], unlocked: bool, closings: int) -> None:
        self.entries = entries
        self.unlocked = unlocked
        self.closings = closings
        self.count = len(entries)
        #: What the table's last item, which is not counted, watches.
        self.bell: polls.Bell | None = None
        #: Where all that there was is closed: one of them.
        self.lost: Any = None
        self._memory = bytearray(_ITEM.size * (self.count + 1))
        for number, (address, descriptor, events) in enumerate(entries):
            _ITEM.pack_into(self._memory, number * _ITEM.size, address, descriptor, events, 0)
        self.table = calls.table(self._memory)

    def watch(self, bell: polls.Bell | None) -> None:
        """Have the last item watch a bell, of whose event libzmq tells where nobody asks for it."""
        self.bell = bell
        reader = 0 if bell is None else bell.reader
        _ITEM.pack_into(self._memory, -_ITEM.size, 0, reader, numbers.POLLIN, 0)

    def forget(self, address: int) -> None:
        """Take a socket that is about to be freed out of the table, and let no wait begin."""
        for number, entry in enumerate(self.entries):
            if entry[0] == address:
                _ITEM.pack_into(self._memory, number * _ITEM.size, 0, _NONE, 0, 0)

    def check(self) -> None:
        """Raise what is the matter with one of the sockets."""
        # Where thread-safe sockets are among others, libzmq aborts the process if the context of
        # one is terminated already.
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
        # Of 1,000 items the one is found in 2 us; a look at each of them takes 25.
        rest = masks.lstrip(b"\0")
        # It is not there when a signal handler has used this poller since.
        return [(keys[-len(rest)], rest[0])] if rest else []


def _descriptor(item: Any) -> int:
    """Find the file descriptor of something that is no socket of ours; below 0 it is closed."""
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
    if number >= 2 ** (8 * sizeof(zmq_fd_t) - 1):
        raise ValueError(f"{number} is no file descriptor")
    return number


def entry(socket: Any, events: int) -> tuple[int, int, int] | None:
    """Describe for libzmq what to wait for.

    Parameters
    ----------
    socket : Socket, int or object with fileno()
        The socket or descriptor.
    events : int
        A mask of events.

    Returns
    -------
    (int, int, int) or None
        The address of a socket or 0, a descriptor or 0, the events; None for what is closed, which
        is never ready: a socket, a descriptor less than 0.

    Raises
    ------
    ZMQError
        ENOTSOCK when the socket is of another process, of which this is a fork.
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
    """Make a table of all that is open, and list what to name each in results.

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
        Makes both anew of the table, once a socket was closed.
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
    if items.unlocked and items.closings == registry.closings:
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
        # Nobody would ring it where this is the only thread.
        bell = (polls.bell or polls.new_bell()) if _count() else None
        if bell is not items.bell:
            items.watch(bell)
        here = get_ident()
        outer = waiting.get(here)
        # What the table has may be gone before libzmq gets it.
        count, failure = -1, 0
        try:
            try:
                waiting[here] = items
                if items.closings == registry.closings:
                    if not items.unlocked:
                        items.check()
                    longest = 0 if doubted else _slice(left)
                    count = calls.poll(items.table, items.count + (bell is not None), longest)
                    if count < 0:
                        failure = calls.errno()
            finally:
                polls.come_back(here, outer)
        finally:
            # Once more, for an exception of a signal handler that came before the first was done.
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
                    # That a signal handler closes them ends the call that it interrupts.
                    raise closed(items.lost)
        elif count > 0:
            return items.ready(count, keys)
        elif failure == numbers.ETERM:
            raise ContextTerminated()
        elif failure and failure != errno.EINTR:
            if doubted:
                raise from_errno(failure)
            # A signal handler may have run since the call, and changed errno with calls of its own:
            # another failure is believed only when it comes again at once.
            doubted = True
            continue
        doubted = False
        if left != inf:
            left = max(0, -int((monotonic() - deadline) * 1000 // 1))
            if count == 0 and left == 0:
                return []


def _free(keys: Sequence[Any]) -> None:
    """Close what another thread has closed while libzmq waited for it."""
    for key in keys:
        if isinstance(key, Lifecycle) and key._sharers.claim and not key._sharers.pointer:
            key._sharers.end()


def _closed(key: Any) -> bool:
    return isinstance(key, Lifecycle) and not key._address


def closed(lost: Any) -> ZMQError:
    """Make the exception for a wait for what is closed.

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
    """Make the exception for a wait without a time-out for what is closed.

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
    """Refuse to wait without a time-out where all that there is to wait for is closed.

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
