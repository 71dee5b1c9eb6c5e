"""Sockets whose calls return Futures, for tornado coroutines.

tornado runs on asyncio, so these are the sockets of `ctzmq.asyncio` under the names of older
programs. All they add is that `IOLoop.close(all_fds=True)` closes them.
"""

from __future__ import annotations

import asyncio as _asyncio
import sys
import warnings
import weakref
from typing import Any

from .. import asyncio as _sockets
from ..asyncio.sockets import _AsyncPoller as _AsyncPoller
from ..asyncio.sockets import _AsyncSocket as _AsyncSocket

__all__ = ["CancelledError", "Context", "Poller", "Socket"]

#: The exception from awaiting a cancelled call.
CancelledError = _asyncio.CancelledError


class Poller(_sockets.Poller):
    """A set of sockets and descriptors to wait for in tornado's loop.

    Source: pyzmq `zmq.eventloop.future.Poller`.
    """


class Socket(_sockets.Socket):
    """A socket whose sends and receives return Futures.

    Parameters
    ----------
    context, socket_type, **kwargs
        As for `ctzmq.asyncio.Socket`.

    Source: pyzmq `zmq.eventloop.future.Socket`.
    """

    __slots__ = ("_tie",)

    _poller_class = _plain_poller = Poller

    def __init__(
        self,
        context: Any = None,
        socket_type: int = -1,
        io_loop: Any = None,
        _from_socket: Any = None,
        **kwargs: Any,
    ) -> None:
        self._tie: _Tie | None = None
        super().__init__(context, socket_type, io_loop, _from_socket, **kwargs)

    def _join(self) -> Any:
        edge = super()._join()
        if self._tie is None or self._tie.edge() is not edge:
            self._untie()
            loop = _ioloop()
            if loop is not None:
                self._tie = _Tie(loop, self, edge)
        return edge

    def _abandon(self) -> None:
        self._untie()
        super()._abandon()

    def _untie(self) -> None:
        tie, self._tie = self._tie, None
        if tie is not None:
            tie.cut()

    def _get_loop(self) -> Any:
        loop = super()._get_loop()
        return _ioloop() or loop


Poller._socket_class = Socket


def _ioloop() -> Any:
    """Return tornado's loop of this thread; None where there is none."""
    tornado = sys.modules.get("tornado.ioloop")
    return tornado and tornado.IOLoop.current(instance=False)


class _Tie:
    """A socket's entry in an `IOLoop`: nothing is watched, but `close(all_fds=True)` finds it."""

    def __init__(self, loop: Any, socket: Socket, edge: Any) -> None:
        self.edge = weakref.ref(edge)
        self._socket = weakref.ref(socket)
        self._loop = weakref.ref(loop)
        self._descriptor = socket.fileno()
        if self._descriptor not in loop.handlers:
            loop.add_handler(self, lambda *_: None, 0)

    def fileno(self) -> int:
        """Return the descriptor, which is the key of the entry."""
        return self._descriptor

    def close(self) -> None:
        """Close the socket."""
        socket = self._socket()
        if socket is not None:
            socket.close()

    def cut(self) -> None:
        """Remove the entry from the loop."""
        loop = self._loop()
        if loop is not None and loop.handlers.get(self._descriptor, (None,))[0] is self:
            loop.remove_handler(self._descriptor)


class Context(_sockets.Context):
    """A context whose sockets return Futures.

    Parameters
    ----------
    *args, **kwargs
        As for `ctzmq.Context`.
    io_loop : tornado.ioloop.IOLoop, optional
        Deprecated and ignored: calls use the loop that runs.

    Source: pyzmq `zmq.eventloop.future.Context`.
    """

    _socket_class = Socket
    # Its own attribute, so that `instance` returns neither the blocking context nor that of
    # asyncio.
    _instance = None

    io_loop: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if kwargs.pop("io_loop", None) is not None:
            warnings.warn(
                f"{type(self).__name__}(io_loop) is deprecated and ignored: calls use the loop "
                "that runs",
                DeprecationWarning,
                stacklevel=2,
            )
        super().__init__(*args, **kwargs)
