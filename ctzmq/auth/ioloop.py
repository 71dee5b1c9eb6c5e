"""ZAP in the tornado IOLoop, which is asyncio's loop: deprecated."""

from __future__ import annotations

import warnings
from typing import Any

from ..core.context import Context
from .asyncio import AsyncioAuthenticator

__all__ = ["IOLoopAuthenticator"]

warnings.warn(
    "IOLoopAuthenticator is deprecated: use AsyncioAuthenticator, which runs in tornado, too",
    DeprecationWarning,
    stacklevel=2,
)


class IOLoopAuthenticator(AsyncioAuthenticator):
    """An `AsyncioAuthenticator` under its old name.

    Parameters
    ----------
    context, encoding, log
        As for `Authenticator`.
    io_loop : tornado.ioloop.IOLoop, optional
        Deprecated and ignored: it runs in the loop in which `start` is called.

    Source: pyzmq `zmq.auth.ioloop.IOLoopAuthenticator`.
    """

    def __init__(
        self,
        context: Context[Any] | None = None,
        encoding: str = "utf-8",
        log: Any = None,
        io_loop: Any = None,
    ) -> None:
        super().__init__(context=context, encoding=encoding, log=log)
        if io_loop is not None:
            warnings.warn(
                f"{type(self).__name__}(io_loop) is deprecated and ignored",
                DeprecationWarning,
                stacklevel=2,
            )
