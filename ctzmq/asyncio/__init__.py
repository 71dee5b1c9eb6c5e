"""Sockets for asyncio: calls that would wait return Futures, which the running loop completes."""

from __future__ import annotations

import warnings
from asyncio import SelectorEventLoop
from typing import Any

from ..core import context as _context
from . import sockets

__all__ = ["Context", "Poller", "Socket", "ZMQEventLoop", "install"]

_AsyncIO = sockets._Async


class Poller(sockets._AsyncPoller):
    """A set of sockets and descriptors to wait for in the event loop.

    Source: pyzmq `zmq.asyncio.Poller`.
    """


class Socket(sockets._AsyncSocket):
    """A socket whose sends and receives return Futures.

    Parameters
    ----------
    context, socket_type, **kwargs
        As for `ctzmq.Socket`.
    io_loop : asyncio loop, optional
        Deprecated and ignored: calls use the loop that runs.

    Source: pyzmq `zmq.asyncio.Socket`.
    """

    __slots__ = ()

    _poller_class = _plain_poller = Poller


Poller._socket_class = Socket


class Context(_context.Context[Socket]):
    """A context whose sockets return Futures.

    Parameters
    ----------
    io_threads, shadow
        As for `ctzmq.Context`.

    Source: pyzmq `zmq.asyncio.Context`.
    """

    __slots__ = ()

    _socket_class = Socket
    # Its own attribute, so that `instance` does not return the blocking context.
    _instance = None


class ProactorSelectorThreadWarning(RuntimeWarning):
    """The warning of pyzmq about its selector thread, which ctzmq never issues.

    Source: pyzmq `zmq.asyncio.ProactorSelectorThreadWarning`.
    """


class ZMQEventLoop(SelectorEventLoop):
    """The event loop of asyncio under a name that older programs use.

    Parameters
    ----------
    selector : selectors.BaseSelector, optional
        The selector of the loop.

    Source: pyzmq `zmq.asyncio.ZMQEventLoop`, deprecated.
    """

    def __init__(self, selector: Any = None) -> None:
        _deprecated("ZMQEventLoop")
        super().__init__(selector)


def install() -> None:
    """Do nothing; sockets work in every loop.

    Source: pyzmq `zmq.asyncio.install`, deprecated.
    """
    _deprecated("install")


def _deprecated(name: str) -> None:
    warnings.warn(
        f"ctzmq.asyncio.{name} is deprecated: sockets work in every loop",
        DeprecationWarning,
        stacklevel=3,
    )
