"""The monitor of a socket, which tells what happens to its connections."""

from __future__ import annotations

import errno as _errno
import itertools
from typing import Callable, TypeVar
from weakref import ref

from ..error import ZMQError
from ..libzmq import numbers, prototypes
from . import causes, endpoint, shortage
from .connections import Connections

M = TypeVar("M", bound="Monitoring")

_monitors = itertools.count(1)

_ALL_EVENTS = 0xFFFF


class Monitoring(Connections):
    """The methods of a socket that begin and end its monitor."""

    __slots__ = ()

    _monitored: Callable[[], Monitoring | None]

    def monitor(self, addr: str | bytes | None, events: int = _ALL_EVENTS) -> None:
        """Publish what happens to the socket's connections on an inproc endpoint.

        Parameters
        ----------
        addr : str, bytes or None
            Such as "inproc://monitor"; None stops. libzmq waits with each event, the last one too,
            until a PAIR socket is connected there: connect one at once.
        events : int
            Which of `Event` to publish, of those with 16 bits.

        Raises
        ------
        ZMQError
            EADDRINUSE when another socket is bound to the endpoint, EPROTONOSUPPORT when it is
            not of inproc, EINVAL when it is none or `events` has more than 16 bits; EMFILE when
            there is no room for one more socket; ENOTSOCK when the socket is closed.
        TypeError
            When `addr` is no text, or `events` no number.

        Source: libzmq `zmq_socket_monitor`, pyzmq `Socket.monitor`.
        """
        if not self._address:
            raise self._error(numbers.ENOTSOCK)
        encoded = None if addr is None else endpoint.encode(addr)
        mask = causes.number(events, "a mask of events", "zmq.EVENT_ALL")
        if not 0 <= mask <= _ALL_EVENTS:
            raise ZMQError(numbers.EINVAL, f"cannot monitor {mask:#x}: events have 16 bits")
        rc, errno = self._sharers.call(prototypes.zmq_socket_monitor, encoded, mask)
        if rc < 0:
            if errno == numbers.ENOTSOCK:
                raise self._error(errno)
            if errno == _errno.EMFILE:
                # libzmq makes a socket for it.
                raise shortage.of_sockets(self.context)
            raise endpoint.refused("monitor", addr or "", errno)

    def get_monitor_socket(self: M, events: int | None = None, addr: str | None = None) -> M:
        """Start the monitor and return a socket that receives its messages.

        Close that socket, which stops the monitor, or call `disable_monitor`, before the context is
        terminated. A second call returns the same socket while it is open.

        Parameters
        ----------
        events : int, optional
            Which of `Event` to report; all when left out.
        addr : str, optional
            The inproc endpoint to use; one of its own when left out.

        Returns
        -------
        Socket
            A connected PAIR socket of the context's class; read it with
            `utils.monitor.recv_monitor_message`.

        Raises
        ------
        ZMQError
            As `monitor` does.

        Source: libzmq `zmq_socket_monitor`, pyzmq `Socket.get_monitor_socket`.
        """
        if self._monitor_socket is not None and not self._monitor_socket.closed:
            current: M = self._monitor_socket
            return current
        if not self._address:
            raise self._error(numbers.ENOTSOCK)
        if addr is None:
            addr = f"inproc://monitor.s-{self._address:x}-{next(_monitors)}"
        # Before the monitor, which would wait for it.
        listener: M = self.context.socket(numbers.PAIR)
        try:
            # Otherwise libzmq would block once this socket is far behind, and with it whoever
            # closes the other.
            listener.set(numbers.RCVHWM, 0)
            self.monitor(addr, _ALL_EVENTS if events is None else events)
            listener.connect(addr)
        except BaseException:
            listener.close()
            raise
        self._monitor_socket = listener
        listener._monitored = ref(self)
        return listener

    def _abandon(self) -> None:
        monitored = getattr(self, "_monitored", None)
        socket = monitored() if monitored is not None else None
        if (
            socket is not None
            and socket._monitor_socket is self
            and socket._address
            and not self._left_by
        ):
            # A monitor ends with one last event, and libzmq blocks until it is received.
            socket._sharers.call(prototypes.zmq_socket_monitor, None, 0)
        super()._abandon()

    def disable_monitor(self) -> None:
        """Stop the monitor; its socket receives one last `Event.MONITOR_STOPPED`.

        Raises
        ------
        ZMQError
            ENOTSOCK when the socket is closed.

        Source: libzmq `zmq_socket_monitor`, pyzmq `Socket.disable_monitor`.
        """
        # libzmq blocks until the last event is received, by a socket that may be dropped
        # afterwards.
        listener = self._monitor_socket
        self._monitor_socket = None
        self.monitor(None, 0)
        del listener
