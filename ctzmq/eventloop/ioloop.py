"""tornado's IOLoop under its old names: deprecated, because sockets work in any IOLoop."""

from __future__ import annotations

import warnings

from tornado.ioloop import IOLoop, PeriodicCallback

__all__ = ["IOLoop", "PeriodicCallback", "ZMQIOLoop", "install"]

ZMQIOLoop = IOLoop


def _warn_deprecated() -> None:
    warnings.warn(
        "eventloop.ioloop is deprecated: use tornado's or asyncio's event loop as it is",
        DeprecationWarning,
        stacklevel=3,
    )


_warn_deprecated()


def install() -> None:
    """Do nothing but warn: sockets work in tornado's own loop.

    Source: pyzmq `zmq.eventloop.ioloop.install`.
    """
    _warn_deprecated()
