"""tornado's IOLoop under its old names: deprecated, for tornado needs no integration any more."""

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
    """Do nothing but warn: tornado's loop serves sockets as it is.

    Source: pyzmq `zmq.eventloop.ioloop.install`.
    """
    _warn_deprecated()
