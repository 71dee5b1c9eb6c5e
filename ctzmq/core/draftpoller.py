"""A descriptor for thread-safe sockets, which have none: that of a draft poller for the socket.

The poller's descriptor becomes readable with each change, and stays readable until the poller is
queried. So that event loops do not spin, reading EVENTS queries the poller too.
"""

from __future__ import annotations

import ctypes
from _thread import RLock

from ..error import ZMQError, check
from ..libzmq import prototypes
from ..libzmq.numbers import POLLIN, POLLOUT
from ..libzmq.structs import zmq_fd_t, zmq_poller_event_t

__all__ = ["DraftPoller"]


class DraftPoller:
    """Watches one thread-safe socket.

    Parameters
    ----------
    address : int
        The socket.

    Raises
    ------
    ZMQVersionError
        When libzmq has no draft API, or is older than 4.3.2.
    ZMQError
        When libzmq cannot watch the socket.

    Source: libzmq `zmq_poller_new`, `zmq_poller_fd`.
    """

    __slots__ = ("_address", "_lock", "descriptor")

    #: The descriptor that becomes readable when the state of the socket has changed.
    descriptor: int

    def __init__(self, address: int) -> None:
        # A poller, unlike its socket, is not thread-safe. A signal handler may close it at any
        # time.
        self._lock = RLock()
        descriptor = zmq_fd_t()
        self._address: int = prototypes.zmq_poller_new() or 0
        try:
            check(prototypes.zmq_poller_add(self._address, address, None, POLLIN | POLLOUT))
            check(prototypes.zmq_poller_fd(self._address, ctypes.byref(descriptor)))
        except (ZMQError, NotImplementedError):
            self.close()
            raise
        self.descriptor = descriptor.value

    def take_news(self) -> None:
        """Make the descriptor unreadable until the next change.

        Source: libzmq `zmq_poller_wait`.
        """
        event = zmq_poller_event_t()
        with self._lock:
            prototypes.zmq_poller_wait(self._address, ctypes.byref(event), 0)

    def close(self) -> None:
        """Destroy the poller, which must happen before the socket is closed.

        Source: libzmq `zmq_poller_destroy`.
        """
        with self._lock:
            poller, self._address = ctypes.c_void_p(self._address), 0
            prototypes.zmq_poller_destroy(ctypes.byref(poller))
