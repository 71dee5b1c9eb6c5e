"""Sockets whose calls return Futures, for tornado coroutines.

tornado runs on asyncio, so these are the sockets of `ctzmq.asyncio` under the names of older
programs.
"""

from __future__ import annotations

import asyncio as _asyncio
import warnings
from typing import Any

from .. import asyncio as _sockets

__all__ = ["CancelledError", "Context", "Poller", "Socket"]

# What pyzmq has under these names, as `zmq._future`: the base of the sockets here and of asyncio's.
_AsyncPoller = _sockets.Poller
_AsyncSocket = _sockets.Socket

#: What awaiting a call raises that was cancelled.
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
    # Of its own, so that it gives out neither the blocking one nor that of asyncio.
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
